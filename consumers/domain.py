"""The one hop from sockets into synchronous verbs.

One dedicated thread with a connection kept open runs one verb at a time, and a verb is one transaction. Verbs that are
written for a list (`receive`, `say`) run for everything of their kind that came while the thread worked, at most
`LIST`, with no timer: the busier the line, the longer the lists. First messages and everything else run alone. A verb
called from here does database work only: no HTTP, no password hashing, no sleep.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, connection, connections

from chatline.conversations import actions
from chatline.conversations.actions import Saying
from chatline.conversations.saying import Stored
from chatline.errors import ChatlineError, TryAgain
from routing import intake
from routing.intake import Heard, Received

log = logging.getLogger(__name__)

LIST = 64
"""The longest list of one verb: long enough to share a commit, short enough that nobody waits for it."""

T = TypeVar("T")
Outcome = Any
"""What a verb returned, or the exception that it raised."""

_thread = ThreadPoolExecutor(1, thread_name_prefix="domain")


@dataclass(frozen=True, slots=True)
class Listed:
    """A verb in its two forms; the single one runs whatever the list could not."""

    alone: Callable[[Any], Any]
    together: Callable[[Sequence[Any]], list[Any]]


RECEIVE = Listed(intake.receive, intake.receive_list)
SAY = Listed(actions.say, actions.say_list)


@dataclass(frozen=True, slots=True)
class _Job:
    verb: Callable[..., Any] | Listed
    arguments: tuple[Any, ...]
    answer: asyncio.Future[Any]


class Hop:
    """One event loop's door to the thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[_Job] = deque()
        self._busy = False

    async def run(self, verb: Callable[..., T], *arguments: Any) -> T:
        """Runs any verb alone. Raises what it raises; a database error becomes TryAgain."""
        answer: T = await self._enqueue(verb, arguments)
        return answer

    async def receive(self, heard: Heard) -> Received:
        """`intake.receive`, in a list when the socket knows its visitor's open conversation."""
        together = heard.visitor is not None and heard.conversation is not None
        answer: Received = await self._enqueue(RECEIVE if together else intake.receive, (heard,))
        return answer

    async def say(self, saying: Saying) -> Stored:
        answer: Stored = await self._enqueue(SAY, (saying,))
        return answer

    def _enqueue(self, verb: Callable[..., Any] | Listed, arguments: tuple[Any, ...]) -> asyncio.Future[Any]:
        job = _Job(verb, arguments, self._loop.create_future())
        self._waiting.append(job)
        self._start_next()
        return job.answer

    def _start_next(self) -> None:
        if self._busy or not self._waiting:
            return
        jobs = self._next_jobs()
        self._busy = True
        running = self._loop.run_in_executor(_thread, _do, jobs)
        running.add_done_callback(lambda done: self._done(jobs, done.result()))

    def _next_jobs(self) -> list[_Job]:
        first = self._waiting.popleft()
        if not isinstance(first.verb, Listed):
            return [first]
        same = [job for job in self._waiting if job.verb is first.verb][: LIST - 1]
        if same:
            taken = {id(job) for job in same}
            self._waiting = deque(job for job in self._waiting if id(job) not in taken)
        return [first, *same]

    def _done(self, jobs: list[_Job], outcomes: list[Outcome]) -> None:
        self._busy = False
        for job, outcome in zip(jobs, outcomes, strict=True):
            if job.answer.done():
                continue  # the socket went away while its words were being stored
            if isinstance(outcome, BaseException):
                job.answer.set_exception(outcome)
            else:
                job.answer.set_result(outcome)
        self._start_next()


def _do(jobs: list[_Job]) -> list[Outcome]:
    """In the thread: one outcome for each job."""
    verb = jobs[0].verb
    if isinstance(verb, Listed):
        return _together(verb, [job.arguments[0] for job in jobs])
    return [_alone(verb, jobs[0].arguments)]


def _together(verb: Listed, items: list[Any]) -> list[Outcome]:
    try:
        outcomes = verb.together(items)
    except Exception as error:  # noqa: BLE001
        # One item's defect, or the database's, is not the others' answer: each runs again by itself.
        log.error("list_failed verb=%s error=%s", verb.alone.__name__, type(error).__name__)
        _mend_connection()
        return [_alone(verb.alone, (item,)) for item in items]
    return [
        _alone(verb.alone, (item,)) if _needs_alone(outcome) else outcome
        for item, outcome in zip(items, outcomes, strict=True)
    ]


def _needs_alone(outcome: Outcome) -> bool:
    return isinstance(outcome, ChatlineError) and outcome.code == "needs_alone"


def _alone(verb: Callable[..., Any], arguments: tuple[Any, ...]) -> Outcome:
    try:
        return verb(*arguments)
    except ChatlineError as refusal:
        return refusal
    except DatabaseError:
        _mend_connection()
        return TryAgain()
    except Exception as error:
        # One verb's defect is that verb's answer; the thread must live on for everybody else.
        log.error("verb_failed verb=%s", getattr(verb, "__name__", "?"), exc_info=error)
        return error


def _mend_connection() -> None:
    """After a database error the kept connection may be dead; the next verb opens a new one."""
    connection.close_if_unusable_or_obsolete()


def close() -> None:
    """Closes the thread's connection; the thread goes on and opens a new one when asked. For tests and shutdown."""
    _thread.submit(connections.close_all).result()
