"""What the provider's error codes mean: for the text, the person, the volunteer and the operator."""

import pytest

from chatline.conversations.states import Fault
from chatline.sms.codes import CODES, OTHER, Then, meaning


@pytest.mark.parametrize(
    ("code", "then", "fault"),
    [
        (20429, Then.SLOW, Fault.CARRIER),
        (21611, Then.LATER, Fault.CARRIER),
        (20003, Then.MEND, Fault.OURS),
        (21606, Then.MEND, Fault.OURS),
        (21610, Then.FAIL, Fault.OPTED_OUT),
        (21211, Then.FAIL, Fault.NO_SUCH_NUMBER),
        (30003, Then.FAIL, Fault.PHONE_OFF),
        (30005, Then.FAIL, Fault.NO_SUCH_NUMBER),
        (30006, Then.FAIL, Fault.LANDLINE),
        (30007, Then.FAIL, Fault.FILTERED),
    ],
)
def test_a_code_has_its_meaning(code: int, then: Then, fault: Fault) -> None:
    assert (meaning(code).then, meaning(code).fault) == (then, fault)


@pytest.mark.parametrize("code", [None, 0, 1, 39_999])
def test_a_code_that_nobody_knows_is_shown_and_left_to_a_person(code: int | None) -> None:
    assert meaning(code) is OTHER
    assert (OTHER.then, OTHER.repeatable) == (Then.FAIL, True)


def test_only_those_that_were_certainly_not_taken_are_tried_again_by_themselves() -> None:
    again = {code for code, one in CODES.items() if one.then is not Then.FAIL}
    assert again == {20003, 20005, 20404, 20429, 21210, 21212, 21606, 21611, 21659, 21660, 21703, 21704}


def test_nobody_is_offered_to_repeat_what_the_person_or_their_carrier_refused() -> None:
    refused = {Fault.OPTED_OUT, Fault.BLOCKED, Fault.FILTERED, Fault.NO_SUCH_NUMBER, Fault.LANDLINE}
    assert not [code for code, one in CODES.items() if one.repeatable and one.fault in refused]


def test_whatever_is_ours_to_mend_is_told_to_an_operator() -> None:
    assert not [code for code, one in CODES.items() if one.fault is Fault.OURS and not one.alarm]


def test_only_an_opt_out_stops_a_person() -> None:
    assert [code for code, one in CODES.items() if one.stops] == [21610]
