"""Root keys are read strictly, wrap for one owner, and can be followed by new ones."""

import base64
import os
from dataclasses import FrozenInstanceError
from uuid import UUID, uuid4

import pytest

from chatline.vault import BadKeys, Keyring, KeyUnknown, Tampered, VaultError

pytestmark = [pytest.mark.requirement("R-06")]

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OWNER = UUID("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")
# Its letters differ between the two alphabets of base64.
AWKWARD = b"\xfb\xef\xff" * 10 + b"\x01\x02"


def written(*roots: bytes) -> str:
    return ",".join(base64.b64encode(root).decode() for root in roots)


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(AWKWARD).decode(),
        base64.urlsafe_b64encode(AWKWARD).decode(),
        base64.b64encode(AWKWARD).decode().rstrip("="),
        f"  {base64.urlsafe_b64encode(AWKWARD).decode()}\n",
    ],
    ids=["standard", "for addresses", "without padding", "with blanks"],
)
def test_a_root_key_is_read_in_every_usual_way_of_writing_it(text: str) -> None:
    wrapped, key = Keyring.parse(written(AWKWARD)).new_key(OWNER)
    assert Keyring.parse(text).unwrap(wrapped, OWNER) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        ",",
        written(OLD) + ",",
        "," + written(OLD),
        written(OLD[:31]),
        written(OLD + b"\x01"),
        written(OLD[:16]),
        written(OLD) + "=",
        "*" * 43,
        "é" * 43,
        "a sentence that somebody meant to be a password",
        written(OLD, OLD),
        f"{written(OLD)},{written(NEW)},{written(OLD).rstrip('=')}",
        written(bytes(32)),
        written(b"\xff" * 32),
        written(OLD, bytes(32)),
    ],
)
def test_keys_that_cannot_be_used_are_refused_with_a_remedy_and_not_repeated(text: str) -> None:
    with pytest.raises(BadKeys, match=r"Keyring\.generate") as refused:
        Keyring.parse(text)
    assert not any(part.strip() in str(refused.value) for part in text.split(",") if part.strip())


def test_the_refusal_says_which_key_is_wrong() -> None:
    with pytest.raises(BadKeys, match="Root key 2 is malformed"):
        Keyring.parse(f"{written(OLD)},short")


def test_a_generated_key_is_one_that_is_read() -> None:
    wrapped, key = (keyring := Keyring.parse(Keyring.generate())).new_key(OWNER)
    assert keyring.unwrap(wrapped, OWNER) == key


def test_no_two_generated_keys_are_the_same() -> None:
    assert len({Keyring.generate() for _ in range(100)}) == 100


def test_a_new_key_has_32_bytes_that_no_other_has() -> None:
    keyring = Keyring.parse(written(OLD))
    assert {len(key) for key in {keyring.new_key(OWNER)[1] for _ in range(100)}} == {32}
    assert len({keyring.new_key(OWNER)[1] for _ in range(100)}) == 100


def test_a_wrapped_key_has_69_bytes_and_does_not_show_the_key() -> None:
    wrapped, key = Keyring.parse(written(OLD)).new_key(OWNER)
    assert len(wrapped) == 69
    assert key not in wrapped


def test_the_old_root_key_still_opens_behind_the_new() -> None:
    wrapped, key = Keyring.parse(written(OLD)).new_key(OWNER)
    assert Keyring.parse(written(NEW, OLD)).unwrap(wrapped, OWNER) == key


def test_only_the_first_root_key_seals() -> None:
    wrapped, key = Keyring.parse(written(NEW, OLD)).new_key(OWNER)
    assert Keyring.parse(written(NEW)).unwrap(wrapped, OWNER) == key


def test_without_its_root_key_a_wrapped_key_stays_shut() -> None:
    wrapped, _ = Keyring.parse(written(OLD)).new_key(OWNER)
    with pytest.raises(KeyUnknown, match=wrapped[1:9].hex()):
        Keyring.parse(written(NEW)).unwrap(wrapped, OWNER)


def test_a_key_wrapped_for_one_owner_opens_for_no_other() -> None:
    keyring = Keyring.parse(written(OLD))
    wrapped, _ = keyring.new_key(OWNER)
    with pytest.raises(Tampered):
        keyring.unwrap(wrapped, uuid4())


def test_every_single_flipped_bit_of_a_wrapped_key_is_refused() -> None:
    keyring = Keyring.parse(written(OLD, NEW))
    wrapped, _ = keyring.new_key(OWNER)
    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            keyring.unwrap(bytes(changed), OWNER)


@pytest.mark.parametrize("wrapped", [b"", b"\x01", bytes(69), b"\x02" + os.urandom(68)])
def test_what_was_never_wrapped_is_refused(wrapped: bytes) -> None:
    with pytest.raises(Tampered):
        Keyring.parse(written(OLD)).unwrap(wrapped, OWNER)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_only_keys_of_32_bytes_are_wrapped(length: int) -> None:
    with pytest.raises(BadKeys):
        Keyring.parse(written(OLD)).wrap(bytes(length), OWNER)


def test_a_keyring_cannot_be_changed() -> None:
    keyring = Keyring.parse(written(OLD))
    with pytest.raises(FrozenInstanceError):
        keyring._first = keyring._first  # type: ignore[misc]  # that it is refused is the point


def test_a_printed_keyring_shows_ids_and_no_key() -> None:
    keyring = Keyring.parse(written(OLD))
    wrapped, _ = keyring.new_key(OWNER)
    assert repr(keyring) == f"<Keyring {wrapped[1:9].hex()}>"
