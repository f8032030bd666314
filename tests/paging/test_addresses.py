"""Where a hook may lead: never into the operator's own network."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from chatline.paging import addresses, request
from chatline.paging.addresses import Forbidden, look_up, may_be_reached


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEMO = False


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> list[str]:
    """What every name leads to; returns which were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(families[ip_address(ip).version], 1, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_reached(ip: str) -> None:
    assert may_be_reached(ip_address(ip))


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::"),  # noqa: S104  # nothing is bound
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"),
        *("169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("224.0.0.1", "255.255.255.255", "ff02::1", "240.0.0.1", "192.0.2.1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a00:1"),
        *("2002:a00:1::", "2002:7f00:1::1", "::ffff:168.63.129.16", "fe80::1%2"),
    ],
)
def test_private_and_inner_addresses_are_not_in_whatever_form(ip: str) -> None:
    assert not may_be_reached(ip_address(ip))


@pytest.mark.parametrize(
    "url",
    [
        *("http://hook.example.org/", "ftp://hook.example.org/", "//hook.example.org/", "hook", ""),
        *("https:///path", "https://user@hook.example.org/", "https://u:p@hook.example.org/"),
        *("https://hook.example.org:99999/", "https://hook.example.org:x/", "https://[::1/"),
        "http://127.0.0.1:8000/",
    ],
)
def test_only_https_without_a_name_in_front(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve_to(monkeypatch, "93.184.216.34")
    with pytest.raises(Forbidden):
        look_up(url)
    assert asked == []


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(Forbidden):
        look_up("https://hook.example.org/")


def test_an_address_written_as_one_number_is_seen_through() -> None:
    with pytest.raises(Forbidden):
        look_up("https://2130706433/")


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = resolve_to(monkeypatch, "93.184.216.34")
    connected: list[object] = []

    class Recorded(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError

    monkeypatch.setattr(socket, "socket", Recorded)
    with pytest.raises(ConnectionRefusedError):
        request.post("https://hook.example.org:8443/a?b=c", b"{}", {})
    assert (asked, connected) == (["hook.example.org"], [("93.184.216.34", 8443)])


def test_the_demo_reaches_this_machine_and_nothing_private(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True
    assert look_up("http://127.0.0.1:8000/demo?x").path == "/demo?x"
    with pytest.raises(Forbidden):
        look_up("https://10.0.0.1/")
    with pytest.raises(Forbidden):
        look_up("http://93.184.216.34/")


def test_the_check_is_made_by_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: without it the request would go to the metadata service."""
    resolve_to(monkeypatch, "169.254.169.254")
    with pytest.raises(Forbidden):
        request.post("https://hook.example.org/", b"{}", {})
    monkeypatch.setattr(addresses, "may_be_reached", lambda ip: True)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError))
    with pytest.raises(ConnectionRefusedError):
        request.post("https://hook.example.org/", b"{}", {})
