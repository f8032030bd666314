"""Sockets in process, for requirements that end them."""

from collections.abc import AsyncIterator

import pytest

from tests.cast import Cast
from tests.doors import Door, open_door


@pytest.fixture
async def door(cast: Cast) -> AsyncIterator[Door]:
    """Closed before the database is emptied."""
    async with open_door() as door:
        yield door
