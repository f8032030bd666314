"""PostgreSQL is stopped under a running line: every text is acknowledged in time, and stored once when it is back."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from chatline.sms.signature import HEADER, sign
from tests import servers
from tests.cast import A_NUMBER, SHORT_CODE
from tests.services import Postgres

IN_TIME = 3.0
"""Seconds; the provider waits 3.5 for the first byte (`chatline.sms.addresses`)."""

RECEIVED_IN = 15.0
"""Seconds after the database is back; the spool is looked at every 2 s, and the pool needs a moment as well."""

TEXTS = 3


@pytest.fixture
def database() -> Iterator[Postgres]:
    """A server of this test's own, because it is stopped."""
    with Postgres() as server:
        yield server


class Provider:
    """Hands texts over as the provider does, first to one webhook, then to the other."""

    def __init__(self, line: servers.Process) -> None:
        self.url = line.url
        secrets = Path(line.environment["CHATLINE_DATA"], "demo-secrets.json")
        self.secrets = json.loads(secrets.read_text())
        self.seconds: list[float] = []

    def posts(self, webhook: str, sid: str, words: str) -> int:
        url = f"{self.url}/sms/{webhook}/"
        fields = {
            "MessageSid": sid,
            "AccountSid": self.secrets["TWILIO_ACCOUNT_SID"],
            "From": A_NUMBER,
            "To": SHORT_CODE,
            "Body": words,
        }
        headers = {HEADER: sign(url, fields, self.secrets["TWILIO_AUTH_TOKEN"])}
        began = time.monotonic()
        answer = requests.post(url, data=fields, headers=headers, timeout=20)
        self.seconds.append(time.monotonic() - began)
        return answer.status_code

    def hands_over(self, n: int) -> int:
        sid = f"SM{n:032}"
        first = self.posts("inbound", sid, f"text {n}")
        return first if first == 200 else self.posts("fallback", sid, f"text {n}")


def ids_in_order(url: str) -> list[str]:
    """The provider's ids of all that visitors said, in the order of the conversation."""
    said = "SELECT key FROM conversations_message WHERE sender_kind = 'visitor' ORDER BY conversation_id, seq"
    with psycopg.connect(url) as connection:
        return [key for (key,) in connection.execute(said)]


def test_no_text_is_lost_or_late_while_the_database_is_away(tmp_path: Path, database: Postgres) -> None:
    url = database.new_database()
    with servers.demo(tmp_path, DATABASE_URL=url) as line:
        line.wait_until_healthy()
        provider = Provider(line)
        assert provider.hands_over(0) == 200
        database.halt()
        provider.seconds.clear()
        assert [provider.hands_over(n) for n in range(1, TEXTS)] == [200] * (TEXTS - 1)
        longest = max(provider.seconds)
        database.resume()
        back = time.monotonic()
        wanted = [f"SM{n:032}" for n in range(TEXTS)]
        while (ids := ids_in_order(url)) != wanted and time.monotonic() - back < RECEIVED_IN:
            time.sleep(0.2)
        received = time.monotonic() - back
        assert ids == wanted
        assert not list((tmp_path / "spool" / "new").iterdir())
    assert longest < IN_TIME
    print(
        f"{len(provider.seconds)} requests without the database, the longest {longest:.2f} s; "
        f"all received {received:.1f} s after it was back"
    )
