"""Every page and every state of it that is looked at by itself, by the name under which it is spoken of. A new page
joins `PAGES`, and is then read by axe, made narrow, and pictured; the states of the visitor's page are in `states.py`,
the pages of managers in `managed.py`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import people
from tests.browser.people import Facts, answers, new_page
from tests.browser.wire import Wire

WIDTHS = {"phone": (390, 780), "desk": (1440, 900)}


def home(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/")


def privacy(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/privacy/demo/")


def sign_in(page: Page, facts: Facts) -> None:
    page.goto(facts["pages"]["desk"])


def chat_before(page: Page, facts: Facts) -> None:
    people.chat(page, facts)


def chat_waiting(page: Page, facts: Facts) -> None:
    visitor = people.chat(page, facts)
    visitor.says("hello")
    expect(visitor.log).to_contain_text("Sent")


def plain_before(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/t/demo/")


def plain_waiting(page: Page, facts: Facts) -> None:
    plain_before(page, facts)
    page.fill("#text", "hello")
    page.get_by_role("button", name="Send").click()
    expect(page.frame_locator("iframe").get_by_text("hello")).to_be_visible()
    page.get_by_text("More", exact=True).click()


def plain_frame(page: Page, facts: Facts) -> None:
    """What the page above shows in its frame, as axe does not look into one."""
    plain_waiting(page, facts)
    page.goto(page.locator("iframe").evaluate("frame => frame.src"))


def plain_over(page: Page, facts: Facts) -> None:
    plain_waiting(page, facts)
    page.get_by_role("button", name="End this chat").click()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Erase what I said").click()


def other_site(page: Page, facts: Facts) -> None:
    people.chat_elsewhere(page, facts)


def phones(page: Page, facts: Facts) -> None:
    texter = people.phone(page, facts, 0)
    texter.sends("good evening")
    expect(texter.phone).to_contain_text("Delivered")


def desk_before(page: Page, facts: Facts) -> None:
    """Off shift, and not so well today."""
    wire = Wire(page)
    people.desk(page, facts, "robin")
    wire.off_shift()
    page.locator("#try-sound").click()
    page.get_by_role("radio", name="Low").check()
    expect(page.locator("#heard")).to_be_visible()


def empty_desk(page: Page, facts: Facts) -> None:
    desk = people.desk(page, facts, "robin")
    desk.begins()
    desk.goes_to_list()
    page.get_by_text("Sounds and notices").click()


def desk_keys(page: Page, facts: Facts) -> None:
    desk = people.desk(page, facts, "robin")
    desk.begins()
    desk.goes_to_list()
    page.get_by_role("button", name="Shortcuts").click()


def late_desk(page: Page, facts: Facts) -> None:
    """Four people: an answer is overdue, somebody came back from a silence, a break is due, a question is asked."""
    wire = Wire(page)
    people.desk(page, facts, "robin")
    held = [
        wire.holds([{"from": "visitor", "text": "hello"}], handle=handle, level=level)
        for handle, level in (("Brave Lark", "none"), ("Soft Willow", "concern"), ("Kind Otter", "imminent"))
    ]
    wire.time_passes(100)
    wire.says(held[1], "are you there")
    wire.time_passes(90)
    last = wire.holds([{"text": "I am here."}], talk_minutes=1, medium="web")
    wire.time_passes(1_900)
    wire.says(last, "it was my father")
    wire.picks(last)
    box = page.locator(".selected [data-part=text]")
    box.fill("I am with you")
    wire.picks(held[2])
    page.locator(".selected [data-part=text]").fill("Tell me more")
    page.keyboard.press("Enter")
    expect(page.locator(".selected [data-part=sure]")).to_be_visible()


def busy_desk(page: Page, facts: Facts) -> None:
    desk = people.desk(page, facts, "robin")
    desk.begins()
    if not page.locator(".pane:visible").count():
        visitor = new_page(page.context.browser)  # type: ignore[arg-type]  # every page here has a browser
        chat_waiting(visitor, facts)
        visitor.context.close()
        desk.goes_ready()
        answers(desk.takes_next(), "Hello, I am Robin.")
    expect(page.locator(".pane:visible").first).to_be_visible()


def texting_desk(page: Page, facts: Facts) -> None:
    """Every mark, notice and kind of picture that a conversation by text can show."""
    wire = Wire(page)
    people.desk(page, facts, "sam")
    kinds = ["image/png", "audio/ogg", "video/mp4", "text/vcard"]
    states = [(kind, state) for kind in kinds for state in ("kept", "waiting", "lost")]
    fates: list[dict[str, Any]] = [
        {"delivery": "undelivered", "fault": "phone_off", "resend": True},
        {"delivery": "unknown", "resend": True},
        {"delivery": "unknown"},
        {"delivery": "delivered"},
        {"delivery": "ready"},
    ]
    media = [{"id": str(n), "kind": kind, "state": state} for n, (kind, state) in enumerate(states)]
    wire.holds([{"from": "visitor", "media": media}, *fates], erase_asked=True, reachable=False)
    box = page.locator(".pane [data-part=text]")
    box.fill("“Special” characters… " * 5)
    expect(page.locator(".pane [data-part=plain]")).to_be_visible()
    expect(page.get_by_role("button", name="Send again").first).to_be_visible()


def guided_desk(page: Page, facts: Facts) -> None:
    """All that can stand beside one talk, open at once."""
    wire = Wire(page)
    people.desk(page, facts, "alex")
    said = [{"from": "visitor", "text": "It is me again."}, {"text": "I am here.", "key": "one"}]
    one = wire.holds(said, medium="web", line_slug="demo", asks_risk=True, risk_asked="")
    about = {"conversation": one, "version": 1, "name": "Alex", "at": wire.now()}
    for number, kind in enumerate(("note", "whisper", "agreed", "not_asked")):
        wire.tell({"type": "noted", "id": number, "kind": kind, "text": "Ask about the pills.", **about})
    answered = [{"question": "thoughts", "reply": "yes", "name": "Sam", "at": about["at"]}]
    last = {"text": "A walk on Sunday.", "name": "Sam", "at": about["at"]}
    plan = {"plan": {"coping": "A walk"}, "plan_sent": 2}
    wire.tell({"type": "guide", **about, "answers": answered, **plan, "last_time": last})
    page.get_by_role("button", name="Guide", exact=True).click()
    page.evaluate(
        "for (const one of document.querySelectorAll('.pane details')) { one.name = ''; one.open = true; }"
    )
    expect(page.locator(".guide [data-part=items] li")).to_have_count(19)
    page.locator(".pane [data-part=text]").press_sequentially("/")
    expect(page.locator(".replies [role=option]")).to_have_count(8)


def closing_desk(page: Page, facts: Facts) -> None:
    """Every field of the form is there."""
    wire = Wire(page)
    people.desk(page, facts, "alex")
    wire.holds(
        [{"from": "visitor"}], medium="web", line_slug="demo", asks_risk=True, risk_asked="", handle="Heron"
    )
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator("[data-part=why]").select_option("other")
    expect(page.locator("[data-part=other]")).to_be_visible()


def handing_on(page: Page, facts: Facts) -> None:
    """Somebody is offered to this desk, one of its own is offered to a colleague, and the ways to pass on are open."""
    wire = Wire(page)
    people.desk(page, facts, "sam")
    wire.hears("shift")
    robin = {
        "id": "robin",
        "name": "Robin",
        "supervises": False,
        "ready": True,
        "seats": 2,
        "held": 1,
        "away": False,
        "lines": ["demo"],
    }
    lines = [{"slug": "demo", "name": "Demo line"}, {"slug": "other", "name": "A line for other troubles"}]
    wire.keeps("shift", colleagues=[robin], open_lines=lines)
    about = {"line_slug": "demo", "offered_to": "", "help": "hand_over", "help_by": "Alex"}
    wire.holds([{"from": "visitor", "text": "hello"}], **about)
    wire.is_offered()
    page.get_by_role("button", name="Pass on").click()
    expect(page.locator("#offers li")).to_have_count(1)
    expect(page.locator(".passing")).to_be_visible()


def supervising(page: Page, facts: Facts) -> None:
    visitor = new_page(page.context.browser)  # type: ignore[arg-type]  # every page here has a browser
    people.chat(visitor, facts).says("im going to kill myself tonight")
    people.sign_in(page, facts, "alex", "supervise")
    expect(page.locator("li.flag").first).to_be_visible()
    visitor.context.close()


def overseeing(page: Page, facts: Facts) -> None:
    """Everything that can need a supervisor, and a conversation they joined, with its form for an emergency."""
    wire = Wire(page)
    supervising(page, facts)
    now = next(frame["now"] for frame in reversed(wire.heard) if "now" in frame)
    page.locator("li.flag [data-part=watch]").first.click()
    view = page.locator(".view:visible")
    expect(view).to_be_focused()
    conversation = view.get_attribute("data-conversation") or ""
    about = {"conversation": conversation, "handle": "Quiet Heron"}
    asked = {
        **about,
        "line": "Demo line",
        "level": "high",
        "note": "help",
        "asked_by": "Sam",
        "asked_at": now,
    }
    emergency = {
        **about, "id": "e", "consent": "yes", "outcome": "reached", "tried": "talked", "agency": "County",
        "call_taker": "Dana", "reference": "77", "called_at": now, "reached_at": now, "by": "Jo", "by_id": "j",
        "at": now,
    }  # fmt: skip
    block = {**about, "id": 1, "line": "", "reason": "spam", "by": "Jo", "expires_at": now, "reviewed_by": ""}
    wire.tell(
        {
            **next(frame for frame in reversed(wire.heard) if frame["type"] == "flags"),
            "alarms": ["screen_failed"],
            "helps": [{**asked, "id": "1", "kind": "abuse", "answered_by": "Jo"}],
            "emergencies": [emergency],
            "barred": [block],
        }
    )
    wire.state_becomes(
        conversation, state="active", part="joined", holder="Sam", watched_by=["Jo"], joined=["Alex"],
        version=1_000, medium="sms", reachable=False,
    )  # fmt: skip
    note = {"type": "noted", "conversation": conversation, "version": 1, "name": "Alex", "at": now}
    wire.tell({**note, "id": 1, "kind": "whisper", "text": "ask about tonight"})
    plan = dict.fromkeys(["signs", "coping", "places", "people", "lines", "safer"], "a word")
    answers = [{"question": "thoughts", "reply": "yes", "name": "Sam", "at": now}]
    guide = {"conversation": conversation, "version": 1, "answers": answers, "plan": plan, "plan_sent": None}
    wire.tell({"type": "guide", **guide})
    view.locator("summary").click()
    view.get_by_role("button", name="Emergency action").click()
    page.locator("#lines").get_by_role("button", name="Pause").click()
    expect(view.locator("[data-part=text]")).to_be_visible()
    expect(page.locator("form.bar")).to_be_visible()


def overseen_desk(page: Page, facts: Facts) -> None:
    """A volunteer's, beside whom supervisors read along."""
    wire = Wire(page)
    people.desk(page, facts, "sam")
    here = {"watched_by": ["Alex"], "joined": ["Jo"], "given_by": "Alex", "taken_at": None}
    wire.holds([{"from": "visitor"}, {"from": "supervisor", "name": "Jo"}], **here)
    expect(page.get_by_text("Alex (supervisor) is reading along.")).to_be_visible()


def desk_unanswered(page: Page, facts: Facts) -> None:
    """Nobody has answered a flag, beside somebody whose words the screen could not read."""
    wire = Wire(page)
    people.desk(page, facts, "sam")
    wire.holds([{"from": "visitor", "text": "..."}], unscreened=True, level="high", open_flags=1)
    since = (datetime.fromisoformat(wire.now()) - timedelta(minutes=4)).isoformat()
    wire.hears("queue")
    wire.keeps("queue", unanswered=1, unanswered_since=since)
    expect(page.get_by_text("Nobody has answered a high-risk flag for 4 min.")).to_be_visible()


def climbing(page: Page, facts: Facts) -> None:
    """Flags that nobody takes, of which one is practice, and a call that another system did not take."""
    wire = Wire(page)
    supervising(page, facts)
    now = wire.now()
    frame = next(frame for frame in reversed(wire.heard) if frame["type"] == "flags")
    states = ("called", "arrived", "failed", "unsure", "calling")
    channels = ("screen", "email", "text", "voice", "hook")
    calls = [
        {"name": "Alex", "channel": channel, "state": state, "step": n + 1}
        for n, (channel, state) in enumerate(zip(channels, states, strict=True))
    ]
    about = {"step": 6, "steps": 4, "unanswered": True, "calls": calls}
    plain = {**frame["flags"][0], "state": "open", "acknowledged_by": ""}
    flags = [{**plain, **about, "id": "a"}, {**plain, **about, "id": "b", "step": 2, "drill": True}]
    dead = {
        "page": "p",
        "name": "Pager",
        "line": "Demo line",
        "level": "high",
        "made_at": now,
        "error": "timeout",
    }
    since = (datetime.fromisoformat(now) - timedelta(minutes=4)).isoformat()
    wire.keeps("queue", unanswered=2, unanswered_since=since)
    wire.keeps("flags", flags=flags, dead=[dead])
    expect(page.get_by_text("Nobody has answered 2 high-risk flags, the first for 4 min.")).to_be_visible()
    page.locator(".climb summary").first.click()
    expect(page.locator(".climb li").first).to_be_visible()


def false_flags(page: Page, facts: Facts) -> None:
    """With one that is opened."""
    supervising(page, facts)
    flag = page.locator("li.flag").first
    name = flag.get_attribute("data-flag")
    flag.get_by_role("button", name="I've got this").click()
    flag = page.locator(f"[data-flag='{name}']")
    flag.get_by_label("How did it end?").select_option("false_flag")
    flag.get_by_label("Why, in a few words").fill("A line of a song.")
    flag.get_by_role("button", name="Resolve").click()
    expect(flag).to_have_count(0)
    page.get_by_role("link", name="No risk after all").click()
    page.locator("summary").first.click()
    expect(page.get_by_text("A line of a song.").first).to_be_visible()


def websites(page: Page, facts: Facts) -> None:
    people.sign_in(page, facts, "maria", "sites")


def website(page: Page, facts: Facts) -> None:
    """With a test to take and findings to read."""
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_role("button", name="Give me a test").click()
    page.get_by_label("HTML of your page").fill("<p>nothing</p>")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".findings li")).to_have_count(1)


def revoking(page: Page, facts: Facts) -> None:
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_role("link", name="Revoke this website").click()


def reports(page: Page, facts: Facts) -> None:
    """Of a line with a past: the supervisor's, who sees every table."""
    people.sign_in(page, facts, "alex", "reports")
    expect(page.locator(".report")).to_have_count(8)


def what_was_done(page: Page, facts: Facts) -> None:
    people.sign_in(page, facts, "alex", "supervise")
    page.goto(facts["url"] + "/log/")
    expect(page.get_by_role("heading", name="What was done")).to_be_visible()


def break_the_glass(page: Page, facts: Facts) -> None:
    """Somebody wrote, and a supervisor looks for them."""
    visitor = people.chat(new_page(page.context.browser, *WIDTHS["desk"]), facts)  # type: ignore[arg-type]  # there is one
    visitor.says("hello")
    expect(visitor.log).to_contain_text("Sent")
    people.sign_in(page, facts, "alex", "supervise")
    found = page.locator(".found a").first
    for letter in "eaiou":  # one of them is in every handle, whichever this is
        page.goto(f"{facts['url']}/supervise/grants/?handle={letter}")
        if found.count():
            break
    expect(found).to_be_visible()
    visitor.page.context.close()


def asking_to_break_it(page: Page, facts: Facts) -> None:
    break_the_glass(page, facts)
    page.locator(".found a").first.click()
    expect(page.get_by_role("button", name="Ask")).to_be_visible()


def reports_refused(page: Page, facts: Facts) -> None:
    reports(page, facts)
    page.goto(facts["pages"]["reports"] + "?since=2026-01-01&until=2026-01-02")
    expect(page.locator(".wrong")).to_be_visible()


def walls(page: Page, facts: Facts) -> None:
    people.sign_in(page, facts, "alex", "walls")


def wall_made(page: Page, facts: Facts) -> None:
    walls(page, facts)
    page.get_by_label("Name").fill("Office")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_label("Address of the wall")).to_be_visible()


def wall(page: Page, facts: Facts) -> None:
    wall_made(page, facts)
    page.get_by_role("link", name="Open it here").click()
    expect(page.locator("#updated")).to_be_visible()
    page.wait_for_load_state()


def wall_stale(page: Page, facts: Facts) -> None:
    page.route("**/wall/*/now/", lambda route: route.abort())
    page.clock.install()
    wall(page, facts)
    page.clock.run_for(6_000)
    expect(page.locator("#stale")).to_be_visible()


def not_offered(page: Page, facts: Facts) -> None:
    page.goto(facts["url"] + "/embed/nobody/")


def embed_test(page: Page, facts: Facts) -> None:
    websites(page, facts)
    page.get_by_role("link", name="The other website").click()
    page.get_by_label("Address of your page").fill(facts["pages"]["site"])
    page.get_by_role("button", name="Give me a test").click()
    page.goto(page.get_by_role("link", name="Open my page with the test").get_attribute("href") or "")
    expect(page.frame_locator("iframe").get_by_role("button", name="Try to leave")).to_be_visible()


PAGES: dict[str, Callable[[Page, Facts], None]] = {
    "home": home,
    "privacy": privacy,
    "sign in": sign_in,
    "chat, before": chat_before,
    "chat, waiting": chat_waiting,
    "plain, before": plain_before,
    "plain, waiting": plain_waiting,
    "plain, its frame": plain_frame,
    "plain, over": plain_over,
    "another website": other_site,
    "phones": phones,
    "desk, before": desk_before,
    "desk, empty": empty_desk,
    "desk, keys": desk_keys,
    "desk, late": late_desk,
    "desk, busy": busy_desk,
    "desk, texting": texting_desk,
    "desk, guide": guided_desk,
    "desk, closing": closing_desk,
    "desk, handing on": handing_on,
    "supervise": supervising,
    "supervise, everything": overseeing,
    "desk, overseen": overseen_desk,
    "desk, unanswered": desk_unanswered,
    "supervise, climbing": climbing,
    "supervise, false flags": false_flags,
    "websites": websites,
    "a website": website,
    "revoking": revoking,
    "reports": reports,
    "what was done": what_was_done,
    "break the glass": break_the_glass,
    "break the glass, asking": asking_to_break_it,
    "reports, refused": reports_refused,
    "walls": walls,
    "a new wall": wall_made,
    "a wall": wall,
    "a wall, not updated": wall_stale,
    "chat, not offered": not_offered,
    "test of a page": embed_test,
}
