"""A volunteer without a browser, who answers while a visitor's page is looked at."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.browser.people import Facts
from tests.clients import Desk, Ended
from tests.doors import Wire

T = TypeVar("T")


class Volunteer:
    """Their socket lives in a thread of its own, because Playwright's loop runs in this one. A context manager.

    `url` is where the line is reached without the bad network that its pages go through.
    """

    def __init__(self, facts: Facts, url: str, username: str = "sam") -> None:
        person = next(one for one in facts["staff"] if one["username"] == username)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="volunteer", daemon=True)
        self._thread.start()
        self._wire = Wire(url, facts["url"])
        self.desk: Desk = self._run(self._wire.desk(username, person["password"]))

    def takes(self) -> str:
        """Takes the next person, and returns the conversation."""

        async def take() -> str:
            await self.desk.ready(4)
            await self.desk.sees(lambda: self.desk.waiting)
            return await self.desk.take()

        return self._run(take())

    def says(self, conversation: str, text: str) -> None:
        self._run(self.desk.say(conversation, text))

    def reads(self, conversation: str, *texts: str, seconds: float = 10.0) -> list[str]:
        """What stands in this conversation, once these texts do."""
        shown = self.desk.shown
        self._run(self.desk.sees(lambda: set(texts) <= set(shown.texts(conversation)), seconds))
        return shown.texts(conversation)

    async def _lets_go(self) -> None:
        """Whoever they hold waits again, so that their seats are free."""
        with suppress(Ended):  # a line that was killed has let go of everybody's socket
            for conversation in self.desk.held:
                await self.desk.send("release", conversation=conversation)
            await self.desk.sees(lambda: not self.desk.held)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._lets_go())
        self._run(self._wire.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
