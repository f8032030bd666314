"""What a test or a bench tells a network in another process, at addresses of its own below `/_emu/`.

| | | |
|---|---|---|
| `GET ledger` | | the sums, and every oid that a handset got again |
| `GET screens` | | what each handset shows |
| `GET calls` | | every webhook that was answered: when, where to, about which text, status |
| `POST texts` | `number`, `to`, `text` | a handset texts; `sid` |
| `PUT handsets` | `number`, `condition` | see `lifecycle.UNREACHABLE` |
| `PUT script` | a `faults.Script`, or `seed` (and `length`, `badness`) for a random one | what goes wrong next |
"""

from collections.abc import Callable
from typing import Any

import msgspec

from chatline.demo import ledger
from chatline.demo.answers import Answer
from chatline.demo.carrier import Carrier
from chatline.demo.faults import Script


class Seed(msgspec.Struct, forbid_unknown_fields=True):
    seed: int
    length: int = 12
    badness: float = 0.5


def answer(carrier: Carrier, method: str, path: str, body: bytes) -> Answer:
    """`path` is what follows `/_emu/`."""
    verb = _VERBS.get((method, path))
    if verb is None:
        return Answer(404)
    try:
        return Answer(200, msgspec.json.encode(verb(carrier, body)), {"Content-Type": "application/json"})
    except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        return Answer(400, str(error).encode(), {"Content-Type": "text/plain"})


def _ledger(carrier: Carrier, body: bytes) -> Any:
    with carrier.look() as moment:
        return {"sums": ledger.of(moment.state), "doubled": ledger.doubled(moment.state)}


def _screens(carrier: Carrier, body: bytes) -> Any:
    return carrier.screens()[1]


def _calls(carrier: Carrier, body: bytes) -> Any:
    with carrier.look() as moment:
        return list(moment.state.calls)


def _text(carrier: Carrier, body: bytes) -> Any:
    asked = msgspec.json.decode(body, type=dict[str, str])
    return {"sid": carrier.text(asked["number"], asked["to"], asked["text"])}


def _switch(carrier: Carrier, body: bytes) -> Any:
    asked = msgspec.json.decode(body, type=dict[str, str])
    carrier.switch(asked["number"], asked["condition"])


def _play(carrier: Carrier, body: bytes) -> Any:
    try:
        seed = msgspec.json.decode(body, type=Seed)
    except msgspec.ValidationError:
        carrier.play(msgspec.json.decode(body, type=Script))
    else:
        carrier.play(Script.random(seed.seed, seed.length, seed.badness))


_VERBS: dict[tuple[str, str], Callable[[Carrier, bytes], Any]] = {
    ("GET", "ledger"): _ledger,
    ("GET", "screens"): _screens,
    ("GET", "calls"): _calls,
    ("POST", "texts"): _text,
    ("PUT", "handsets"): _switch,
    ("PUT", "script"): _play,
}
