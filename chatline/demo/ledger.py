"""What came of it all: what screens show, how often, and the sums. Reads a `State`, changes nothing."""

from dataclasses import dataclass

from chatline.demo.records import Bubble, State

STAFF = ("+12025550104", "+12025550105")
HANDSETS = ("+12025550101", "+12025550102", "+12025550103", *STAFF)
"""The phones on the desk, the last of them of people who are on call; `records.OWN` are all that there can be."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Numbers of texts. The line's: requests to create one, those that the provider took, those that carriers
    delivered, those on screens, and how often a screen shows one again. The handsets' own: written, and of these
    taken by the line.
    """

    sent: int
    accepted: int
    delivered: int
    shown: int
    doubled: int
    texted: int
    heard: int


def of(state: State) -> Ledger:
    """`shown` is more than `delivered` never, and less only where a file has forgotten old screens."""
    counts = {
        what: state.counts.get(what, 0) for what in ("asked", "accepted", "delivered", "texted", "heard")
    }
    shown = sum(not bubble.mine for one in state.handsets.values() for bubble in one.bubbles)
    return Ledger(
        counts["asked"],
        counts["accepted"],
        counts["delivered"],
        shown,
        len(doubled(state)),
        counts["texted"],
        counts["heard"],
    )


def screens(state: State) -> dict[str, list[Bubble]]:
    """What each handset shows, in the order it came."""
    shown: dict[str, list[Bubble]] = {number: [] for number in HANDSETS}
    for handset in state.handsets.values():
        if handset.bubbles:
            shown[handset.number] = list(handset.bubbles)
    return shown


def doubled(state: State) -> list[str]:
    """Every oid that a handset got again, as often as it did."""
    again: list[str] = []
    for handset in state.handsets.values():
        seen: set[str] = set()
        for bubble in handset.bubbles:
            if bubble.mine or not bubble.oid:
                continue
            if bubble.oid in seen:
                again.append(bubble.oid)
            seen.add(bubble.oid)
    return again
