"""Writing many rows in one go, for verbs that take a list."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_each(rows: Sequence[Model], columns: Sequence[str]) -> None:
    """Writes these columns of every row, in one statement sent for all of them.

    Django's `bulk_update` builds one CASE a column and row; drivers send the same statement for many rows in one
    round trip.
    """
    if not rows:
        return
    meta = rows[0]._meta
    fields: list[Any] = [
        meta.get_field(name) for name in columns
    ]  # columns, never the other side of a relation
    key = meta.pk
    assert key is not None
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    sql = f'UPDATE "{meta.db_table}" SET {sets} WHERE "{key.column}" = %s'  # noqa: S608  # names from the model
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in [*fields, key]]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
