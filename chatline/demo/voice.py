"""The provider's call resource: each verb takes the network and a form, and answers."""

from collections.abc import Mapping

from chatline.demo import calls, shapes
from chatline.demo.answers import Answer, faulty, told
from chatline.demo.carrier import Carrier
from chatline.demo.faults import Create

Form = Mapping[str, str]


def create(carrier: Carrier, form: Form) -> Answer:
    """The script goes for calls as for texts."""
    with carrier.moment() as moment:
        turn = moment.state.script.next_create()
    if turn.create.creates:
        with carrier.moment() as moment:
            call = calls.create(moment, form)
    if turn.create is not Create.FINE:
        return faulty(turn)
    return told(shapes.call(carrier.account, call), 201)


def fetch(carrier: Carrier, query: Form, sid: str) -> Answer:
    with carrier.look() as moment:
        call = calls.found(moment, sid)
    return told(shapes.call(carrier.account, call))


def delete(carrier: Carrier, form: Form, sid: str) -> Answer:
    with carrier.moment() as moment:
        calls.delete(moment, sid)
    return Answer(204)
