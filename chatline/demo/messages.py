"""The provider's message resource: each verb takes the network and a form, and answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from chatline.demo import provider, shapes
from chatline.demo.answers import Answer, faulty, told
from chatline.demo.carrier import Carrier
from chatline.demo.faults import Create, Report, Turn
from chatline.demo.hooks import API_VERSION
from chatline.demo.pages import page
from chatline.demo.provider import Refusal

Form = Mapping[str, str]


def create(carrier: Carrier, form: Form) -> Answer:
    # Apart from what follows, which may be refused: a file keeps nothing of a change that raised.
    with carrier.moment() as moment:
        moment.state.count("asked")
        turn = moment.state.script.next_create()
    sms = carrier.create(form, turn) if turn.create.creates else None
    if sms is None or turn.create is not Create.FINE:
        return faulty(turn)
    return replace(told(shapes.message(carrier.account, sms), 201), early=Report.EARLY in turn.reports)


def reading(verb: Callable[..., Answer]) -> Callable[..., Answer]:
    """The script may make a reading of messages fail."""

    def read(carrier: Carrier, query: Form, **named: str) -> Answer:
        failing = _next_read(carrier)
        return verb(carrier, query, **named) if failing is Create.FINE else faulty(Turn(failing))

    return read


def _next_read(carrier: Carrier) -> Create:
    with carrier.look() as moment:
        if not moment.state.script.reads:
            return Create.FINE
    with carrier.moment() as moment:
        return moment.state.script.next_read()


def listed(carrier: Carrier, query: Form) -> Answer:
    with carrier.look() as moment:
        try:
            found = provider.listed(moment, query)
        except ValueError:
            raise Refusal(20001, 400, "Invalid date") from None
    describe = partial(shapes.message, carrier.account)
    return told(
        page(f"/{API_VERSION}/Accounts/{carrier.account}/Messages.json", "messages", found, query, describe)
    )


def fetch(carrier: Carrier, query: Form, sid: str) -> Answer:
    return told(shapes.message(carrier.account, carrier.fetch(sid)))


def update(carrier: Carrier, form: Form, sid: str) -> Answer:
    with carrier.moment() as moment:
        sms = provider.update(moment, sid, form)
    return told(shapes.message(carrier.account, sms))


def delete(carrier: Carrier, form: Form, sid: str) -> Answer:
    with carrier.moment() as moment:
        provider.delete(moment, sid)
    return Answer(204)
