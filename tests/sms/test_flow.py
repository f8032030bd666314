"""How many texts may be under way, as the provider answers: told to slow down, or down."""

from chatline.sms.flow import FIRST_DOWN, HANDS, LONGEST_DOWN, LONGEST_SLOW, TRIP, Flow


def fallen(now: float = 0.0) -> Flow:
    flow = Flow()
    for _ in range(TRIP):
        flow.failed(now)
    return flow


def test_all_hands_may_be_under_way() -> None:
    assert Flow().may_send(0.0, under_way=2) == HANDS - 2


def test_no_more_than_all_hands_may_be() -> None:
    assert Flow().may_send(0.0, under_way=HANDS + 1) == 0


def test_one_failure_too_many_and_nothing_more_is_risked() -> None:
    flow = Flow()
    assert [flow.failed(0.0) for _ in range(TRIP)] == [False] * (TRIP - 1) + [True]
    assert flow.may_send(LONGEST_DOWN * 10, 0) == 0


def test_an_answer_in_between_begins_the_count_anew() -> None:
    flow = Flow()
    for _ in range(TRIP * 3):
        flow.failed(0.0)
        flow.went_through(0.0)
    assert not flow.is_down


def test_it_is_asked_after_a_pause_whether_it_is_back() -> None:
    flow = fallen()
    assert [flow.should_ask(0.0), flow.should_ask(FIRST_DOWN)] == [False, True]


def test_one_text_is_tried_when_it_answers_again() -> None:
    flow = fallen()
    flow.answers(True, FIRST_DOWN)
    assert [flow.may_send(FIRST_DOWN, 0), flow.may_send(FIRST_DOWN, 1)] == [1, 0]


def test_all_go_once_that_one_went_through() -> None:
    flow = fallen()
    flow.answers(True, FIRST_DOWN)
    assert flow.went_through(FIRST_DOWN)
    assert flow.may_send(FIRST_DOWN, 0) == HANDS


def test_none_go_if_that_one_failed_too() -> None:
    flow = fallen()
    flow.answers(True, FIRST_DOWN)
    assert flow.failed(FIRST_DOWN)
    assert (flow.may_send(FIRST_DOWN * 2, 0), flow.should_ask(FIRST_DOWN)) == (0, False)


def test_the_pause_grows_to_a_minute_and_no_further() -> None:
    flow = fallen()
    now = 0.0
    for _ in range(20):
        now += LONGEST_DOWN
        assert flow.should_ask(now)
        flow.answers(False, now)


def test_that_it_is_back_is_news_once() -> None:
    flow = Flow()
    assert [flow.went_through(0.0), flow.went_through(0.0)] == [True, False]


def test_being_told_to_slow_down_halves_the_hands_and_makes_a_pause() -> None:
    flow = Flow()
    pause = flow.slow_down(0.0)
    assert flow.may_send(pause / 2, 0) == 0
    assert flow.may_send(pause, 0) == HANDS // 2


def test_being_told_again_and_again_leaves_one_hand_and_a_bounded_pause() -> None:
    flow = Flow()
    pauses = [flow.slow_down(0.0) for _ in range(50)]
    assert max(pauses) <= LONGEST_SLOW
    assert flow.may_send(LONGEST_SLOW, 0) == 1


def test_being_told_to_slow_down_is_no_failure() -> None:
    flow = Flow()
    for _ in range(TRIP * 3):
        flow.slow_down(0.0)
    assert not flow.is_down


def test_the_hands_come_back_one_by_one() -> None:
    flow = Flow()
    now = flow.slow_down(0.0)
    for _ in range(HANDS):
        flow.went_through(now)
    assert HANDS // 2 < flow.may_send(now, 0) < HANDS
    for _ in range(HANDS * HANDS):
        flow.went_through(now)
    assert flow.may_send(now, 0) == HANDS


def test_they_do_not_all_come_back_at_the_same_moment() -> None:
    assert len({Flow().slow_down(0.0) for _ in range(20)}) > 10
