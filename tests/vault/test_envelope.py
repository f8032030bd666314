"""Sealed words open with their key in their place, and nowhere else."""

import os
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatline.vault import BadKeys, KeyUnknown, Place, Sealer, Tampered, VaultError, seal, unseal
from chatline.vault.envelope import bound_to

pytestmark = [pytest.mark.requirement("R-04"), pytest.mark.requirement("R-05")]

KEY = bytes(range(32))
OWNER = UUID("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")
STRANGER = UUID("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f8")
PLACE = Place("message", "words", OWNER, 7)
WORDS = "I only want to talk to somebody."
# The halves of a surrogate pair: a browser that cuts a text may send one alone.
HIGH, LOW = chr(0xD83D), chr(0xDE42)

any_text = st.text(st.characters(exclude_categories=()))
# Few letters, and those that a careless join would use, so that parts are apt to run into each other.
tricky = st.text("ab/|:,\0\x01\x04", max_size=4)
owners = st.sampled_from([OWNER, STRANGER, UUID(int=0)])
places = st.builds(Place, tricky, tricky, owners, st.sampled_from([0, 1, 256, 2**64 - 1]))


@given(words=any_text)
@settings(deadline=None)
def test_any_text_comes_back_as_it_was(words: str) -> None:
    assert unseal(KEY, seal(KEY, words, PLACE), PLACE) == words


@pytest.mark.parametrize("words", [HIGH, LOW + HIGH, HIGH + LOW, "\0", "end\0\0", "x" * 2000])
def test_texts_that_storage_often_breaks_come_back(words: str) -> None:
    assert unseal(KEY, seal(KEY, words, PLACE), PLACE) == words


def test_a_sealer_kept_for_many_texts_and_the_functions_understand_each_other() -> None:
    assert unseal(KEY, Sealer(KEY).seal(WORDS, PLACE), PLACE) == WORDS


def test_rows_handed_out_as_a_memoryview_open_too() -> None:
    assert unseal(KEY, memoryview(seal(KEY, WORDS, PLACE)), PLACE) == WORDS


def test_the_same_words_never_look_the_same_twice() -> None:
    sealer = Sealer(KEY)
    assert len({sealer.seal(WORDS, PLACE) for _ in range(1000)}) == 1000


def test_no_words_are_readable_in_what_was_sealed() -> None:
    assert WORDS[:8].encode() not in seal(KEY, WORDS, PLACE)


def test_no_part_of_the_key_is_readable_in_what_was_sealed() -> None:
    sealed = seal(KEY, WORDS, PLACE)
    assert not any(KEY[at : at + 4] in sealed for at in range(29))


def test_every_text_of_up_to_250_bytes_has_one_size() -> None:
    sealer = Sealer(KEY)
    assert {len(sealer.seal("x" * length, PLACE)) for length in range(251)} == {37 + 256}


@pytest.mark.parametrize(("length", "blocks"), [(252, 1), (253, 2), (508, 2), (509, 3)])
def test_longer_texts_tell_their_length_only_in_steps_of_256(length: int, blocks: int) -> None:
    assert len(seal(KEY, "x" * length, PLACE)) == 37 + 256 * blocks


def test_another_key_is_told_by_its_id() -> None:
    with pytest.raises(KeyUnknown):
        unseal(os.urandom(32), seal(KEY, WORDS, PLACE), PLACE)


def test_another_key_fails_even_under_a_forged_id() -> None:
    other = os.urandom(32)
    sealed, forged_id = seal(KEY, WORDS, PLACE), seal(other, WORDS, PLACE)[:9]
    with pytest.raises(Tampered):
        unseal(other, forged_id + sealed[9:], PLACE)


def test_every_single_flipped_bit_is_refused() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal(WORDS, PLACE)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            sealer.unseal(bytes(changed), PLACE)


def test_every_shortened_envelope_is_refused() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal(WORDS, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            sealer.unseal(sealed[:length], PLACE)


def test_an_envelope_with_something_behind_it_is_refused() -> None:
    with pytest.raises(Tampered):
        unseal(KEY, seal(KEY, WORDS, PLACE) + b"\0", PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        PLACE._replace(table="messages"),
        PLACE._replace(table=""),
        PLACE._replace(column="note"),
        PLACE._replace(owner=STRANGER),
        PLACE._replace(seq=8),
        PLACE._replace(seq=7 + 2**32),
        PLACE._replace(table="words", column="message"),
        PLACE._replace(table="messagew", column="ords"),
        PLACE._replace(table="messagewords", column=""),
    ],
    ids=str,
)
def test_words_moved_to_another_place_do_not_open(elsewhere: Place) -> None:
    with pytest.raises(Tampered):
        unseal(KEY, seal(KEY, WORDS, PLACE), elsewhere)


@pytest.mark.parametrize(
    "other",
    [PLACE._replace(seq=8), PLACE._replace(column="note"), PLACE._replace(owner=STRANGER)],
    ids=["rows", "columns", "owners"],
)
def test_two_envelopes_that_changed_places_both_fail(other: Place) -> None:
    here, there = seal(KEY, WORDS, PLACE), seal(KEY, "Other words.", other)
    for moved, place in ((here, other), (there, PLACE)):
        with pytest.raises(Tampered):
            unseal(KEY, moved, place)


@given(one=places, other=places)
@settings(deadline=None, max_examples=500)
def test_two_places_are_bound_alike_only_when_they_are_the_same(one: Place, other: Place) -> None:
    assert (bound_to(one) == bound_to(other)) == (one == other)


@given(parts=st.lists(tricky, min_size=2, max_size=2), cut=st.integers(0, 8))
@settings(deadline=None)
def test_letters_that_move_from_table_to_column_change_what_is_bound(parts: list[str], cut: int) -> None:
    joined = "".join(parts)
    shifted = Place(joined[:cut], joined[cut:], OWNER, 1)
    original = Place(parts[0], parts[1], OWNER, 1)
    assert (bound_to(shifted) == bound_to(original)) == (shifted == original)


def test_a_sequence_number_below_zero_is_refused() -> None:
    with pytest.raises(OverflowError):
        seal(KEY, WORDS, PLACE._replace(seq=-1))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadKeys):
        seal(bytes(range(length)), WORDS, PLACE)


def test_a_refusal_names_no_words_and_no_key() -> None:
    with pytest.raises(Tampered) as refused:
        unseal(KEY, seal(KEY, WORDS, PLACE), PLACE._replace(seq=8))
    told = f"{refused.value!r} {refused.value.__cause__!r}"
    assert not any(secret in told for secret in (WORDS, KEY.hex(), repr(KEY)))
