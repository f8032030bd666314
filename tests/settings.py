"""The environment of the tests, set before `chatline.settings` (the only reader of it) looks.

`CHATLINE_TEST_DB` is `sqlite` (a file, because tests use threads) or `postgres` (a private server, started here).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DATA = Path(tempfile.mkdtemp(prefix="chatline-tests-"))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)


def database_url(kind: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{DATA / 'line.sqlite3'}"
    if kind == "postgres":
        from tests.services import postgres  # imported late: most runs need no server

        return postgres().url_of("line")
    raise ValueError(f"CHATLINE_TEST_DB is {kind!r}; it may be sqlite or postgres")


os.environ.update(
    {
        "CHATLINE_DEMO": "1",
        "CHATLINE_DATA": str(DATA),
        "CHATLINE_PUBLIC_URL": "http://127.0.0.1:8000",
        "DATABASE_URL": database_url(os.environ.get("CHATLINE_TEST_DB", "sqlite")),
        "REDIS_URL": "",
        # Tests say in a second what people say in an hour; `tests/security/test_r22_floods.py` sets the real ones.
        **{
            f"CHATLINE_LIMIT_{kind}": "1000000/second"
            for kind in ("VISITOR", "STAFF", "NEWCOMERS", "LINE", "RUSH")
        },
    }
)

from chatline.settings import *  # noqa: E402, F403  the environment above must stand first

# Argon2 is slow on purpose, which a test gains nothing from; `tests/vault` checks the real cost.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
FINGERPRINT_MEMORY_KIB = 8
SESSIONS_AT_ONCE = 2  # as it is in production
