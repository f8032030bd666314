from collections.abc import Iterator

import pytest

from chatline.demo import wire
from chatline.sms import gateway, refusals
from tests.sms.network import InProcess, Network


@pytest.fixture(autouse=True)
def nothing_refused_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers for a minute that it raised the alarm; each test begins with one that did not."""
    monkeypatch.setattr(refusals, "_written", {})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """What stands between the gateway and the network; a test may let it fail."""
    adapter = InProcess()
    monkeypatch.setattr(gateway, "transport", lambda: adapter)
    gateway._client.cache_clear()
    yield adapter
    gateway._client.cache_clear()


@pytest.fixture
def network(provider: InProcess, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Handsets and the provider, in this process; nothing is posted but by the test."""
    here = provider.network = Network()
    monkeypatch.setattr(wire, "carrier", lambda: here.carrier)
    monkeypatch.setattr(wire, "wake", lambda: None)
    return here
