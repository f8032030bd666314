"""How an origin may be written, and what is said where it may not."""

import pytest

from chatline.errors import BadInput
from chatline.lines.origins import MOST, origin_of, origins_of


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://www.example.org", "https://www.example.org"),
        (" https://Example.ORG/ ", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_written_in_one_way(written: str, origin: str) -> None:
    assert origin_of(written) == origin


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("https://*.example.org", "origin_wildcard"),
        ("*", "origin_wildcard"),
        ("www.example.org", "origin_scheme"),
        ("ftp://example.org", "origin_scheme"),
        ("javascript:alert(1)", "origin_scheme"),
        ("null", "origin_scheme"),
        ("https://", "origin_scheme"),
        ("https://example.org:port", "origin_port"),
        ("https://example.org:0", "origin_port"),
        ("https://example.org:70000", "origin_port"),
        ("https://user:word@example.org", "origin_host"),
        ("https://example.org;script-src", "origin_host"),
        ("https://exa mple.org", "origin_host"),
        ("https://a..b", "origin_host"),
        ("https://[::1]", "origin_host"),
        ("https://example.org/page", "origin_path"),
        ("https://example.org/?a=b", "origin_path"),
        ("https://example.org?", "origin_path"),
        ("https://example.org#top", "origin_path"),
        ("http://example.org", "origin_insecure"),
        ("http://localhost.example.org", "origin_insecure"),
    ],
)
def test_what_is_no_origin_is_refused_with_its_reason(written: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        origin_of(written)
    assert refused.value.code == code


def test_each_origin_is_kept_once_and_blank_lines_are_left_out() -> None:
    assert origins_of(["https://b.example", "", "https://A.example", "https://b.example/"]) == [
        "https://b.example",
        "https://a.example",
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ([" "], "origin_missing"),
        ([f"https://{n}.example" for n in range(MOST + 1)], "origins_too_many"),
    ],
)
def test_a_site_has_some_origins_and_not_too_many(written: list[str], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        origins_of(written)
    assert refused.value.code == code
