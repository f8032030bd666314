"""Sockets in process, and the people whom every test knows."""

from collections.abc import AsyncIterator

import pytest

from tests.cast import Cast, make_cast
from tests.clients import Door, open_door


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
async def door(cast: Cast) -> AsyncIterator[Door]:
    """Closed before the database is emptied."""
    async with open_door() as door:
        yield door
