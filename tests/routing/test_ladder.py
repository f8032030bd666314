"""Which step of a ladder is due when."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chatline.lines.ladders import DEFAULT, Channel, Rung, Whom
from routing import ladder

START = datetime(2026, 3, 1, 4, tzinfo=UTC)

rungs = st.lists(
    st.builds(Rung, st.integers(0, 900), st.sampled_from(Whom), st.sampled_from(Channel)), min_size=1
)


def climb(steps: ladder.Ladder, count: int, lag: float = 0.0) -> list[float]:
    """When each of so many steps is taken, in seconds, by a worker that comes so late to each."""
    began, now, taken_at = START, START, []
    for taken in range(count):
        now = max(now, ladder.due(steps, taken, began)) + timedelta(seconds=lag)
        taken_at.append((now - START).total_seconds())
        began = ladder.began(steps, taken + 1, began, now)
    return taken_at


def test_the_ready_ladder_calls_at_once_and_after_30_60_and_120_seconds_and_again_120_later() -> None:
    steps = ladder.steps(DEFAULT)
    assert climb(steps, 9) == [0, 30, 60, 120, 240, 270, 300, 360, 480]


def test_the_ready_ladder_wakes_the_on_call_list_and_then_the_managers() -> None:
    by_moment = {step.after.seconds: {rung.whom for rung in step.rungs} for step in ladder.steps(DEFAULT)}
    assert by_moment == {
        0: {Whom.ON_SHIFT, Whom.SYSTEMS},
        30: {Whom.ON_SHIFT, Whom.SUPERVISORS},
        60: {Whom.ON_CALL},
        120: {Whom.MANAGERS},
    }


@given(rungs)
def test_rungs_of_one_moment_are_one_step_and_none_is_lost(some: list[Rung]) -> None:
    steps = ladder.steps(some)
    assert [step.after for step in steps] == sorted({timedelta(seconds=rung.after) for rung in some})
    assert sorted(rung for step in steps for rung in step.rungs) == sorted(some)


@given(rungs, st.integers(0, 50))
def test_each_round_takes_every_step_once_in_order(some: list[Rung], taken: int) -> None:
    steps = ladder.steps(some)
    left = ladder.left(steps, taken)
    assert left == steps[-len(left) :]
    assert taken % len(steps) + len(left) == len(steps)


@given(rungs, st.floats(0, 4000))
def test_a_step_never_comes_before_its_moment_and_a_round_never_within_two_minutes_of_the_last(
    some: list[Rung], lag: float
) -> None:
    steps = ladder.steps(some)
    at = climb(steps, 3 * len(steps), lag)
    assert at == sorted(at)
    assert all(moment >= step.after.total_seconds() for moment, step in zip(at, steps, strict=False))
    for border in (len(steps), 2 * len(steps)):
        assert at[border] - at[border - 1] >= ladder.AGAIN.total_seconds()


@given(rungs)
def test_somebody_had_a_chance_to_answer_before_it_is_said_that_nobody_did(some: list[Rung]) -> None:
    steps = ladder.steps(some)
    first = next(taken for taken in range(100) if ladder.is_climbed(steps, taken))
    assert first >= len(steps)
    assert climb(steps, first)[-1] > 0
