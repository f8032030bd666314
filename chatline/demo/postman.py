"""Carries the network's requests to the line over HTTP, signed, from threads of its own. Standard library only."""

import http.client
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from chatline.demo import hooks
from chatline.demo.carrier import Carrier
from chatline.demo.records import Post

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""How often to look for what other processes have added."""

FORM = "application/x-www-form-urlencoded"


class Postman(threading.Thread):
    """Posts whatever is due until it is stopped, `width` at a time; 1 keeps their order.

    Posts that are to come together do so whatever the width is. `secret` gives the token that signs.
    """

    def __init__(self, carrier: Carrier, secret: Callable[[], str], width: int = 1) -> None:
        super().__init__(name="demo-postman", daemon=True)
        self._carrier, self._secret, self._width = carrier, secret, width
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="demo-post")
        self._free = threading.Semaphore(width)
        self._woken = threading.Event()
        self._ended = False
        self._here = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def wake(self) -> None:
        """Something new may be due."""
        self._woken.set()

    def stop(self) -> None:
        """Ends after what is under way; whatever else is due stays so."""
        self._ended = True
        self.wake()
        if self.is_alive():
            self.join()
        self._pool.shutdown()
        for connection in self._open:
            connection.close()

    def run(self) -> None:
        while not self._ended:
            self._woken.clear()
            while not self._ended and (posts := self._carrier.due(self._width)):
                for together in groups(posts):
                    self._free.acquire()
                    try:
                        self._pool.submit(self._deliver_all, together)
                    except RuntimeError:
                        # This process is ending. What is due stays so.
                        return
            wait = self._carrier.next_due()
            self._woken.wait(IDLE_SECONDS if wait is None else min(wait, IDLE_SECONDS))

    def _deliver_all(self, posts: list[Post]) -> None:
        try:
            others = [threading.Thread(target=self._deliver_once, args=(post,)) for post in posts[1:]]
            for other in others:
                other.start()
            self._deliver(posts[0])
            for other in others:
                other.join()
        finally:
            self._free.release()
            self.wake()

    def _deliver_once(self, post: Post) -> None:
        """In a thread that ends with it."""
        self._deliver(post)
        if connection := getattr(self._here, "connection", None):
            self._forget(connection)

    def _deliver(self, post: Post) -> None:
        try:
            status, kind, body = self._send(post)
        except (OSError, http.client.HTTPException) as failure:
            log.warning("demo_post_failed error=%s", type(failure).__name__)
            unreached = isinstance(failure, ConnectionRefusedError | _ConnectTimeout)
            self._carrier.answered(post.job, 0, "ct" if unreached else "rt")
        else:
            self._carrier.answered(post.job, status, kind=kind, body=body)

    def _send(self, post: Post) -> tuple[int, str, str]:
        url = urlsplit(post.url)
        connection, kept = self._connection(url.netloc, post.timeout)
        path = f"{url.path}?{url.query}" if url.query else url.path
        headers = {"Content-Type": FORM, **hooks.headers(post, self._secret())}
        try:
            connection.request("POST", path, urlencode(post.fields), headers)
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as failure:
            self._forget(connection)
            if kept and isinstance(failure, ConnectionError):
                # The other side had closed what was kept open; nothing of this one was read.
                return self._send(post)
            raise
        return answer.status, answer.headers.get("Content-Type", ""), body

    def _connection(
        self, netloc: str, timeout: tuple[float, float]
    ) -> tuple[http.client.HTTPConnection, bool]:
        """The one that this thread keeps open, or a new one; and whether it was kept."""
        known: http.client.HTTPConnection | None = getattr(self._here, "connection", None)
        kept = known is not None and known.sock is not None
        connection = known if known is not None and kept else http.client.HTTPConnection(netloc)
        if not kept:
            connection.timeout = timeout[0]
            try:
                connection.connect()
            except TimeoutError:
                raise _ConnectTimeout from None
            self._here.connection = connection
            self._open.add(connection)
        connection.sock.settimeout(timeout[1])
        return connection, kept

    def _forget(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._open.discard(connection)
        self._here.connection = None


class _ConnectTimeout(OSError):
    pass


def groups(posts: list[Post]) -> list[list[Post]]:
    """The posts in their order, those that are to be made at the same moment in one list."""
    found: dict[str, list[Post]] = {}
    for post in posts:
        found.setdefault(post.together or post.job, []).append(post)
    return list(found.values())
