"""What the database itself refuses: to change, to replace or to take out what stands in the audit log.

Whoever owns the database can drop a trigger; that is what the signed heads are for. These are against everybody else,
and against a verb of ours that goes wrong.
"""

from collections.abc import Sequence
from typing import Any

UNIQUE = {
    "people_auditentry": ("id", "nonce"),
    "people_auditlink": ("number", "entry"),
    "people_audithead": ("number",),
}
"""By table: what SQLite's INSERT OR REPLACE takes an older row away for, without asking the triggers of deletion."""
_REFUSAL = "the audit log is only added to"


def install(connection: Any) -> None:
    """UPDATE, DELETE, (SQLite) REPLACE and (PostgreSQL) TRUNCATE of the log fail from now on."""
    remove(connection)
    for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRES:
        _run(connection, statement)


def remove(connection: Any) -> None:
    """For tests, which empty their tables."""
    for table in UNIQUE:
        on = "" if connection.vendor == "sqlite" else f" ON {table}"
        for event in ("update", "delete", "replace" if connection.vendor == "sqlite" else "truncate"):
            _run(connection, f"DROP TRIGGER IF EXISTS {table}_no_{event}{on}")


def _run(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _sqlite(table: str, event: str, when: str = "") -> str:
    on = "INSERT" if event == "replace" else event.upper()
    refuses = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    return f"CREATE TRIGGER {table}_no_{event} BEFORE {on} ON {table} {when} {refuses}"


def _is_there(table: str, columns: Sequence[str]) -> str:
    same = " OR ".join(f"{column} = NEW.{column}" for column in columns)
    return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  # names of our own


_SQLITE = [
    *(_sqlite(table, event) for table in UNIQUE for event in ("update", "delete")),
    *(_sqlite(table, "replace", _is_there(table, columns)) for table, columns in UNIQUE.items()),
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION people_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
        f"FOR EACH {'STATEMENT' if event == 'truncate' else 'ROW'} EXECUTE FUNCTION people_audit_refuse()"
        for table in UNIQUE
        for event in ("update", "delete", "truncate")
    ),
]
