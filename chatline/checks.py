"""Refuses to start unsafe. Each check has a stable id, says what is wrong and what to do about it."""

import os
import stat
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.management.base import SystemCheckError
from django.http.request import validate_host

from chatline.vault import BadKeys, Keyring, read_keys, signers
from routing import risk, throttle

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
DATABASE_ADMINISTRATION = "vault"
"""The tag of what even `addline` and `addstaff` need; everything else is needed to serve people."""


@register(DATABASE_ADMINISTRATION)
def vault_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    try:
        Keyring.parse(settings.VAULT_KEYS)
    except BadKeys as bad:
        hint = f"Set CHATLINE_VAULT_KEYS (or CHATLINE_VAULT_KEYS_FILE). {bad}"
        return [Error("The keys that seal words and numbers are missing or wrong.", hint, id="chatline.E001")]
    try:
        read_keys(settings.FINGERPRINT_KEY, "Fingerprint key")
    except BadKeys as bad:
        hint = f"Set CHATLINE_FINGERPRINT_KEY (or CHATLINE_FINGERPRINT_KEY_FILE). {bad}"
        return [Error("The key of fingerprints is missing or wrong.", hint, id="chatline.E002")]
    return []


MOST_PROOF_BITS = 22
"""About two minutes of a cheap phone, where 16 bits are meant to take it two seconds."""


@register(DATABASE_ADMINISTRATION)
def secrets_are_for_this_service_alone(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [
        Error(
            f"{name}_FILE can be read or changed by others: {path}",
            f"chmod 0400 {path}, and let it belong to the user that runs this.",
            id="chatline.E036",
        )
        for name, path in settings.SECRET_FILES.items()
        if _is_open_to_others(path)
    ]


def _is_open_to_others(path: Path) -> bool:
    """Whether any but its owner may read or change a file.

    The group may read what belongs to root where we are not root: systemd's credentials and the volumes of Kubernetes
    hand secrets over so (0440), and that group is the service's own.
    """
    found = path.stat()
    handed_over = found.st_uid == 0 and os.geteuid() != 0
    allowed = stat.S_IRWXU | (stat.S_IRGRP if handed_over else 0)
    return bool(stat.S_IMODE(found.st_mode) & ~allowed)


@register()
def the_audit_log_is_signed(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    try:
        signers(settings.AUDIT_KEY)
    except BadKeys:
        hint = "Set CHATLINE_AUDIT_KEY to 32 random bytes in base64, and never lose it."
        return [Error("The key that signs the audit log is missing or wrong.", hint, id="chatline.E035")]
    return []


@register()
def demo_is_only_a_demo(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.DEMO:
        return []
    outside = [
        name
        for name, url in (
            ("CHATLINE_PUBLIC_URL", settings.PUBLIC_URL),
            ("TWILIO_API_URL", settings.TWILIO_API_URL),
        )
        if urlsplit(url).hostname not in LOOPBACK
    ]
    if set(settings.ALLOWED_HOSTS) - {"127.0.0.1", "localhost", "[::1]", "testserver"}:
        outside.append("ALLOWED_HOSTS")
    hint = "Unset CHATLINE_DEMO to serve people, or point these at this machine (127.0.0.1)."
    return [
        Error(f"CHATLINE_DEMO is on, but {name} points outside this machine.", hint, id="chatline.E010")
        for name in outside
    ]


@register()
def production_is_complete(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.DEMO:
        return []
    wanted = {
        "E021": (len(settings.SECRET_KEY) >= 40, "SECRET_KEY", "at least 40 random characters"),
        "E022": (settings.PUBLIC_URL.startswith("https://"), "CHATLINE_PUBLIC_URL", "https://your.host"),
        "E023": (
            bool(settings.ALLOWED_HOSTS) and "*" not in settings.ALLOWED_HOSTS,
            "ALLOWED_HOSTS",
            "your host's name, never *",
        ),
        "E024": (bool(settings.TWILIO_ACCOUNT_SID), "TWILIO_ACCOUNT_SID", "the account's SID"),
        "E025": (bool(settings.TWILIO_AUTH_TOKENS), "TWILIO_AUTH_TOKEN", "the account's primary token"),
        "E026": (
            bool(settings.REDIS_URL),
            "REDIS_URL",
            "redis://host:port, because web and worker are two processes",
        ),
    }
    return [
        Error(f"{name} is missing or unsafe.", f"Set {name} to {what}.", id=f"chatline.{code}")
        for code, (good, name, what) in wanted.items()
        if not good
    ]


@register()
def webhooks_are_let_in(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """What would refuse every text although each single setting is well-formed."""
    if settings.DEMO:
        return []
    found: list[CheckMessage] = []
    if settings.FALLBACK_URL and not settings.FALLBACK_URL.startswith("https://"):
        hint = "Set CHATLINE_FALLBACK_URL to https://other.host, or leave it out."
        found.append(Error("CHATLINE_FALLBACK_URL is unsafe.", hint, id="chatline.E027"))
    for name in ("PUBLIC_URL", "FALLBACK_URL"):
        host = urlsplit(getattr(settings, name)).hostname
        if host and settings.ALLOWED_HOSTS and not validate_host(host, settings.ALLOWED_HOSTS):
            hint = "Add its name to ALLOWED_HOSTS."
            found.append(Error(f"The host of CHATLINE_{name} is refused.", hint, id="chatline.E028"))
    if set(settings.TWILIO_WEBHOOK_KEYS) & set(settings.TWILIO_AUTH_TOKENS):
        hint = "TWILIO_WEBHOOK_KEYS takes the secrets of shared keys, TWILIO_AUTH_TOKEN the account's tokens."
        found.append(Error("A webhook key is one of the account's tokens.", hint, id="chatline.E029"))
    return found


@register()
def the_provider_is_asked_for_what_there_is(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Anything else would make it refuse every text (30029, 30030)."""
    if settings.TWILIO_CONTENT_RETENTION in {"retain", "discard"}:
        return []
    hint = "Set it to discard where Message Redaction is enabled for the account, or leave it out."
    return [Error("TWILIO_CONTENT_RETENTION is neither retain nor discard.", hint, id="chatline.E032")]


@register()
def limits_can_be_read(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    found: list[CheckMessage] = []
    for kind, text in settings.LIMITS.items():
        try:
            throttle.rates_of(text)
        except ValueError:
            hint = f"Write CHATLINE_LIMIT_{kind.upper()} like 10/10 seconds; 30/minute, or leave it out."
            found.append(Error(f"The limit {kind} is no rate.", hint, id="chatline.E033"))
    if not 0 <= settings.PROOF_BITS <= MOST_PROOF_BITS:
        hint = f"CHATLINE_PROOF_BITS is 0 to {MOST_PROOF_BITS}: each bit doubles the work of an old phone."
        found.append(Error("No phone could prove that much.", hint, id="chatline.E041"))
    for proxy in settings.TRUSTED_PROXIES:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            hint = "CHATLINE_TRUSTED_PROXIES takes addresses or networks, such as 10.0.0.0/8, separated by commas."
            found.append(Error("A trusted proxy is no address.", hint, id="chatline.E034"))
    return found


@register()
def the_screen_works(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A broken screen still takes every message, unscreened; but nobody should open a line with one."""
    if fault := risk.fault():
        hint = "Mend or restore the files in routing/risk/phrases/ and routing/risk/model/."
        return [Error(f"The risk screen cannot read its files: {fault}", hint, id="chatline.E040")]
    return []


@register()
def processes_can_talk(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """`serve` and `worker` are processes of their own; without a bus each would wait for its own look at the rows."""
    if settings.ROLE in {"serve", "worker"} and not settings.REDIS_URL:
        hint = "Set REDIS_URL, or run everything in one process with `chatline demo`."
        return [Error(f"`chatline {settings.ROLE}` needs Redis.", hint, id="chatline.E030")]
    return []


def refuse_unsafe() -> None:
    """Raises SystemCheckError: for servers that load `chatline.asgi` without our commands."""
    from django.core.checks import run_checks

    errors = [message for message in run_checks() if message.is_serious() and not message.is_silenced()]
    if errors:
        raise SystemCheckError("Refusing to start:\n" + "\n".join(str(error) for error in errors))
