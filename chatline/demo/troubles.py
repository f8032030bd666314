"""What a person at the phones may let go wrong, by the names that the page has words for."""

from chatline.demo.faults import Arrival, Create, Report, Script, Turn

OF_THE_LINE = {
    "refused": Turn(Create.REFUSED),
    "lost_answer": Turn(Create.SILENT_AFTER),
    "too_fast": Turn(Create.TOO_FAST),
    "down": Turn(Create.ERROR_BEFORE, 503),
    "unreported": Turn(reports=(Report.MISSING,)),
    "reported_twice": Turn(reports=(Report.TWICE,)),
    "reported_late": Turn(reports=(Report.LATE,)),
    "reported_out_of_order": Turn(reports=(Report.REORDERED,)),
    "phone_off": Turn(ending="undelivered", code=30003),
    "blocked": Turn(ending="undelivered", code=30004),
    "landline": Turn(ending="undelivered", code=30006),
    "filtered": Turn(ending="undelivered", code=30007),
}
"""What happens to texts of the line."""

OF_PHONES = {
    "at_once": Arrival.AT_ONCE,
    "again": Arrival.AGAIN,
    "unheard": Arrival.UNHEARD,
}
"""What happens to texts of the phones."""

MOST = 20


def add(script: Script, name: str, count: int) -> None:
    """Lets the next `count` texts (1 to 20) go wrong so. Raises ValueError for what has no name here."""
    if not 1 <= count <= MOST:
        raise ValueError(f"From 1 to {MOST} texts.")
    if name in OF_THE_LINE:
        script.creates += [OF_THE_LINE[name]] * count
    elif name in OF_PHONES:
        script.arrivals += [OF_PHONES[name]] * count
    else:
        raise ValueError("That cannot go wrong.")
