"""Any verb at any time, and what must always be so is so: see `machine.py`."""

import pytest
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chatline.conversations import access, deliveries
from chatline.conversations.models import Delivery, Message
from routing import escalation, intake, queue
from tests.cast import Cast
from tests.flows.machine import Machine, tried

pytestmark = [pytest.mark.both, pytest.mark.django_db]

EXAMPLES, STEPS_EACH = 30, 40


def run(cast: Cast, examples: int) -> None:
    tried.clear()
    run_state_machine_as_test(
        type("Kept", (Machine,), {"cast": cast}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS_EACH,
            phases=[Phase.generate],
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{sum(tried.values())} steps on {connection.vendor}: {dict(tried.most_common())}")


def test_whatever_is_done_what_must_be_so_is_so(cast: Cast) -> None:
    run(cast, EXAMPLES)


def unnoticed(rows: object, messages: dict[int, Message], attempts: dict[int, list[Delivery]]) -> None:
    """A delivery mark without a new version."""
    for message in messages:
        Message.objects.filter(id=message).update(delivery=attempts[message][-1].state)


BREAKS: dict[str, tuple[object, str, object]] = {
    "a mark without a version": (deliveries, "_show", unnoticed),
    "a flag resolved and not counted": (escalation, "_after_resolving", lambda *_: None),
    "a claim without a seat": (queue, "check_seat", lambda _: None),
    "given to whom they avoid": (queue, "_unwanted", lambda _: Q(id=None)),
    "a stranger who may": (access, "is_held", lambda *_: True),
    "a key looked up nowhere": (intake, "stored_before", lambda _: {}),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_each_of_these_breaks_is_found(cast: Cast, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setattr(*BREAKS[broken])
    with pytest.raises((AssertionError, ExceptionGroup)):
        run(cast, EXAMPLES)
    print(f"found after {sum(tried.values())} steps")
