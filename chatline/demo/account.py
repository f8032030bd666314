"""What is set up at the provider: the account, the numbers of the line, messaging services. To be read only."""

from collections.abc import Mapping
from functools import partial

from chatline.demo import shapes
from chatline.demo.answers import Answer, told
from chatline.demo.carrier import Carrier
from chatline.demo.hooks import API_VERSION
from chatline.demo.pages import page, pages
from chatline.demo.provider import Refusal
from chatline.demo.records import Sender

Form = Mapping[str, str]


def account(carrier: Carrier, query: Form) -> Answer:
    return told(shapes.account(carrier.account, carrier.clock()))


def numbers(carrier: Carrier, query: Form, *, short: bool) -> Answer:
    name, key = ("ShortCode", "short_codes") if short else ("PhoneNumber", "incoming_phone_numbers")
    uri = f"/{API_VERSION}/Accounts/{carrier.account}/{'SMS/ShortCodes' if short else 'IncomingPhoneNumbers'}.json"
    wanted = query.get(name, "")
    found = [one for one in _senders(carrier, short) if wanted in one.number]
    return told(page(uri, key, found, query, partial(shapes.number, carrier.account)))


def number(carrier: Carrier, query: Form, sid: str, *, short: bool) -> Answer:
    for one in _senders(carrier, short):
        if one.sid == sid:
            return told(shapes.number(carrier.account, one))
    raise Refusal(20404, 404)


def services(carrier: Carrier, query: Form) -> Answer:
    with carrier.look() as moment:
        found = list(moment.state.services.values())
    return told(pages("/v1/Services", "services", found, query, partial(shapes.service, carrier.account)))


def service(carrier: Carrier, query: Form, sid: str) -> Answer:
    with carrier.look() as moment:
        found = moment.state.services.get(sid)
    if found is None:
        raise Refusal(20404, 404)
    return told(shapes.service(carrier.account, found))


def service_numbers(carrier: Carrier, query: Form, sid: str, *, short: bool) -> Answer:
    service(carrier, query, sid)
    found = [one for one in _senders(carrier, short) if one.service == sid]
    uri, key = ("ShortCodes", "short_codes") if short else ("PhoneNumbers", "phone_numbers")
    describe = partial(shapes.number, carrier.account)
    return told(pages(f"/v1/Services/{sid}/{uri}", key, found, query, describe))


def _senders(carrier: Carrier, short: bool) -> list[Sender]:
    with carrier.look() as moment:
        return [one for one in moment.state.senders.values() if one.is_short == short]
