"""Sam's desk as most tests of sockets begin: ready, with somebody taken."""

from tests.cast import Cast
from tests.clients import Desk, verb
from tests.doors import Door


async def answering(cast: Cast, door: Door, text: str = "hello") -> tuple[Desk, str]:
    """Sam's desk, ready, with one person from the web chat taken."""
    await verb(cast.visits, text)
    desk = await door.desk(cast.sam)
    await desk.ready()
    return desk, await desk.take()


async def texting(cast: Cast, door: Door) -> tuple[Desk, str]:
    """Sam's desk, ready, with one texter taken."""
    await verb(cast.texts, "hello")
    desk = await door.desk(cast.sam)
    await desk.ready()
    return desk, await desk.take()
