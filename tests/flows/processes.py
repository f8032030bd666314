"""A whole line as real processes: two that serve behind a proxy, a worker, a database and a bus of its own; and all the
places where something that was said or who said it could lie afterwards."""

import contextlib
import json
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests

from chatline.conversations.key_backups import TABLES
from chatline.sms.signature import HEADER, sign
from tests import servers
from tests.cast import SHORT_CODE
from tests.flows import nginx, search
from tests.flows.changed import Changed
from tests.flows.nginx import Nginx
from tests.ports import free_port
from tests.services import Postgres, Redis

OUTSIDE = {"phones.json", "phones.lock"}
"""The simulated network of phones, which stands for the provider and for what people hold in their hands."""


@dataclass
class Line:
    """What runs, and what it was heard to say."""

    folder: Path
    first: Changed
    second: Changed
    worker: Changed
    proxy: Nginx
    postgres: Postgres
    redis: Redis
    database: str
    heard: list[bytes]
    answered: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def secrets(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "data" / "demo-secrets.json").read_text()))

    def text(self, number: str, words: str, path: str = "/sms/inbound/") -> int:
        """This phone texts: the provider's own webhook, signed. Returns the status that it is answered with."""
        url = f"{self.url}{path}"
        fields = {
            "AccountSid": self.secrets["TWILIO_ACCOUNT_SID"],
            "MessageSid": f"SM{uuid4().hex}",
            "From": number,
            "To": SHORT_CODE,
            "Body": words,
        }
        signed = sign(url, fields, self.secrets["TWILIO_AUTH_TOKEN"])
        return self.keep(requests.post(url, fields, headers={HEADER: signed}, timeout=10))

    def keep(self, answer: requests.Response) -> int:
        """What somebody was answered is searched too. Returns its status."""
        self.answered.append(f"{answer.headers} {answer.text}".encode())
        return answer.status_code

    def on_the_phone(self, number: str) -> list[str]:
        """What this handset shows, in the simulated network outside; nothing while the line cannot say."""
        answer = requests.get(f"{self.first.url}/demo/phone/state", timeout=10)
        phones = answer.json()["phones"] if answer.ok else []
        return [text["text"] for phone in phones if phone["number"] == number for text in phone["texts"]]

    # --- where it could lie -------------------------------------------------------------------------------

    def places(self) -> dict[str, bytes]:
        """Everything that a thief, a court or the next user of this machine could read; as of now."""
        return {
            **self._tables(),
            **self._backups(),
            **self._on_redis(),
            **self._told_by_the_kernel(),
            **files_in(self.folder, "folder", without=OUTSIDE),
            **files_in(self.postgres.folder, "postgres"),
            **files_in(self.redis.folder, "redis"),
            **files_in(self.proxy.folder, "nginx", without={"nginx.conf"}),
            "answers": b"\0".join(self.answered),
        }

    def _tables(self) -> dict[str, bytes]:
        with psycopg.connect(self.database, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            names = [name for (name,) in cursor.fetchall()]
            cursor.execute("CHECKPOINT")  # so that the files hold what the tables do
            return search.tables(cursor, names)

    def _backups(self) -> dict[str, bytes]:
        """The ordinary one, as the handbook has it made; that of the keys lies in the folder afterwards."""
        servers.run("keybackup", str(self.folder / "keybackups"), environment=self.worker.environment)
        command = ["pg_dump", self.database, f"--exclude-table-data=({'|'.join(TABLES)})"]
        return {"pg_dump": subprocess.run(command, capture_output=True, check=True).stdout}

    def _on_redis(self) -> dict[str, bytes]:
        with self.redis.client() as client:
            keys = {f"redis key {key!r}": client.dump(key) or b"" for key in client.scan_iter()}
        return {"redis traffic": b"\0".join(self.heard), **keys}

    def _told_by_the_kernel(self) -> dict[str, bytes]:
        """What every user of the machine sees of a process."""
        running = [one.process for one in (self.first, self.second, self.worker)]
        return {
            f"command line {one.pid}": Path(f"/proc/{one.pid}/cmdline").read_bytes()
            for one in running
            if one.poll() is None
        }


def files_in(folder: Path, name: str, without: Collection[str] = ()) -> dict[str, bytes]:
    files = (one for one in folder.rglob("*") if one.is_file() and one.name not in without)
    return {f"{name}/{one.relative_to(folder)}": read(one) for one in files}


def read(file: Path) -> bytes:
    """Empty for what went while one looked."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


@contextlib.contextmanager
def running(folder: Path, address: str, changes: Sequence[str], logs: str = nginx.QUIET) -> Iterator[Line]:
    """Visitors come from `address`. Ends with all of its processes ended."""
    data, temporary = folder / "data", folder / "tmp"
    temporary.mkdir(parents=True)
    ports = [free_port(), free_port()]
    with Postgres() as postgres, Redis() as redis, Nginx(ports, address, logs=logs) as proxy:
        database = postgres.new_database()
        environment = servers.environment(
            data,
            database_url=database,
            redis_url=redis.url,
            CHATLINE_PUBLIC_URL=proxy.url,
            CHATLINE_TRUSTED_PROXIES="127.0.0.1",
            TMPDIR=str(temporary),
        )
        servers.run("migrate", environment=environment)

        def changed(name: str, *arguments: str, url: str = "") -> Changed:
            log = folder / f"{name}.log"
            return Changed(changes, *arguments, environment=environment, log=log, url=url)

        with changed("demodata", "demodata") as making:  # what is sealed must open in the other processes
            assert making.process.wait(60) == 0, making.output()
        first, second = (
            changed(f"serve-{index}", "serve", "--port", str(port), url=f"http://127.0.0.1:{port}")
            for index, port in enumerate(ports)
        )
        worker = changed("worker", "worker")
        with search.monitoring(redis.url) as heard, first, second, worker:
            first.wait_until_healthy()
            second.wait_until_healthy()
            yield Line(folder, first, second, worker, proxy, postgres, redis, database, heard)


def requests_fail(line: Line, agent: str, words: str, number: str) -> list[int]:
    """Pages that break while they hold everything; returns with what they were answered."""
    headers = {"User-Agent": agent}
    page: Any = requests.get(f"{line.url}/chat/demo/?fail={words}", headers=headers, timeout=10)
    return [line.keep(page), line.text(number, words, "/sms/inbound/?fail=1")]


def text_without_database(line: Line, number: str, words: str) -> dict[str, bytes]:
    """This phone texts while the database is away, and the provider tries the fallback; returns what is kept."""
    line.postgres.halt()
    try:
        assert [line.text(number, words), line.text(number, words, "/sms/fallback/")] == [503, 200]
        kept = files_in(line.folder / "data" / "spool", "spool")
        assert any(kept.values())
        return kept
    finally:
        line.postgres.resume()
