"""An hour's story, compressed: at every checkpoint each screen shows what a fresh load of the same page shows."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from consumers import wire
from tests import servers
from tests.browser import people, test_wall
from tests.browser.people import Facts, answers, closes
from tests.browser.story import EARLIER, Hour, watches

pytestmark = pytest.mark.browser

RISKY = "i have the pills here and im going to do it tonight"
JO = {"name": "Jo", "username": "jo", "password": "jo-answers-here", "role": "volunteer"}

LONG_GONE = (
    "from datetime import timedelta; from django.utils import timezone; from routing.models import Desk;"
    "long_ago = timezone.now() - timedelta(hours=1);"
    "Desk.objects.filter(staff__username='jo').update(last_seen_at=long_ago, gone_at=long_ago + timedelta(minutes=1))"
)
"""What an hour without Jo's page would have written down."""


def note_beside(pane: Locator) -> None:
    """What they answered, a note, and a plan that is sent to them."""
    pane.get_by_role("button", name="Guide", exact=True).click()
    first = opens(pane, "risk").locator("fieldset").first
    first.get_by_label("Yes").check()
    expect(first.locator("[data-recorded]")).to_contain_text("Recorded by Sam")
    notes = opens(pane, "notes")
    notes.get_by_label("Private note").fill("their sister lives next door")
    notes.get_by_role("button", name="Keep the note").click()
    expect(notes).to_contain_text("their sister lives next door")
    plan = opens(pane, "plan")
    plan.get_by_label("People they can ask for help").fill("my sister")
    plan.get_by_role("button", name="Preview").click()
    plan.get_by_role("button", name="Send to them").click()
    expect(plan).to_contain_text("Kept. They have it since")
    pane.get_by_role("button", name="Close guide").click()


def opens(pane: Locator, section: str) -> Locator:
    found = pane.locator(f".guide [data-section={section}]")
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def shell(demo: servers.Process, code: str) -> None:
    servers.run("shell", "-c", code, environment={**demo.environment, "CHATLINE_DEMO": "1"})


@pytest.fixture(scope="module")
def hour(browser: Browser, demo: servers.Process, demo_json: Facts) -> Hour:
    shell(
        demo,
        "from chatline.lines.models import Line; from chatline.people.actions import add_staff;"
        f"add_staff('jo', 'Jo', Line.objects.get(slug='demo').id, 'volunteer', password={JO['password']!r})",
    )
    return Hour(browser, {**demo_json, "staff": [*demo_json["staff"], JO]})


def test_every_screen_equals_a_fresh_load_at_every_checkpoint(hour: Hour, demo: servers.Process) -> None:
    wrong: list[str] = []
    alex = hour.supervisor("alex")
    wall = people.new_page(hour.browser)
    hour.wall(test_wall.make(wall, hour.facts))
    wall.context.close()
    sam, robin, jo = hour.desk("sam", 3), hour.desk("robin", 2), hour.desk("jo", 1)
    wrong += hour.check([])

    # People come.
    ann, ben, cleo, dan = [hour.visitor() for _ in range(4)]
    ann.says("i lost my job and i do not sleep")
    expect(ann.log).to_contain_text("Sent")
    cleo.says("my father died in spring")
    expect(cleo.log).to_contain_text("Sent")
    ben.says("the boys at school again")
    expect(ben.log).to_contain_text("Sent")
    for texter, words in zip(hour.texters(), ["is anybody there", "good evening"], strict=True):
        texter.sends(words)
        expect(texter.phone).to_contain_text("Delivered")
    expect(sam.page.locator("#queue li")).to_have_count(5)
    wrong += hour.check([ann, ben, cleo])

    # They are taken and answered.
    for_ann = sam.takes("i lost my job")
    answers(for_ann, "Hi, I am Sam. That sounds heavy.")
    for_cleo = robin.takes_next()
    answers(for_cleo, "I am Robin, and I am here.")
    for_ben = jo.takes("the boys at school")
    answers(for_ben, "I am Jo. What did they do?")
    expect(ben.log).to_contain_text("What did they do?")
    jo.page.locator("#take").click()
    expect(jo.page.locator("#alert")).to_contain_text("Your seats are full.")
    dan.says(RISKY)
    flag = alex.locator("li.flag").filter(has_text="going to do it")
    expect(flag).to_be_visible()
    wrong += hour.check([ann, ben, cleo, dan])

    # Somebody is in danger: Sam has them, Alex is beside him.
    for_dan = sam.takes("i have the pills here")
    answers(for_dan, "I am glad you wrote. Are the pills beside you?")
    flag.get_by_role("button", name="I've got this").click()
    view = watches(alex, flag)
    expect(for_dan).to_contain_text("Alex (supervisor) is reading along.")
    view.get_by_label("To Sam only").fill("ask whether somebody is with them")
    view.get_by_role("button", name="Whisper to Sam").click()
    expect(for_dan).to_contain_text("ask whether somebody is with them")
    view.get_by_role("button", name="Join", exact=True).click()
    view.get_by_role("button", name="Join now").click()
    view.locator("[data-part=text]").fill("We are both here for you.")
    view.get_by_role("button", name="Send to").click()
    expect(dan.log).to_contain_text("We are both here for you.")
    note_beside(for_dan)
    dan.page.locator("#text").press_sequentially("she is co")
    wrong += hour.check([ann, ben, cleo])

    # Ann goes from Sam to Robin, who accepts; Jo asks for advice, and is gone.
    for_ann.get_by_role("button", name="Pass on").click()
    for_ann.get_by_role("button", name="Robin").click()
    offer = robin.page.locator("#offers li")
    expect(offer).to_be_visible()
    wrong += hour.check([])
    offer.get_by_role("button", name="Accept").click()
    expect(sam.pane_with("i lost my job")).to_have_count(0)
    expect(ann.status).to_contain_text("Robin is here with you.")
    for_ben.locator("[data-part=help]").click()
    for_ben.locator("[data-part=asking]").get_by_role("button", name="Ask a supervisor").click()
    asked = alex.locator("#helps li").filter(has_text="Jo")
    asked.get_by_role("button", name="I'm coming").click()
    expect(for_ben).to_contain_text("Alex")
    ben.says("they took my phone")
    expect(for_ben).to_contain_text("they took my phone")
    hour.goes_dark("jo")
    shell(demo, LONG_GONE)
    expect(ben.status).to_contain_text("A volunteer will be with you", timeout=30_000)
    wrong += hour.check([ann, ben, cleo])

    # Alex gives Ben to Sam; the flag ends; Ann's talk is closed, after one change of mind.
    card = alex.locator("#waiting li").first
    card.get_by_role("combobox").select_option(label="Sam")
    card.get_by_role("button", name="Give").click()
    for_ben = sam.pane_with("the boys at school")
    expect(for_ben).to_contain_text("Alex gave them to you.")
    flag.locator("[data-part=outcome]").select_option("joined")
    flag.get_by_role("button", name="Resolve").click()
    expect(flag).to_have_count(0)
    for_ann = robin.pane_with("i lost my job")
    closes(for_ann)
    for_ann.get_by_role("button", name="Undo").click()
    expect(for_ann.get_by_role("button", name="Undo")).to_be_hidden()
    closes(for_ann)
    expect(for_ann).to_have_count(0, timeout=15_000)
    robin.page.locator("#take").click()
    wrong += hour.check([ann, ben, cleo])

    print(
        f"{hour.checked} screens compared with a fresh load at 7 checkpoints: {len(wrong)} differ; "
        f"three volunteers, a supervisor, a wall, six people"
    )
    assert wrong == []


def test_every_frame_of_the_desk_was_seen_in_it(hour: Hour) -> None:
    """The one list: a new frame is part of the story, or of `EARLIER`."""
    told, sent = hour.frames()
    to_desk, from_desk = types("to_desk"), types("from_desk")
    assert ((to_desk - told) | (from_desk - sent)) - EARLIER.keys() == set()
    assert EARLIER.keys() <= to_desk | from_desk


def types(direction: str) -> set[str]:
    return set(wire.schema()[direction]["discriminator"]["mapping"])
