"""Protections of texting that can be taken away, to see that a soak finds it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from chatline.conversations import deliveries
from chatline.conversations.deliveries import News
from chatline.conversations.models import Delivery, Receipt
from chatline.conversations.saying import Stored
from chatline.sms import courier, letters, spool
from chatline.sms.flow import Flow
from chatline.sms.gateway import NotSent, Outcome, Unknown
from chatline.sms.letters import Letter
from routing import intake
from routing.intake import Heard


def put(module: ModuleType, name: str, instead: Any) -> Any:
    """Puts something else in the place of a name that this module uses; returns what was there."""
    there = getattr(module, name)
    vars(module)[name] = instead
    return there


def repeats_what_is_in_doubt() -> None:
    """A request that was not answered is made again."""

    def be_sure(answered: Sequence[tuple[Letter, Outcome]], flow: Flow) -> None:
        learn(
            [(letter, NotSent() if outcome == Unknown() else outcome) for letter, outcome in answered], flow
        )

    learn = put(courier, "learn", be_sure)


def forgets_what_it_received() -> None:
    """Known provider ids are not looked up, and the unique indexes no longer help: each webhook is a new text."""

    def sign_once(heard: Heard, stored: Stored | None, now: datetime) -> None:
        if not Receipt.objects.filter(provider_id=heard.key).exists():
            sign(heard, stored, now)

    def append_without_key(*arguments: Any, **more: Any) -> Any:
        return append(*arguments, **more | {"key": None})

    put(intake, "_receipt", lambda heard: None)
    put(intake, "stored_before", lambda pairs: {})
    sign = put(intake, "_sign_receipt", sign_once)
    append = put(intake, "append", append_without_key)


def believes_the_latest_report() -> None:
    """Whatever is said last about a text counts."""

    def believe(delivery: Delivery, news: News, now: datetime) -> Any:
        put(deliveries, "rank", lambda state: state == news.state)
        return advance(delivery, news, now)

    advance = put(deliveries, "_advance", believe)


def texts_whoever_stopped() -> None:
    """STOP is written down, and nothing asks for it."""

    def write_to_anybody(delivery: Delivery) -> Any:
        delivery.visitor.stopped_at = None
        return write(delivery)

    put(deliveries, "drop_unsent", lambda visitor: None)
    write = put(letters, "write", write_to_anybody)


def forgets_who_is_in_doubt() -> None:
    """Nobody is shown what may not have arrived."""
    put(deliveries, "settle", lambda oid: None)


def acknowledges_what_it_did_not_keep() -> None:
    """The fallback answers, and nothing is on the disk."""
    put(spool, "append", lambda text: None)


BREAKS: dict[str, Callable[[], None]] = {
    "repeats-what-is-in-doubt": repeats_what_is_in_doubt,
    "forgets-what-it-received": forgets_what_it_received,
    "believes-the-latest-report": believes_the_latest_report,
    "texts-whoever-stopped": texts_whoever_stopped,
    "forgets-who-is-in-doubt": forgets_who_is_in_doubt,
    "acknowledges-what-it-did-not-keep": acknowledges_what_it_did_not_keep,
}


def make(name: str) -> None:
    BREAKS[name]()
