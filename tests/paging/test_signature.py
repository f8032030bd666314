"""What a hook receives, byte for byte: others verify it by `deploy/hooks.md`."""

import json
import subprocess
import time
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chatline.lines.hooks import secret_of
from chatline.paging import Called, hooks
from chatline.vault import Keyring
from tests.servers import ROOT

OID = UUID("7f1d1c0e-6f0a-4b1e-9d52-0a4f0f3b7c11")
CALLED = Called(
    id=OID,
    event="flag.open",
    flag=UUID("0b0c2a0e-1111-4222-8333-444455556666"),
    conversation=UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"),
    line="demo",
    level="high",
    category="suicide",
    reason="en.plan.tonight",
    step=1,
    climb=1,
    practice=False,
    at=datetime(2026, 3, 1, 22, 4, 5, tzinfo=UTC),
)
BODY = (
    b'{"id":"7f1d1c0e-6f0a-4b1e-9d52-0a4f0f3b7c11","event":"flag.open",'
    b'"flag":"0b0c2a0e-1111-4222-8333-444455556666","conversation":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",'
    b'"line":"demo","level":"high","category":"suicide","reason":"en.plan.tonight","step":1,"climb":1,'
    b'"practice":false,"at":"2026-03-01T22:04:05+00:00"}'
)
SECRET = "8c1f" * 16
SIGNATURE = "v1=b1edbaca73c7e559bf55de0ff39080ca9e6f33ab7e7f2f423b4b2d100f0bb296"


def test_the_body_is_as_documented() -> None:
    assert CALLED.as_json() == BODY


def test_the_signature_of_a_known_request_is_known() -> None:
    signed = hooks.headers(SECRET, CALLED, BODY, 1_772_402_645)
    assert signed["Chatline-Id"] == str(OID)
    assert signed["Chatline-Timestamp"] == "1772402645"
    assert signed["Chatline-Signature"] == SIGNATURE


def test_a_shell_finds_the_same_signature() -> None:
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET],
        input=b"1772402645." + BODY,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split()[-1] == SIGNATURE.removeprefix("v1=")


@pytest.mark.parametrize(
    ("changed", "genuine"),
    [({}, True), ({"body": BODY + b" "}, False), ({"secret": "8c1e" * 16}, False), ({"late": 400}, False)],
)
def test_the_example_of_the_documents_verifies_it(changed: dict[str, Any], genuine: bool) -> None:
    sent_at = int(time.time()) - changed.get("late", 0)
    signed = hooks.headers(SECRET, CALLED, BODY, sent_at)
    is_genuine = example()["is_genuine"]
    assert is_genuine(changed.get("secret", SECRET), signed, changed.get("body", BODY)) is genuine


def example() -> dict[str, Any]:
    """The first piece of Python in `deploy/hooks.md`, run."""
    names: dict[str, Any] = {}
    page = (ROOT / "deploy" / "hooks.md").read_text()
    exec(page.split("```python\n")[1].split("```")[0], names)  # noqa: S102  # our own page
    return names


def test_every_field_is_documented() -> None:
    page = (ROOT / "deploy" / "hooks.md").read_text()
    assert {one.name for one in fields(Called) if f"`{one.name}`" not in page} == set()


def test_the_secret_is_the_hooks_own_and_stays(settings: Any) -> None:
    settings.FINGERPRINT_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert secret_of(OID) == "5b387af271f75ce19f6437c5e432dbf0edadef68ee3cc4310cfefbc01ecbe40c"
    assert secret_of(UUID(int=1)) != secret_of(OID)


def test_the_secret_stays_when_a_new_key_of_fingerprints_is_put_before_the_old(settings: Any) -> None:
    before = secret_of(OID)
    settings.FINGERPRINT_KEY = f"{Keyring.generate()},{settings.FINGERPRINT_KEY}"
    assert secret_of(OID) == before


def test_there_are_no_words_in_it_unless_there_is_a_quote() -> None:
    assert "quote" not in json.loads(CALLED.as_json())
