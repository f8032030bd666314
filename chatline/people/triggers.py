"""What the database itself refuses: to change or to take out what stands in the audit log.

Whoever owns the database can drop a trigger; that is what the signed heads are for. These are against everybody else,
and against a verb of ours that goes wrong.
"""

from typing import Any

TABLES = ("people_auditentry", "people_auditlink")
_REFUSAL = "the audit log is only added to"


def install(connection: Any) -> None:
    """UPDATE, DELETE and (PostgreSQL) TRUNCATE of the log fail from now on."""
    for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRES:
        _run(connection, statement)


def remove(connection: Any) -> None:
    """For tests, which empty their tables."""
    for table in TABLES:
        on = "" if connection.vendor == "sqlite" else f" ON {table}"
        for event in ("update", "delete", *(() if connection.vendor == "sqlite" else ("truncate",))):
            _run(connection, f"DROP TRIGGER IF EXISTS {table}_no_{event}{on}")


def _run(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


_SQLITE = [
    f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for table in TABLES
    for event in ("update", "delete")
]
_POSTGRES = [
    "CREATE OR REPLACE FUNCTION people_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
        f"FOR EACH {'STATEMENT' if event == 'truncate' else 'ROW'} EXECUTE FUNCTION people_audit_refuse()"
        for table in TABLES
        for event in ("update", "delete", "truncate")
    ),
]
