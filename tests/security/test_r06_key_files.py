"""R-06: keys come from files that nobody else may read; otherwise nothing starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from chatline import checks
from chatline.vault import Keyring


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    file = tmp_path / "keys"
    file.write_text(Keyring.generate())
    settings.SECRET_FILES = {"CHATLINE_VAULT_KEYS": file}
    return file


def is_refused() -> bool:
    return "chatline.E036" in {message.id for message in run_checks()}


@pytest.mark.requirement("R-06")
@pytest.mark.parametrize("mode", [0o400, 0o600, 0o500])
def test_a_file_of_keys_that_its_owner_alone_may_read_is_taken(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert not is_refused()


@pytest.mark.requirement("R-06")
@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o402, 0o644, 0o777])
def test_a_file_of_keys_that_others_may_read_or_change_is_refused(
    file: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if this user had made it: what root hands over is another matter.
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid)
    file.chmod(mode)
    assert is_refused()


@pytest.mark.breaks("R-06")
def test_it_is_caught_when_nobody_looks_at_the_mode(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_is_open_to_others", lambda path: False)
    with pytest.raises(AssertionError):
        test_a_file_of_keys_that_others_may_read_or_change_is_refused(file, 0o644, monkeypatch)


def test_a_refusal_names_the_file_and_what_to_do_and_no_key(file: Path) -> None:
    file.chmod(0o644)
    (refusal,) = [message for message in run_checks() if message.id == "chatline.E036"]
    assert f"chmod 0400 {file}" in str(refusal)
    assert file.read_text() not in str(refusal)


@pytest.mark.requirement("R-06")
def test_keys_are_read_from_the_file_that_the_environment_names(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{Keyring.generate()}\n")
    told = "from chatline import settings as s; print(s.VAULT_KEYS, s.SECRET_FILES['CHATLINE_VAULT_KEYS'])"
    told_by = {**os.environ, "CHATLINE_VAULT_KEYS_FILE": str(file), "CHATLINE_DATA": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", told], env=told_by, check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == [file.read_text().strip(), str(file)]
