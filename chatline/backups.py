"""Backups of everything but the keys of words and numbers, each encrypted to a key that is kept offline.

What is written never lies in clear on this machine: the dump runs through the encryption while it is made. Files have
the form of age (https://age-encryption.org/v1), so that `age --decrypt` opens them where this program is not.
"""

import io
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import pyrage
from django.db import connection
from pyrage.x25519 import Identity, Recipient

from chatline.conversations import deliveries
from chatline.conversations.key_backups import TABLES
from chatline.errors import BadInput, Refused

KEPT = 35
"""Daily files, as long as the keys of a month stay after the last word under it (deploy/decisions/0030)."""

_NAME = "line-{:%Y%m%dT%H%M%S%f}.age"


def make_key(file: Path) -> str:
    """Writes a new private key to a file of its own, readable by its owner alone, and returns the public one.

    Raises BadInput `key_is_there` where the file exists: whoever overwrites a key loses every backup made for it.
    """
    made = Identity.generate()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        raise BadInput(f"{file} is there already.", code="key_is_there") from None
    with open(descriptor, "w", encoding="ascii") as writing:
        writing.write(f"# public key: {made.to_public()}\n{made}\n")
    return str(made.to_public())


def recipients(public: Sequence[str]) -> list[Recipient]:
    """Those who can open a backup. Raises BadInput `not_a_backup_key`."""
    try:
        return [Recipient.from_str(one) for one in public]
    except pyrage.RecipientError as fault:
        raise BadInput("A public key of backups begins with age1.", code="not_a_backup_key") from fault


def back_up(folder: Path, public: Sequence[str], now: datetime) -> Path:
    """Writes everything but the keys into `folder`, whole or not at all, and removes all but the newest `KEPT`.

    Raises BadInput `not_a_backup_key`, Refused `backup_failed`.
    """
    opened_by = recipients(public)
    if not opened_by:
        raise BadInput("Say for which public key.", code="not_a_backup_key")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob("line-*.part"):
        left.unlink()
    file = folder / _NAME.format(now)
    part = file.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as writing:
        _DUMPS[connection.vendor](lambda source: pyrage.encrypt_io(source, writing, opened_by))
        writing.flush()
        os.fsync(writing.fileno())
    part.rename(file)
    for old in kept(folder)[:-KEPT]:
        old.unlink()
    return file


def kept(folder: Path) -> list[Path]:
    """The files that are there, the oldest first."""
    return sorted(folder.glob("line-*.age"))


def restore(file: Path, private: Path) -> None:
    """Puts a backup into the configured database, whole or not at all.

    Nobody knows which of the texts that were waiting then have been sent since, so none is sent again: each is looked
    for at the provider, and shown to a volunteer where it is not found. Raises BadInput `not_a_backup`, Refused
    `not_empty` where the database holds anything, and `restore_failed`.
    """
    if connection.introspection.table_names():
        raise Refused(
            "The database is not empty. Make a new one, and name it in DATABASE_URL.", code="not_empty"
        )
    connection.close()
    made_at = _made_at(file)
    try:
        keys = [
            Identity.from_str(line)
            for line in private.read_text(encoding="ascii").split("\n")
            if _is_key(line)
        ]
        with file.open("rb") as reading:
            _RESTORES[connection.vendor](lambda target: pyrage.decrypt_io(reading, target, keys))
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError) as fault:
        raise BadInput(f"{private} does not open {file}.", code="not_a_backup") from fault
    except OSError as fault:
        if fault.errno is not None:
            raise
        raise BadInput(f"{file} is damaged, or was cut.", code="not_a_backup") from fault  # as pyrage says it
    deliveries.doubt_waiting(made_at)


def rows() -> Mapping[str, int]:
    """How many rows each table holds."""
    with connection.cursor() as cursor:
        return {name: _count(cursor, name) for name in sorted(connection.introspection.table_names(cursor))}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a name of our own
    return int(cursor.fetchone()[0])


def _made_at(file: Path) -> datetime:
    try:
        return datetime.strptime(file.name, "line-%Y%m%dT%H%M%S%f.age").replace(tzinfo=UTC)
    except ValueError as fault:
        raise BadInput(f"{file} does not have the name of a backup.", code="not_a_backup") from fault


def _is_key(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


# --- PostgreSQL: its own tools --------------------------------------------------------------------------------


def _dump_postgres(encrypt: Callable[[IO[bytes]], None]) -> None:
    left_out = [f"--exclude-table-data={table}" for table in TABLES]
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", *left_out]
    with _started(command, stdout=subprocess.PIPE) as dumping:
        encrypt(cast("IO[bytes]", dumping.stdout))
    if dumping.returncode:
        raise Refused("pg_dump ended with an error; it says above which.", code="backup_failed")


def _restore_postgres(decrypt: Callable[[IO[bytes]], None]) -> None:
    name = connection.settings_dict["NAME"]
    command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={name}"]
    with _started(command, stdin=subprocess.PIPE) as restoring:
        try:
            decrypt(cast("IO[bytes]", restoring.stdin))
        except BrokenPipeError:
            pass  # it gave up, and its status says so
        except BaseException:
            restoring.kill()  # before it takes the end of what it got for the end of the backup
            raise
    if restoring.returncode:
        raise Refused("pg_restore ended with an error; it says above which.", code="restore_failed")


def _started(
    command: list[str], stdin: int | None = None, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """A tool of PostgreSQL's; it learns the password from its environment, which other users cannot read."""
    to = connection.settings_dict
    named = {
        "PGHOST": "HOST",
        "PGPORT": "PORT",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGDATABASE": "NAME",
    }
    told = {name: str(to[key]) for name, key in named.items() if to[key]}
    environment = {**os.environ, **told}
    return subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout)  # noqa: S603  # our own words


# --- SQLite: its statements -----------------------------------------------------------------------------------


class _Statements(io.RawIOBase):
    """A file to read from whose content is made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self._rest = self._rest or next(self._lines, b"")
        given, self._rest = self._rest[: len(into)], self._rest[len(into) :]
        into[: len(given)] = given
        return len(given)


class _Executes(io.RawIOBase):
    """A file to write to that runs each statement as soon as it is whole."""

    def __init__(self, run: Callable[[str], object]) -> None:
        self._run = run
        self._rest = bytearray()
        self._looked = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._rest += content
        while (at := self._rest.find(b";\n", self._looked)) >= 0:
            self._looked = at + 1
            # Words and triggers have semicolons at the ends of lines, too.
            if sqlite3.complete_statement(statement := self._rest[: at + 1].decode()):
                self._run(statement)
                del self._rest[: at + 2]
                self._looked = 0
        self._looked = max(0, len(self._rest) - 1)
        return len(content)


def _dump_sqlite(encrypt: Callable[[IO[bytes]], None]) -> None:
    with closing(_open_sqlite()) as source:
        source.execute("BEGIN")  # one moment for all tables, however long it takes
        encrypt(cast("IO[bytes]", _Statements(_statements(source))))


def _statements(source: sqlite3.Connection) -> Iterator[bytes]:
    left_out = tuple(f'INSERT INTO "{table}"' for table in TABLES)
    for statement in source.iterdump():
        if not statement.startswith(left_out):
            yield f"{statement}\n".encode()


def _restore_sqlite(decrypt: Callable[[IO[bytes]], None]) -> None:
    with closing(_open_sqlite()) as target:
        decrypt(cast("IO[bytes]", _Executes(target.execute)))
        if target.in_transaction:
            raise Refused("The backup ends too soon.", code="restore_failed")


def _open_sqlite() -> sqlite3.Connection:
    return sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)


_DUMPS = {"postgresql": _dump_postgres, "sqlite": _dump_sqlite}
_RESTORES = {"postgresql": _restore_postgres, "sqlite": _restore_sqlite}
