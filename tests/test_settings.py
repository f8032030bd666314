"""What is true of the settings: documented, read in one place, refused when unsafe."""

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

ROOT = Path(__file__).parent.parent
READS = re.compile(r"(?:env|env_bool|env_list|secret)\(\s*\"([A-Z_]+)\"")

PRODUCTION = {
    "DEMO": False,
    "SECRET_KEY": "s" * 50,
    "PUBLIC_URL": "https://line.example.org",
    "ALLOWED_HOSTS": ["line.example.org"],
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKENS": ["t"],
    "REDIS_URL": "redis://127.0.0.1:1",
}


def ids() -> set[str]:
    return {str(message.id) for message in run_checks() if message.is_serious()}


def test_every_setting_that_is_read_is_documented_and_nothing_else() -> None:
    read = set(READS.findall((ROOT / "chatline" / "settings.py").read_text()))
    documented = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    assert documented == read


def test_only_settings_reads_the_environment() -> None:
    sources = [path for top in ("chatline", "routing", "consumers") for path in (ROOT / top).rglob("*.py")]
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in sources
        if re.search(r"os\.environ(\[|\.get)|getenv", path.read_text())
    }
    assert readers == {"chatline/settings.py"}


def test_the_demo_is_not_refused() -> None:
    assert ids() == set()


def test_complete_production_settings_are_not_refused() -> None:
    with override_settings(**PRODUCTION):
        assert ids() == set()


@pytest.mark.parametrize(
    ("setting", "unsafe", "code"),
    [
        ("VAULT_KEYS", "", "E001"),
        ("VAULT_KEYS", "short", "E001"),
        ("FINGERPRINT_KEY", "", "E002"),
        ("SECRET_KEY", "short", "E021"),
        ("PUBLIC_URL", "http://line.example.org", "E022"),
        ("ALLOWED_HOSTS", ["*"], "E023"),
        ("TWILIO_ACCOUNT_SID", "", "E024"),
        ("TWILIO_AUTH_TOKENS", [], "E025"),
        ("REDIS_URL", "", "E026"),
        ("FALLBACK_URL", "http://line.example.org", "E027"),
        ("FALLBACK_URL", "https://other.example.org", "E028"),
        ("PUBLIC_URL", "https://other.example.org", "E028"),
        ("TWILIO_WEBHOOK_KEYS", ["a key", "t"], "E029"),
        ("TWILIO_CONTENT_RETENTION", "none", "E032"),
    ],
)
def test_an_unsafe_production_setting_is_refused(setting: str, unsafe: object, code: str) -> None:
    with override_settings(**PRODUCTION | {setting: unsafe}):
        assert f"chatline.{code}" in ids()


@pytest.mark.parametrize(
    ("setting", "outside"),
    [
        ("PUBLIC_URL", "https://line.example.org"),
        ("TWILIO_API_URL", "https://api.twilio.com"),
        ("TWILIO_API_URL", ""),
        ("ALLOWED_HOSTS", ["line.example.org"]),
    ],
)
def test_a_demo_that_points_outside_this_machine_is_refused(setting: str, outside: object) -> None:
    with override_settings(**{setting: outside}):
        assert ids() == {"chatline.E010"}


@pytest.mark.parametrize("role", ["serve", "worker"])
def test_processes_of_their_own_are_refused_without_a_bus(role: str) -> None:
    with override_settings(ROLE=role, REDIS_URL=""):
        assert ids() == {"chatline.E030"}


def test_every_refusal_says_what_to_do() -> None:
    with override_settings(DEMO=False, VAULT_KEYS="", FINGERPRINT_KEY="", ROLE="serve"):
        refusals = [message for message in run_checks() if message.is_serious()]
    assert refusals
    assert all(refusal.hint for refusal in refusals)
