"""Fingerprints of phone numbers: they find a number again without keeping it.

There are only some 10**10 numbers, so a plain hash is undone in seconds. Here each guess needs the secret,
and whoever has even that pays Argon2id for every number and line anew (DESIGN section 5, Keys).
"""

import hmac
import os
import time
from collections.abc import Callable
from threading import Lock
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw

from .derive import derive
from .errors import VaultError

MEMORY_KIB = 8192
REMEMBER_SECONDS = 3600.0
REMEMBER_MOST = 10_000
_SALT_BYTES = 16
_PRINT_BYTES = 32


class Fingerprinter:
    """Makes fingerprints, milliseconds each, and remembers them for an hour. Safe to share between threads.

    Numbers are never kept, not even in memory: results are remembered under a hash
    whose key is made here and dies with the process.
    """

    def __init__(
        self,
        secret: bytes,
        *,
        memory_kib: int = MEMORY_KIB,
        clock: Callable[[], float] = time.monotonic,
        remember_most: int = REMEMBER_MOST,
    ) -> None:
        """Take the secret (32 bytes). Another makes other fingerprints: it stays while somebody is found by it.

        `memory_kib` is what one computation costs in memory, at least 8, and is part of the result:
        less than the default is for tests. `clock` counts seconds and never goes back.
        `remember_most` bounds the memory; the oldest give way. Raises BadKeys for a secret of another length.
        """
        self._salt_key = derive(secret, "fingerprint salt")
        self._print_key = derive(secret, "fingerprint")
        self._memory_kib = memory_kib
        self._clock = clock
        self._remember_most = remember_most
        self._memory_key = os.urandom(32)
        self._memory: dict[bytes, tuple[float, bytes]] = {}
        self._lock = Lock()

    def of(self, number: str, line: UUID) -> bytes:
        """Return the 32-byte fingerprint of a sender within a line. Never call it inside a transaction.

        `number` is E.164 or whatever the provider gives as sender, taken as it is: the caller normalises.
        Raises VaultError when it is empty.
        """
        if not number:
            raise VaultError("An empty number has no fingerprint.")
        sender = number.encode("utf-8", "surrogatepass")
        name = hmac.digest(self._memory_key, line.bytes + sender, "sha256")
        remembered = self._recall(name)
        if remembered is not None:
            return remembered
        # Outside the lock: two threads may compute one twice, which costs less than all waiting in line.
        made = self._compute(sender, line)
        self._remember(name, made)
        return made

    def _compute(self, sender: bytes, line: UUID) -> bytes:
        stretched = hash_secret_raw(
            sender,
            hmac.digest(self._salt_key, line.bytes, "sha256")[:_SALT_BYTES],
            time_cost=1,
            memory_cost=self._memory_kib,
            parallelism=1,
            hash_len=_PRINT_BYTES,
            type=Type.ID,
        )
        return hmac.digest(self._print_key, stretched, "sha256")

    def _recall(self, name: bytes) -> bytes | None:
        with self._lock:
            self._forget()
            remembered = self._memory.get(name)
            return remembered[1] if remembered else None

    def _remember(self, name: bytes, made: bytes) -> None:
        with self._lock:
            # A second thread's result never renews the first: `_forget` relies on the order of age.
            self._memory.setdefault(name, (self._clock() + REMEMBER_SECONDS, made))
            if len(self._memory) > self._remember_most:
                del self._memory[next(iter(self._memory))]

    def _forget(self) -> None:
        now = self._clock()
        while self._memory:
            oldest = next(iter(self._memory))
            if self._memory[oldest][0] > now:
                return
            del self._memory[oldest]
