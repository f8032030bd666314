"""Backups are encrypted to a key that is not here, and a restore is rehearsed: in a new database, by the commands."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from chatline import backups
from chatline.conversations import key_backups
from chatline.errors import BadInput
from tests import servers
from tests.security import drill

pytestmark = [pytest.mark.requirement("R-28"), pytest.mark.both]


@dataclass
class Line:
    """A line of its own, and empty databases beside it."""

    environment: dict[str, str]
    new_database: Callable[[], str]
    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "offline.key"

    def run(self, *arguments: str) -> str:
        return servers.run(*arguments, environment=self.environment)

    def inside(self, what: str, database: str = "") -> Any:
        environment = {**self.environment, **({"DATABASE_URL": database} if database else {})}
        printed = servers.run(
            "shell", "-c", f"from tests.security import drill; drill.{what}()", environment=environment
        )
        return json.loads(printed.splitlines()[-1])

    def back_up(self) -> Path:
        self.run(
            "backup",
            str(self.folder / "kept"),
            "--to",
            self.run("backup", "--make-key", str(self.key)).strip(),
        )
        return backups.kept(self.folder / "kept")[-1]

    def back_up_keys(self) -> Path:
        self.run("keybackup", str(self.folder / "keys"))
        return key_backups.kept(self.folder / "keys")[-1]

    def restore(self, backup: Path, keys: Path | None, key: Path | None = None, database: str = "") -> str:
        """The url of the restored database."""
        database = database or self.new_database()
        with_keys = ("--keys", str(keys)) if keys else ()
        environment = {**self.environment, "DATABASE_URL": database}
        servers.run(
            "restore", str(backup), "--key", str(key or self.key), *with_keys, environment=environment
        )
        return database


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Line:
    folder = tmp_path_factory.mktemp("line")
    if connection.vendor == "postgresql":
        new = request.getfixturevalue("postgres").new_database
    else:
        names = count()
        new = lambda: f"sqlite:////{folder}/{next(names)}.sqlite3"  # noqa: E731  # the one or the other
    environment = servers.environment(folder / "data", database_url=new(), PYTHONPATH=str(servers.ROOT))
    made = Line(environment, new, folder)
    made.run("migrate")
    made.inside("happen")
    return made


@dataclass
class Kept:
    """A backup, what the tables said then, and a backup of keys from after somebody had their words erased."""

    backup: Path
    told: dict[str, tuple[int, str]]
    keys: Path


@pytest.fixture(scope="module")
def kept(line: Line) -> Kept:
    told, backup = line.inside("tell"), line.back_up()
    line.inside("shred")
    return Kept(backup, told, line.back_up_keys())


@pytest.fixture(scope="module")
def restored(line: Line, kept: Kept) -> tuple[str, float]:
    """The url of a database restored from both, and the seconds that took."""
    began = time.monotonic()
    return line.restore(kept.backup, kept.keys), time.monotonic() - began


def test_a_restored_line_holds_every_row_as_it_was(
    line: Line, kept: Kept, restored: tuple[str, float], record_property: Callable[[str, object], None]
) -> None:
    database, seconds = restored
    assert line.inside("tell", database) == kept.told
    rows = sum(rows for rows, _ in kept.told.values())
    record_property("figure", f"{rows} rows of {len(kept.told)} tables restored in {seconds:.1f} s, 0 differ")


def test_a_restored_line_reads_what_was_said_but_for_what_was_forgotten_since(
    line: Line, restored: tuple[str, float]
) -> None:
    said = line.inside("read", restored[0])["said"]
    assert said.count(drill.KEPT) == drill.MANY
    assert drill.SHREDDED not in said


def test_no_text_that_waited_is_sent_again_after_a_restore(line: Line, restored: tuple[str, float]) -> None:
    assert set(line.inside("read", restored[0])["texts"]) == {"posting"}


def test_a_backup_alone_opens_no_word(line: Line, kept: Kept) -> None:
    database = line.restore(kept.backup, keys=None)
    assert {drill.KEPT, drill.SHREDDED}.isdisjoint(line.inside("read", database)["said"])


def test_a_backup_opens_with_the_offline_key_alone(line: Line, kept: Kept) -> None:
    other = line.folder / "other.key"
    backups.make_key(other)
    with pytest.raises(servers.ProcessFailed, match="does not open"):
        line.restore(kept.backup, None, other)


def test_a_file_that_was_cut_is_refused_and_leaves_nothing_behind(line: Line, kept: Kept) -> None:
    cut = line.folder / kept.backup.name
    cut.write_bytes(kept.backup.read_bytes()[:-1000])
    database = line.new_database()
    with pytest.raises(servers.ProcessFailed, match="was cut"):
        line.restore(cut, None, database=database)
    line.restore(kept.backup, None, database=database)  # which refuses one that holds anything


def test_a_database_that_holds_anything_is_never_restored_into(line: Line, kept: Kept) -> None:
    with pytest.raises(servers.ProcessFailed, match="not empty"):
        line.run("restore", str(kept.backup), "--key", str(line.key))


def test_no_byte_of_a_backup_tells_what_is_in_it(kept: Kept) -> None:
    content = kept.backup.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    assert b"conversations_message" not in content


def test_nobody_overwrites_a_private_key(tmp_path: Path) -> None:
    backups.make_key(tmp_path / "offline.key")
    with pytest.raises(BadInput, match="key_is_there"):
        backups.make_key(tmp_path / "offline.key")


@pytest.mark.breaks("R-28")
def test_keys_in_an_ordinary_backup_would_be_found(line: Line, kept: Kept) -> None:
    """The break: the tables of keys are not left out, so that the file alone opens every word."""
    folder, key = line.folder / "broken", line.folder / "broken.key"
    code = (
        "from django.core.management import call_command; from chatline import backups; backups.TABLES = ();"
        f"call_command('backup', {str(folder)!r}, to=[{backups.make_key(key)!r}])"
    )
    line.run("shell", "-c", code)
    database = line.restore(backups.kept(folder)[-1], None, key)
    assert drill.KEPT in line.inside("read", database)["said"]
