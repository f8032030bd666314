"""A fingerprint finds a number again within its line, and only with the secret."""

from typing import Any
from uuid import UUID

import pytest
from argon2.low_level import hash_secret_raw

from chatline.vault import BadKeys, Fingerprinter, VaultError

pytestmark = [pytest.mark.requirement("R-09")]

SECRET = bytes(range(32))
LINE, OTHER_LINE = UUID(int=1), UUID(int=2)
NUMBER, OTHER_NUMBER = "+15005550006", "+15005550007"
CHEAP = 8
ARGON2 = "chatline.vault.fingerprint.hash_secret_raw"


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every sender that was put through Argon2id, in order."""
    senders: list[bytes] = []

    def count(sender: bytes, salt: bytes, **options: Any) -> bytes:
        senders.append(sender)
        return hash_secret_raw(sender, salt, **options)

    monkeypatch.setattr(ARGON2, count)
    return senders


def of(number: str = NUMBER, line: UUID = LINE, secret: bytes = SECRET) -> bytes:
    return Fingerprinter(secret, memory_kib=CHEAP).of(number, line)


def test_a_fingerprint_has_32_bytes_and_is_the_same_in_every_process() -> None:
    assert len(of()) == 32
    assert of() == of()


def test_a_number_has_another_fingerprint_on_another_line() -> None:
    assert of(line=LINE) != of(line=OTHER_LINE)


def test_a_number_has_another_fingerprint_under_another_secret() -> None:
    assert of(secret=SECRET) != of(secret=bytes(reversed(SECRET)))


@pytest.mark.parametrize(
    "number", [OTHER_NUMBER, NUMBER[1:], NUMBER + " ", NUMBER + "\0", "Anonymous", "\ud83d"]
)
def test_another_sender_has_another_fingerprint(number: str) -> None:
    assert of(number) != of(NUMBER)


def test_an_empty_number_is_refused() -> None:
    with pytest.raises(VaultError):
        of("")


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(BadKeys):
        of(secret=b"too short")


def test_a_number_costs_eight_mebibytes_and_one_pass_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, object] = {}

    def note(sender: bytes, salt: bytes, **options: object) -> bytes:
        asked.update(options)
        return bytes(32)

    monkeypatch.setattr(ARGON2, note)
    Fingerprinter(SECRET).of(NUMBER, LINE)
    assert (asked["memory_cost"], asked["time_cost"], asked["parallelism"]) == (8192, 1, 1)


def test_the_second_text_of_an_hour_is_not_computed_again(computed: list[bytes]) -> None:
    clock = Clock()
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP, clock=clock)
    first = fingerprinter.of(NUMBER, LINE)
    clock.now += 3599
    assert fingerprinter.of(NUMBER, LINE) == first
    assert len(computed) == 1


def test_after_an_hour_a_number_is_forgotten_however_often_it_came(computed: list[bytes]) -> None:
    clock = Clock()
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP, clock=clock)
    for _ in range(3):
        fingerprinter.of(NUMBER, LINE)
        clock.now += 1200
    fingerprinter.of(NUMBER, LINE)
    assert len(computed) == 2


def test_what_was_forgotten_is_out_of_memory_and_not_only_out_of_date() -> None:
    clock = Clock()
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP, clock=clock)
    for tail in range(10):
        fingerprinter.of(f"{NUMBER}{tail}", LINE)
    clock.now += 3600
    fingerprinter.of(OTHER_NUMBER, LINE)
    assert len(fingerprinter._memory) == 1


def test_a_remembered_number_is_remembered_for_its_line_only(computed: list[bytes]) -> None:
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP)
    assert fingerprinter.of(NUMBER, LINE) != fingerprinter.of(NUMBER, OTHER_LINE)
    assert len(computed) == 2


def test_memory_is_bounded_and_the_oldest_give_way(computed: list[bytes]) -> None:
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP, remember_most=2)
    for number in ("first", "second", "third", "third", "second", "first"):
        fingerprinter.of(number, LINE)
    assert computed == [b"first", b"second", b"third", b"first"]


def test_no_number_is_kept_in_memory() -> None:
    fingerprinter = Fingerprinter(SECRET, memory_kib=CHEAP)
    fingerprinter.of(NUMBER, LINE)
    assert NUMBER.encode() not in b"".join(fingerprinter._memory)
