"""Processes may do no more than they need: what their units say, held against a list of what they have to."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

UNITS = sorted(Path("deploy/systemd").glob("*.service"))

NEEDED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "LimitCORE": "0",
    "MemorySwapMax": "0",
}
"""systemd.exec(5). The last two keep words and keys, which pass through the memory, from any disk."""

SECRETS = {
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "CHATLINE_VAULT_KEYS",
    "CHATLINE_FINGERPRINT_KEY",
    "CHATLINE_AUDIT_KEY",
    "TWILIO_AUTH_TOKEN",
}

Said = dict[str, list[str]]


def read(unit: str) -> Said:
    """What the service section says, by name."""
    said: Said = defaultdict(list)
    section = ""
    for line in map(str.strip, unit.splitlines()):
        if line.startswith("["):
            section = line
        elif "=" in line and not line.startswith("#") and section == "[Service]":
            name, value = line.split("=", 1)
            said[name].append(value)
    return said


def missing(said: Said) -> Iterator[str]:
    yield from (f"{name}={value}" for name, value in NEEDED.items() if said.get(name) != [value])
    if said.get("User", ["root"]) == ["root"]:
        yield "a user of its own"
    if any(
        not path.startswith(("/var/lib/", "/var/backups/"))
        for path in " ".join(said["ReadWritePaths"]).split()
    ):
        yield "nothing to write to but its data"
    filters = said["SystemCallFilter"]
    if filters[:1] != ["@system-service"] or "~@privileged @resources" not in filters:
        yield "few system calls"
    files = {value.split("=")[0].removesuffix("_FILE") for value in said["Environment"] if "=%d/" in value}
    yield from (f"{name} from a file of systemd's" for name in SECRETS - files)


def test_there_are_units_for_all_that_runs() -> None:
    assert [unit.name for unit in UNITS] == [
        "chatline-backup.service",
        "chatline-web@.service",
        "chatline-worker@.service",
    ]


@pytest.mark.requirement("R-31")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_process_may_do_no_more_than_it_needs(unit: Path) -> None:
    assert list(missing(read(unit.read_text()))) == []


@pytest.mark.breaks("R-31")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_any_line_of_that_which_is_taken_out_is_missed(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    protecting = [
        line
        for line in lines
        if line.split("=")[0] in {*NEEDED, "User", "SystemCallFilter"} or "_FILE=%d/" in line
    ]
    assert len(protecting) > len(NEEDED)
    for one in protecting:
        assert list(missing(read("\n".join(line for line in lines if line != one)))), one
