"""The provider's media resource: what came with a text, behind credentials and an address that is good for hours."""

import hmac
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from chatline.demo import shapes
from chatline.demo.answers import Answer, told
from chatline.demo.carrier import Carrier
from chatline.demo.hooks import API_VERSION, sign
from chatline.demo.pages import page
from chatline.demo.provider import Refusal
from chatline.demo.records import Media

Form = Mapping[str, str]

GOOD_SECONDS = 4 * 3600
"""How long the address that a picture is redirected to is good: https://www.twilio.com/docs/messaging/api/media-resource"""


def _media(carrier: Carrier, parent: str, sid: str) -> Media:
    with carrier.look() as moment:
        one = moment.state.media.get(sid)
    if one is None or one.parent != parent:
        raise Refusal(20404, 404)
    return one


def listed(carrier: Carrier, query: Form, parent: str) -> Answer:
    with carrier.look() as moment:
        found = [one for one in moment.state.media.values() if one.parent == parent]
    uri = f"/{API_VERSION}/Accounts/{carrier.account}/Messages/{parent}/Media.json"
    return told(page(uri, "media_list", found, query, partial(shapes.media, carrier.account)))


def fetch(carrier: Carrier, query: Form, parent: str, sid: str) -> Answer:
    return told(shapes.media(carrier.account, _media(carrier, parent, sid)))


def redirect(carrier: Carrier, query: Form, parent: str, sid: str) -> Answer:
    """Leads to an address that is good for some hours and needs no credentials."""
    _media(carrier, parent, sid)
    until = str(int(carrier.clock()) + GOOD_SECONDS)
    ticket = urlencode({"until": until, "signature": _ticket(carrier, sid, until)})
    return Answer(307, headers={"Location": f"{carrier.base}/_media/{sid}?{ticket}"})


def content(carrier: Carrier, sid: str, query: Form) -> Answer:
    until, signature = query.get("until", ""), query.get("signature", "")
    good = hmac.compare_digest(signature.encode(), _ticket(carrier, sid, until).encode())
    with carrier.look() as moment:
        one = moment.state.media.get(sid)
    if not good or int(until) < carrier.clock() or one is None:
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"})
    return Answer(200, carrier.pictures.get(sid), {"Content-Type": one.kind})


def _ticket(carrier: Carrier, sid: str, until: str) -> str:
    return sign(sid, {"until": until}, carrier.tokens()[0], "sha256")


def delete(carrier: Carrier, form: Form, parent: str, sid: str) -> Answer:
    _media(carrier, parent, sid)
    with carrier.moment() as moment:
        moment.state.media.pop(sid, None)
    carrier.pictures.drop(sid)
    return Answer(204)
