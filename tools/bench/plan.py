"""What the load client is told to open, as one JSON document on its standard input."""

from typing import Any

import msgspec


class Seat(msgspec.Struct):
    """One socket. `hello` is its first frame; None where a socket is ready as soon as it is open."""

    path: str
    conversations: list[str]
    hello: dict[str, Any] | None = None
    headers: dict[str, str] = {}


class Plan(msgspec.Struct):
    """Everybody who takes part. Each visitor has one conversation, and one desk holds it.

    `relayed` is true where the server sends on whatever it is given, and false where it is told a `say`.
    """

    visitors: list[Seat]
    desks: list[Seat]
    relayed: bool


class Shift(msgspec.Struct):
    """A full shift: the first desk is a supervisor's. `people` have not come yet; those who wait all ended alike."""

    desks: list[Seat]
    people: list[Seat]
    last_words: str


class Load(msgspec.Struct):
    """A plan, the server it is for, and for how long."""

    plan: Plan
    port: int
    server: int
    seconds: float
