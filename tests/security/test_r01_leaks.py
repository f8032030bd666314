"""R-01 and R-02: a line as it runs, with everything going on that goes on; then every place that anybody could search.

Two web processes behind nginx, a worker, PostgreSQL and Redis. A visitor in a browser with a known address, a texter
and a supervisor with known numbers; a volunteer on the other process; a flag, a page to whoever is on call, errors in a
page, a webhook and a frame, a database that is away; then somebody has it erased, and somebody texts DELETE.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from chatline.conversations import handles
from chatline.demo.data import PEOPLE
from tests.cast import A_NUMBER
from tests.chromium import ARGUMENTS
from tests.clients import Desk
from tests.doors import Wire, open_wire
from tests.flows import nginx, search
from tests.flows.processes import Line, requests_fail, running, text_without_database

ADDRESS, AGENT = "203.0.113.77", "Marmalade/7.3"
"""Where the visitor comes from, and with what."""

ALEX = next(one for one in PEOPLE if one.username == "alex")

SAID = {
    "the visitor": "there is a walrus in my garden and i am afraid",
    "Sam": "a walrus must be frightening, tell me more",
    "the texter": "my umbrella left me last thursday",
    "Sam, by text": "i am sorry about the umbrella",
    "what fails at first": "PLEASE FAIL, says the trombone",
    "what always fails": "marmot",
    "at risk": "i have the pills here and im going to do it tonight, the teapot knows",
    "while the database is away": "is anybody there, asks the accordion",
    "the supervisor": "the teapot is with them now",
    "the note": "they sound like a bassoon",
}
SECRETS = [
    "walrus",
    "umbrella",
    "trombone",
    "marmot",
    "teapot",
    "accordion",
    "bassoon",
    A_NUMBER.removeprefix("+1"),
    ALEX.phone.removeprefix("+1"),
    ADDRESS,
    AGENT.split("/")[0],
]
assert not {one.title() for one in SECRETS} & set(handles.SECOND)  # a handle is no secret

WATCHED = ["plain-bus", "pages-at-once", "fails-when-asked"]
BROKEN = ["words-in-clear", "words-on-the-bus", "unredacted", "logs-what-is-said"]

SECONDS = 15


@asynccontextmanager
async def browsing() -> AsyncIterator[Page]:
    """The visitor's browser. It speaks of nothing that is on this machine but the line."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = await browser.new_context(user_agent=AGENT, locale="en-GB", reduced_motion="reduce")
        context.set_default_timeout(SECONDS * 1_000)
        yield await context.new_page()
        await browser.close()


async def says(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.click("#send")


async def web_walk(page: Page, sam: Desk) -> str:
    await says(page, SAID["the visitor"])
    await sam.sees(lambda: sam.waiting, SECONDS)
    one = await sam.take()
    await sam.say(one, SAID["Sam"])
    await expect(page.locator("#log")).to_contain_text(SAID["Sam"], timeout=SECONDS * 1_000)
    await sam.send("typing", conversation=one, on=True)
    await expect(page.locator("#typing")).to_contain_text("Sam", timeout=SECONDS * 1_000)
    await says(page, SAID["what fails at first"])
    await sam.sees(lambda: SAID["what fails at first"] in sam.shown.texts(one), SECONDS)
    await sam.send("flag", conversation=one, note=SAID["the note"])
    await sam.sees(lambda: sam.shown.states[one]["open_flags"] == 1)
    return one


async def text_walk(line: Line, sam: Desk) -> None:
    assert await asyncio.to_thread(line.text, A_NUMBER, SAID["the texter"]) == 200
    await sam.sees(lambda: sam.waiting)
    one = await sam.take()
    assert sam.shown.texts(one)[0] == SAID["the texter"]
    seq = (await sam.say(one, SAID["Sam, by text"]))["seq"]
    await sam.sees_mark(one, seq, "delivered", seconds=SECONDS)
    shown = await asyncio.to_thread(line.on_the_phone, A_NUMBER)
    assert SAID["Sam, by text"] in shown
    assert any("STOP" in text for text in shown), "the welcome"


async def risk_walk(line: Line, page: Page, alex: Desk) -> None:
    await says(page, SAID["at risk"])

    def flags() -> list[dict[str, Any]]:
        return [one for one in alex.shown.latest["flags"]["flags"] if one["state"] != "resolved"]

    await alex.sees(lambda: any(one["level"] == "imminent" for one in flags()), SECONDS)
    quotes = [reason["quote"] for one in flags() for reason in one["reasons"]]
    assert any(quote and quote in SAID["at risk"] for quote in quotes)
    await until(lambda: line.on_the_phone(ALEX.phone))
    for one in flags():
        await alex.send("resolve", flag=one["id"], outcome="watched", reason=SAID["the supervisor"])
    await alex.sees(lambda: not flags(), SECONDS)


async def leaving_walk(wire: Wire, sam: Desk) -> None:
    """Sam, in another browser and at the other process, ends what he left open."""
    await asyncio.to_thread(wire.end_other_sessions, "sam", "sam-answers-here")
    assert await sam.ends() == 4401


async def walk(line: Line, page: Page) -> None:
    """Everything that people do: the supervisor on one process, the volunteer on the other, the visitor on either."""
    await page.goto(f"{line.url}/chat/demo/")
    async with (
        open_wire(line.first.url, public_url=line.url) as one,
        open_wire(line.second.url, public_url=line.url) as other,
    ):
        sam = await other.desk("sam", "sam-answers-here")
        alex = await one.desk("alex", "alex-supervises-here")
        await sam.ready()
        await web_walk(page, sam)
        await text_walk(line, sam)
        await risk_walk(line, page, alex)
        await leaving_walk(one, sam)
    words = SAID["what always fails"]
    assert await asyncio.to_thread(requests_fail, line, AGENT, words, A_NUMBER) == [500, 500]


async def forgetting_walk(line: Line, page: Page) -> None:
    """Whoever is over with it: one ends and has it erased, one texts DELETE; and then the web processes are gone."""
    await page.locator("summary").filter(has_text="More").first.click()
    await page.click("#erase")
    await page.get_by_role("button", name="Yes, erase it").click()
    await expect(page.locator("#receipt")).to_contain_text("was erased", timeout=SECONDS * 1_000)
    assert await asyncio.to_thread(line.text, A_NUMBER, "DELETE") == 200
    await until(lambda: any("erased" in text.lower() for text in line.on_the_phone(A_NUMBER)))
    for process in (line.first, line.second):
        process.terminate()
    assert await asyncio.to_thread(requests_fail, line, AGENT, SAID["what always fails"], A_NUMBER) == [
        502,
        502,
    ]


async def until(seen: Callable[[], object]) -> None:
    """Asks outside of this loop until it is so."""
    deadline = time.monotonic() + SECONDS
    while not await asyncio.to_thread(seen):
        assert time.monotonic() < deadline, "never seen"
        await asyncio.sleep(0.05)


async def searched(folder: Path, *changes: str, logs: str = nginx.QUIET) -> tuple[dict[str, bytes], set[str]]:
    """All places, as they were while people talked and once they were gone, and what was found in which."""
    with running(folder / "line", ADDRESS, [*WATCHED, *changes], logs) as line:
        async with browsing() as page:
            await walk(line, page)
            spooled = await asyncio.to_thread(
                text_without_database, line, A_NUMBER, SAID["while the database is away"]
            )
            during = line.places()
            await forgetting_walk(line, page)
        after = line.places()
    places = {**spooled, **during, **{f"{place}, afterwards": content for place, content in after.items()}}
    return places, search.found(places, SECRETS)


@pytest.mark.requirement("R-01")
@pytest.mark.requirement("R-02")
async def test_nothing_of_anybody_is_anywhere_but_on_the_screens_of_those_who_talked(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    places, leaks = await searched(tmp_path)
    assert len(places["redis traffic"]) > 5_000, "nothing was heard on the bus, so nothing was searched"
    size = sum(map(len, places.values()))
    figure = f"{len(SECRETS)} secrets, {len(leaks)} hits in {size:,} bytes of {len(places)} places"
    record_property("figure", figure)
    print(figure)
    assert not leaks


@pytest.mark.breaks("R-01")
@pytest.mark.breaks("R-02")
async def test_whatever_is_left_in_clear_is_caught_wherever_it_lies(tmp_path: Path) -> None:
    """Sealing does nothing, hints take along what was said, nobody minds what is logged, and nginx logs as it comes."""
    _, leaks = await searched(tmp_path, *BROKEN, logs=nginx.TALKATIVE)
    number = A_NUMBER.removeprefix("+1")
    expected = {
        "'walrus' in table conversations_message",
        f"{number!r} in table conversations_visitor",
        "'bassoon' in table routing_flag",
        "'walrus' in pg_dump",
        "'walrus' in redis traffic",
        "'marmot' in folder/serve-1.log",
        f"{ADDRESS!r} in nginx/access.log",
        "'marmalade' in nginx/access.log",
        f"{ADDRESS!r} in nginx/error.log, afterwards",
    }
    print(f"with the breaks: {len(leaks)} findings")
    assert not {one for one in expected if one.lower() not in {leak.lower() for leak in leaks}}
