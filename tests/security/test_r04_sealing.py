"""R-04, R-05: what is sealed opens unchanged, with its key and in its place, and in no other way."""

from itertools import product
from typing import Protocol
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from chatline.conversations import keys
from chatline.conversations.models import Message
from chatline.conversations.saying import place_of_text
from chatline.vault import Place, Sealer, VaultError, box, envelope
from chatline.vault.derive import derive
from tests.cast import Cast

KEY = bytes(range(32))
COLUMNS = [
    ("message", "text"),
    ("message", "note"),
    ("note", "text"),
    ("visitor", "number"),
    ("plan", "parts"),
]
PLACES = [
    Place(table, column, UUID(int=owner), seq)
    for (table, column), owner, seq in product(COLUMNS, range(5), range(8))
]
"""200 of them: every row, column and conversation differs from another in that alone."""

tricky = st.text("ab/|:,\0\x01\x04", min_size=1, max_size=8)


class Records(Protocol):
    def __call__(self, name: str, value: object) -> None: ...


def opens(sealer: Sealer, sealed: bytes, place: Place) -> bool:
    try:
        sealer.unseal_bytes(sealed, place)
    except VaultError:
        return False
    return True


def flipped(sealed: bytes, bit: int) -> bytes:
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.requirement("R-04")
def test_every_bit_of_two_hundred_samples_is_noticed_when_it_flips(record_property: Records) -> None:
    sealer, tried, opened = Sealer(KEY), 0, 0
    for number, place in enumerate(PLACES):
        sealed = sealer.seal(f"sample {number}", place)
        bits = range(len(sealed) * 8)
        tried += len(bits)
        opened += sum(opens(sealer, flipped(sealed, bit), place) for bit in bits)
    record_property("figure", f"{tried:,} flipped bits in {len(PLACES)} samples, {opened} opened")
    assert opened == 0


def opens_unchecked(self: box.Box, sealed: bytes, bound: bytes) -> bytes:
    """What AES-GCM is without its tag: counter mode, from the second block on (NIST SP 800-38D, 7.1)."""
    cipher = Cipher(algorithms.AES(derive(KEY, "words")), modes.CTR(sealed[9:21] + (2).to_bytes(4, "big")))
    return cipher.decryptor().update(sealed[21:-16])


@pytest.mark.breaks("R-04")
def test_it_is_caught_when_the_tag_is_not_checked(
    record_property: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box.Box, "open", opens_unchecked)
    monkeypatch.setattr("tests.security.test_r04_sealing.PLACES", PLACES[:1])
    with pytest.raises(AssertionError):
        test_every_bit_of_two_hundred_samples_is_noticed_when_it_flips(record_property)


@pytest.mark.requirement("R-05")
def test_of_two_hundred_envelopes_none_opens_in_the_place_of_another(record_property: Records) -> None:
    # Of one key, although every conversation has its own: the place alone has to keep them apart.
    sealer = Sealer(KEY)
    sealed = {place: sealer.seal("hello", place) for place in PLACES}
    opened = {(here, there) for here, there in product(PLACES, PLACES) if opens(sealer, sealed[here], there)}
    moved = {(here, there) for here, there in opened if here != there}
    record_property("figure", f"{len(PLACES) * (len(PLACES) - 1):,} moved envelopes, {len(moved)} opened")
    assert opened - moved == {(place, place) for place in PLACES}
    assert moved == set()


@pytest.mark.breaks("R-05")
@pytest.mark.parametrize("part", Place._fields)
def test_it_is_caught_when_a_part_of_the_place_is_not_bound(
    part: str, record_property: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound_to, same = envelope.bound_to, getattr(PLACES[0], part)
    monkeypatch.setattr(envelope, "bound_to", lambda place: bound_to(place._replace(**{part: same})))
    with pytest.raises(AssertionError):
        test_of_two_hundred_envelopes_none_opens_in_the_place_of_another(record_property)


@pytest.mark.requirement("R-05")
@given(letters=tricky, cuts=st.sets(st.integers(0, 8), min_size=2, max_size=2))
@settings(deadline=None, database=None)
def test_the_same_letters_cut_elsewhere_are_another_place(letters: str, cuts: set[int]) -> None:
    one, other = (Place(letters[:cut], letters[cut:], UUID(int=0), 1) for cut in sorted(cuts))
    assert (envelope.bound_to(one) == envelope.bound_to(other)) == (one == other)


@pytest.mark.breaks("R-05")
def test_it_is_caught_when_parts_are_joined_without_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "bind", lambda *parts: b"".join(parts))
    with pytest.raises(AssertionError):
        test_the_same_letters_cut_elsewhere_are_another_place()


@pytest.mark.requirement("R-05")
@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_rows_that_changed_places_in_the_table_do_not_open(cast: Cast) -> None:
    for who, words in product(("one", "another"), ("hello", "are you there")):
        cast.visits(words, who)
    keys.forget_opened()
    rows = list(Message.objects.order_by("conversation", "seq"))
    sealers = keys.sealers({row.conversation_id for row in rows})
    found = {
        (here.id, there.id)
        for here, there in product(rows, rows)
        if opens(
            sealers[there.conversation_id],
            bytes(here.text_sealed),
            place_of_text(there.conversation_id, there.seq),
        )
    }
    assert len(sealers) == 2
    assert found == {(row.id, row.id) for row in rows}
