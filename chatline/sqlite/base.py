"""Django's SQLite backend with one first-come-first-served line a process for write transactions.

SQLite lets waiting writers poll, and whoever polls at the right moment wins: beside a busy writer others were
measured to wait for seconds. Every `atomic()` here begins IMMEDIATE, so each is a write and takes its turn;
`atomic()` therefore means "a verb", and what only reads does without it.
"""

import threading
from collections import deque
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

PATIENCE = 20.0
"""Seconds a write waits for its turn before it gives up, as SQLite itself would (`timeout` in settings)."""


class Turns:
    """A lock that is handed to waiters in the order in which they came."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def take(self, patience: float) -> bool:
        with self._guard:
            if not self._held:
                self._held = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(patience):
            return True
        with self._guard:
            if mine.is_set():
                return True
            self._waiting.remove(mine)
        return False

    def pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


_turns_by_file: dict[str, Turns] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    _has_turn = False

    def _turns(self) -> Turns:
        return _turns_by_file.setdefault(str(self.settings_dict["NAME"]), Turns())

    def _start_transaction_under_autocommit(self) -> None:
        if not self._turns().take(PATIENCE):
            raise OperationalError("database is locked: no turn to write came in time")
        self._has_turn = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # absent from the stubs
        except BaseException:
            self._end_turn()
            raise

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turns().pass_on()

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            # A failed COMMIT is followed by a rollback, which ends the turn if this did not.
            if not self.connection or not self.connection.in_transaction:
                self._end_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()
