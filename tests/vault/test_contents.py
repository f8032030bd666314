"""Sealed pictures open with their key in their place, and nowhere else, as words do (`test_envelope.py`)."""

import os
import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatline.vault import KeyUnknown, Place, Sealer, Tampered, VaultError
from chatline.vault.envelope import LARGE_BLOCK_BYTES

pytestmark = [pytest.mark.requirement("R-04"), pytest.mark.requirement("R-05")]

KEY = bytes(range(32))
OWNER = UUID("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")
PLACE = Place("media:1", "data", OWNER, 0)
CONTENT = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 200
SEALER = Sealer(KEY)


@given(content=st.binary())
def test_any_content_comes_back_as_it_was(content: bytes) -> None:
    assert SEALER.unseal_bytes(SEALER.seal_bytes(content, PLACE), PLACE) == content


def test_five_megabytes_come_back_as_they_were() -> None:
    content = os.urandom(5 * 1024 * 1024)
    assert SEALER.unseal_bytes(memoryview(SEALER.seal_bytes(content, PLACE)), PLACE) == content


@pytest.mark.parametrize(("length", "blocks"), [(0, 1), (16_380, 1), (16_381, 2), (50_000, 4)])
def test_a_content_tells_its_length_only_in_steps_of_16_kib(length: int, blocks: int) -> None:
    assert len(SEALER.seal_bytes(bytes(length), PLACE)) == 37 + LARGE_BLOCK_BYTES * blocks


def test_the_same_content_never_looks_the_same_twice() -> None:
    assert len({SEALER.seal_bytes(CONTENT, PLACE) for _ in range(50)}) == 50


def test_no_stretch_of_a_content_is_readable_in_what_was_sealed() -> None:
    sealed = SEALER.seal_bytes(CONTENT, PLACE)
    assert not any(CONTENT[at : at + 8] in sealed for at in range(300))


def test_a_flipped_bit_is_refused_wherever_it_is() -> None:
    sealed = SEALER.seal_bytes(CONTENT, PLACE)
    outside = range(37 * 8)
    inside = random.Random(7).sample(range(37 * 8, len(sealed) * 8), 300)
    for bit in (*outside, *inside, len(sealed) * 8 - 1):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            SEALER.unseal_bytes(bytes(changed), PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        PLACE._replace(table="media:2"),
        PLACE._replace(column="address"),
        PLACE._replace(owner=UUID(int=1)),
        PLACE._replace(seq=1),
    ],
    ids=["row", "column", "owner", "number"],
)
def test_a_content_moved_to_another_place_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(Tampered):
        SEALER.unseal_bytes(SEALER.seal_bytes(CONTENT, PLACE), elsewhere)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(KeyUnknown):
        Sealer(os.urandom(32)).unseal_bytes(SEALER.seal_bytes(CONTENT, PLACE), PLACE)
