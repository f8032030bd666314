"""The chat without JavaScript, by its forms: started, answered, refused, left, ended and erased."""

import gzip
import html
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from chatline.conversations import leaving, presence, tokens
from chatline.conversations.models import Conversation, Message, Visitor
from chatline.lines.actions import pause
from chatline.lines.models import Hours
from routing import queue
from tests.cast import RISKY, Cast
from tests.routing.times import opened
from tests.web.test_pages import policy

pytestmark = pytest.mark.django_db

WHERE = "/t/demo/"


class Phone:
    """A browser without scripts: the page it shows, and what it sends of its form."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.show(client.get(WHERE))

    def show(self, answered: Any) -> None:
        self.answered = answered
        self.page = html.unescape(answered.text)
        self.form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page))

    def sends(self, **fields: str) -> str:
        """Sends the form of the page that is shown; returns what came back."""
        self.show(self.client.post(WHERE, {**self.form, **fields}))
        return self.page

    def says(self, text: str) -> str:
        return self.sends(do="say", text=text)

    def presses(self, button: str) -> str:
        return self.sends(do=button)

    def weight(self, where: str) -> int:
        """Bytes on the way, as browsers ask for them."""
        return len(self.client.get(where, headers={"Accept-Encoding": "gzip"}).content)

    @property
    def box(self) -> str:
        found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", self.page, re.DOTALL)
        assert found
        return found[1]

    @property
    def address(self) -> str:
        """Where the frame looks."""
        found = re.search(r'<iframe src="([^"]+)"', self.page)
        assert found
        return found[1]

    def looks(self) -> str:
        """What the frame shows."""
        return html.unescape(self.client.get(self.address).text)


@pytest.fixture
def phone(client: Client, cast: Cast) -> Phone:
    return Phone(client)


def said() -> list[str]:
    return [opened(one) for one in Message.objects.order_by("id")]


# --- talking ------------------------------------------------------------------------------------------------


def test_somebody_writes_and_reads_what_they_wrote(phone: Phone) -> None:
    assert "Sent. We have your words." in phone.says("hello, is anybody there?")
    assert phone.box == ""
    shown = phone.looks()
    assert "hello, is anybody there?" in shown
    assert "We are finding a volunteer for you." in shown
    assert said() == ["hello, is anybody there?"]


def test_a_volunteer_takes_them_and_answers(phone: Phone, cast: Cast) -> None:
    phone.says("hello")
    cast.ready(cast.sam)
    cast.answers(queue.take(cast.sam.id), "I am here.")
    shown = phone.looks()
    assert "Sam is here with you." in shown
    assert shown.index("I am here.") < shown.index("hello")
    phone.says("thank you")
    assert said() == ["hello", "I am here.", "thank you"]


def test_line_breaks_are_one_character_each(phone: Phone) -> None:
    phone.says("one\r\ntwo\r\n" + "x" * 1_992)
    assert said() == ["one\ntwo\n" + "x" * 1_992]


def test_words_are_shown_as_words(phone: Phone) -> None:
    phone.says("<script>alert(1)</script> & 'so'")
    raw = phone.client.get(phone.address).text
    assert "<script" not in raw
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#x27;so&#x27;" in raw


def test_a_form_that_is_sent_twice_is_stored_once(phone: Phone) -> None:
    first = dict(phone.form)
    phone.says("hello")
    phone.show(phone.client.post(WHERE, {**first, "do": "say", "text": "hello"}))
    assert said() == ["hello"]
    assert Visitor.objects.count() == 1
    assert "Sent. We have your words." in phone.page


def test_each_page_has_a_key_of_its_own(phone: Phone) -> None:
    keys = [phone.form["key"]]
    for text in ("yes", "yes", "yes"):
        phone.says(text)
        keys.append(phone.form["key"])
    assert len(set(keys)) == 4
    assert said() == ["yes", "yes", "yes"]


def test_a_chat_by_socket_and_here_are_the_same(phone: Phone, cast: Cast) -> None:
    phone.says("from the old phone")
    cast.tokens["a visitor"] = phone.form["token"]
    cast.visits("from the other page")
    assert "from the other page" in phone.looks()
    assert Conversation.objects.count() == 1


def test_what_is_said_here_is_screened_as_anywhere(phone: Phone) -> None:
    phone.says(RISKY)
    assert Conversation.objects.get().open_flags == 1


def test_after_the_volunteer_closed_it_the_next_words_start_anew(phone: Phone, cast: Cast) -> None:
    phone.says("hello")
    cast.ready(cast.sam)
    row = queue.take(cast.sam.id)
    queue.close(cast.sam.id, row.id, "done")
    assert "Sam is ending this chat." in phone.looks()
    Conversation.objects.update(state="closed", closed_at=timezone.now(), close_reason="done")
    assert "Sam ended this chat." in phone.looks()
    phone.says("one more thing")
    assert Conversation.objects.latest("opened_at").previous_id == row.id


def test_whoever_reads_here_is_there(phone: Phone) -> None:
    phone.says("hello")
    later = timezone.now() + timedelta(minutes=5)
    with time_machine.travel(later):
        away = Conversation.objects.select_related("visitor__presence").get
        assert presence.is_away(away(), later)
        phone.client.get(phone.address)
        assert not presence.is_away(away(), later)


# --- refused ------------------------------------------------------------------------------------------------


def test_a_text_that_is_too_long_comes_back_in_the_box(phone: Phone) -> None:
    shown = phone.says("x" * 2_003)
    assert "It is 3 letters too long." in shown
    assert phone.box == "x" * 2_003
    assert said() == []


def test_an_empty_box_sends_nothing(phone: Phone) -> None:
    phone.says("  \r\n ")
    assert said() == []


def test_what_is_typed_stays_in_the_box_whatever_is_pressed(phone: Phone) -> None:
    phone.says("hello")
    for button in ("look", "flat", "frame", "another", "erase", "end", "nonsense"):
        phone.sends(do=button, text="not yet <b> sent\r\nsecond line")
        assert phone.box == "not yet <b> sent\nsecond line", button
    phone.sends(language="es", text="hasta luego")
    assert phone.box == "hasta luego"


def test_somebody_at_a_line_break_loses_nothing(phone: Phone) -> None:
    phone.sends(do="look", text="\r\nbegins below")
    assert phone.box == "\nbegins below"


def test_a_page_of_yesterday_keeps_the_words_and_sends_them_on_the_next_press(phone: Phone) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert "Press Send to start a new one." in phone.says("good morning")
        assert (phone.box, said()) == ("good morning", [])
        phone.says(phone.box)
    assert said() == ["good morning"]


def test_a_body_over_64_kib_is_refused_in_plain_words(phone: Phone) -> None:
    assert "This was too long to send." in phone.says("x" * 70_000)
    assert phone.answered.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:8001"},
    ],
)
def test_a_form_of_another_website_is_refused(phone: Phone, headers: dict[str, str]) -> None:
    fields = {**phone.form, "do": "say", "text": "hello"}
    assert phone.client.post(WHERE, fields, headers=headers).status_code == 403
    assert said() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_our_own_page_is_taken(phone: Phone, headers: dict[str, str]) -> None:
    phone.client.post(WHERE, {**phone.form, "do": "say", "text": "hello"}, headers=headers)
    assert said() == ["hello"]


@pytest.mark.parametrize("token", ["", "made-up", "x" * 4_000, "a:b:c"])
def test_a_token_that_is_not_ours_finds_nothing_and_loses_nothing(phone: Phone, token: str) -> None:
    phone.form["token"] = token
    phone.says("hello")
    assert (said(), phone.box) == ([], "hello")
    phone.says(phone.box)
    assert said() == ["hello"]


def test_a_token_of_another_line_finds_nothing(phone: Phone, cast: Cast) -> None:
    phone.says("hello")
    answered = phone.client.post("/t/other/", {**phone.form, "do": "look"})
    assert "<iframe" not in answered.text
    assert "Your last chat is gone." in answered.text


def test_there_is_no_page_for_a_line_that_is_not_there(client: Client, cast: Cast) -> None:
    assert client.get("/t/nobody/").status_code == 404
    assert client.get("/t/nobody/log/").status_code == 404


# --- the frame ----------------------------------------------------------------------------------------------


def test_the_frame_comes_back_to_the_same_address_until_its_ticket_is_old(phone: Phone) -> None:
    phone.says("hello")
    first = phone.client.get(phone.address)
    assert first["Refresh"] == "15"
    with time_machine.travel(timezone.now() + timedelta(minutes=9)):
        renewed = phone.client.get(phone.address)
    assert renewed.status_code == 302
    assert renewed["Location"] != phone.address
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert "hello" in phone.client.get(renewed["Location"], follow=True).text


def test_a_ticket_is_dead_after_a_quarter_of_an_hour(phone: Phone) -> None:
    phone.says("hello")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answered = phone.client.get(phone.address)
    assert "hello" not in answered.text
    assert "Nothing is shown here any more." in answered.text
    assert "Refresh" not in answered


@pytest.mark.parametrize("left", ["leave", "end", "erase-yes"])
def test_a_ticket_is_dead_as_soon_as_somebody_left(phone: Phone, left: str) -> None:
    phone.says("my secret")
    address = phone.address
    phone.presses(left)
    answered = phone.client.get(address)
    assert "my secret" not in answered.text
    assert "Refresh" not in answered


def test_a_ticket_can_only_look(phone: Phone) -> None:
    phone.says("hello")
    ticket = phone.address.partition("ticket=")[2].partition("&")[0]
    assert phone.client.post(phone.address, {"do": "erase-yes"}).status_code == 405
    phone.form["token"] = ticket
    phone.presses("erase-yes")
    assert said() == ["hello"]
    assert not Conversation.objects.exclude(erased_at=None).exists()


@pytest.mark.parametrize("ticket", ["x", "a:b:c", tokens.new_token()])
def test_a_ticket_that_is_not_ours_shows_nothing(client: Client, cast: Cast, ticket: str) -> None:
    assert "Nothing is shown here any more." in client.get("/t/demo/log/", {"ticket": ticket}).text


def test_a_ticket_of_another_line_shows_nothing(phone: Phone) -> None:
    phone.says("hello")
    assert "hello" not in phone.client.get(phone.address.replace("demo", "other")).text


def test_a_page_without_frames_shows_what_was_said_itself(phone: Phone, cast: Cast) -> None:
    phone.says("hello")
    cast.ready(cast.sam)
    cast.answers(queue.take(cast.sam.id), "I am here.")
    shown = phone.presses("flat")
    assert "<iframe" not in shown
    assert shown.index("I am here.") < shown.index("hello")
    assert "Sam is here with you." in shown
    assert "still flat" in phone.says("still flat").split("</form>")[0]
    assert "<iframe" in phone.presses("frame")


# --- leaving ------------------------------------------------------------------------------------------------


def test_leaving_is_blank_at_once_and_ends_it(phone: Phone) -> None:
    phone.says("my secret")
    shown = phone.presses("leave")
    assert phone.answered["Refresh"] == "0; url=https://www.wikipedia.org/"
    assert "my secret" not in shown
    assert "Demo line" not in shown
    row = Conversation.objects.get()
    assert (row.left_fast, row.state) == (True, "closed")


@pytest.mark.parametrize("fields", [{"token": ""}, {"token": "made-up"}, {"token": tokens.new_token()}])
def test_somebody_leaves_whatever_their_form_holds(phone: Phone, fields: dict[str, str]) -> None:
    phone.sends(do="leave", **fields)
    assert phone.answered["Refresh"].startswith("0; url=")


def test_whoever_goes_back_after_leaving_and_sends_it_anew_sees_a_new_page(phone: Phone) -> None:
    fresh = phone.page
    first = {**phone.form, "do": "say", "text": "my secret"}
    phone.show(phone.client.post(WHERE, first))
    looked = {**phone.form, "do": "look", "text": "half a sentence"}
    phone.presses("leave")
    for form in (first, looked):
        shown = html.unescape(phone.client.post(WHERE, form).text)
        assert without_secrets(shown) == without_secrets(fresh)


def without_secrets(page: str) -> str:
    return re.sub(r'(name="(token|key)" value)="[^"]*"', r"\1", page)


def test_ending_it_says_so_and_the_next_words_start_another(phone: Phone) -> None:
    phone.says("hello")
    old = phone.form["token"]
    shown = phone.presses("end")
    assert "You ended this chat." in shown
    assert "<iframe" not in shown
    assert phone.form["token"] != old
    phone.says("hello again")
    assert Visitor.objects.count() == 2
    assert "hello again" in phone.looks()


def test_words_in_a_page_whose_chat_was_ended_elsewhere_are_not_lost(phone: Phone) -> None:
    phone.says("hello")
    leaving.end(Visitor.objects.get().id)
    assert "Press Send to start a new one." in phone.says("are you there?")
    assert (said(), phone.box) == (["hello"], "are you there?")
    phone.says(phone.box)
    assert said()[1:] == ["are you there?"]


def test_whoever_goes_back_after_ending_it_does_not_see_what_they_said(phone: Phone) -> None:
    first = {**phone.form, "do": "say", "text": "my secret"}
    phone.show(phone.client.post(WHERE, first))
    phone.presses("end")
    assert "my secret" not in phone.client.post(WHERE, first).text


# --- erasing ------------------------------------------------------------------------------------------------


def test_erasing_is_asked_about_first_and_then_done(phone: Phone) -> None:
    phone.says("my secret")
    assert "Erase it all? Nobody can bring it back." in phone.presses("erase")
    assert not Conversation.objects.exclude(erased_at=None).exists()
    assert "Done. We erased what you said." in phone.presses("erase-yes")
    row = Conversation.objects.get()
    assert row.erased_at
    assert f"Receipt: {str(row.id)[:4]}\u00a0{str(row.id)[4:8]}".upper() in phone.page.upper()
    assert 'value="erase"' not in phone.page


def test_erasing_beside_an_open_flag_waits_and_says_so(phone: Phone) -> None:
    phone.says(RISKY)
    assert "It is gone in a day at the latest." in phone.presses("erase-yes")
    assert Conversation.objects.get().erase_asked_at


def test_what_was_ended_can_still_be_erased(phone: Phone) -> None:
    phone.says("my secret")
    phone.presses("end")
    phone.presses("erase")
    assert "Done. We erased what you said." in phone.presses("erase-yes")
    assert Conversation.objects.get().erased_at


# --- somebody else, and how they feel -------------------------------------------------------------------------


def test_somebody_else_can_be_asked_for_once_somebody_is_there(phone: Phone, cast: Cast) -> None:
    assert 'value="another"' not in phone.says("hello")
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    assert 'value="another"' in phone.presses("look")
    phone.presses("another")
    row = Conversation.objects.get()
    assert (row.state, row.avoids_id) == ("waiting", cast.sam.id)
    assert "We look for someone else for you." in phone.presses("another")


def test_how_they_feel_is_asked_before_and_after_and_needs_no_answer(phone: Phone) -> None:
    assert 'name="before"' in phone.says("hello")
    phone.sends(before="6")
    assert 'name="before"' not in phone.page
    phone.presses("end")
    phone.sends(after="3")
    assert "Thank you." in phone.page
    assert 'name="after"' not in phone.page
    row = Conversation.objects.get()
    assert (row.feeling_before, row.feeling_after) == (6, 3)


@pytest.mark.parametrize("value", ["0", "8", "x", "-1", "٣٣٣", "1" * 5_000, ""])
def test_what_is_not_on_the_scale_is_not_kept(phone: Phone, value: str) -> None:
    phone.says("hello")
    assert "That did not work." in phone.sends(before=value)
    assert Conversation.objects.get().feeling_before is None


def test_a_line_that_does_not_ask_how_they_feel_does_not(phone: Phone, cast: Cast) -> None:
    cast.line.asks_feeling = False
    cast.line.save()
    assert 'name="before"' not in phone.says("hello")


# --- whether anybody answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2026, 11, 24, 7, 0, tzinfo=UTC), "We open again at 9 a.m. (UTC time)."),
        (datetime(2026, 11, 24, 22, 30, tzinfo=UTC), "We open again tomorrow at 9 a.m. (UTC time)."),
        (datetime(2026, 11, 27, 22, 30, tzinfo=UTC), "We open again on Monday at 9 a.m. (UTC time)."),
    ],
)
def test_a_closed_line_says_when_it_opens_and_takes_their_words(
    client: Client, cast: Cast, now: datetime, words: str
) -> None:
    cast.line.alternatives = "Call or text 988."
    cast.line.save()
    for weekday in range(5):
        Hours.objects.create(line=cast.line, weekday=weekday, opens=time(9), closes=time(22))
    with time_machine.travel(now, tick=False):
        phone = Phone(client)
        for shown in (phone.page, (phone.says("hello"), phone.looks())[1]):
            assert "Nobody is here right now." in shown
            assert words in shown
            assert "Call or text 988." in shown
            assert '<a href="tel:911">' in shown
    assert said() == ["hello"]


def test_a_closed_line_is_told_in_the_words_of_each_language(client: Client, cast: Cast) -> None:
    Hours.objects.create(line=cast.line, weekday=0, opens=time(9), closes=time(22))
    with time_machine.travel(datetime(2026, 11, 24, 7, 0, tzinfo=UTC), tick=False):
        assert (
            "Abrimos otra vez el lunes a las 09:00 (hora de UTC)."
            in client.get(WHERE, {"language": "es"}).text
        )


def test_a_paused_line_says_so(client: Client, cast: Cast) -> None:
    pause(cast.line.id)
    assert "We had to take a break." in Phone(client).page


def test_a_line_that_is_paused_in_a_supervisors_words_says_those(client: Client, cast: Cast) -> None:
    pause(cast.line.id, "We are back at nine.")
    assert "We are back at nine." in Phone(client).page


def test_a_full_line_says_so(client: Client, cast: Cast) -> None:
    cast.visits("hello")
    cast.line.most_waiting = 1
    cast.line.save()
    assert "Many people wait right now." in Phone(client).page


def test_a_wait_is_told_in_minutes_where_it_is_known(phone: Phone, cast: Cast) -> None:
    now = timezone.now()
    for minutes in (3, 4, 5, 6):
        row = cast.talks()
        Conversation.objects.filter(id=row.id).update(
            opened_at=now - timedelta(minutes=minutes), first_taken_at=now, state="closed", closed_at=now
        )
    phone.says("hello")
    assert "A volunteer will be with you in about 4 to 7 minutes." in phone.looks()


def test_other_help_is_told_by_itself_after_a_long_wait(phone: Phone, cast: Cast) -> None:
    cast.line.alternatives = "Call or text 988."
    cast.line.save()
    phone.says("hello")
    assert "Call or text 988." not in phone.looks()
    Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=6))
    assert "Call or text 988." in phone.looks()


def test_somebody_blocked_is_told_that_nobody_answers_and_who_else_helps(phone: Phone) -> None:
    phone.says("hello")
    Conversation.objects.update(blocked=True)
    assert "Nobody will answer here" in phone.looks()
    assert '<a href="tel:911">' in phone.looks()


# --- what it leaves, and weighs -------------------------------------------------------------------------------


def test_there_is_no_script_no_cookie_and_nothing_to_keep(phone: Phone) -> None:
    phone.says("hello")
    for answered in (phone.answered, phone.client.get(phone.address)):
        told = policy(answered)
        assert (told["default-src"], told["script-src"]) == ("'none'", "'none'")
        assert "no-store" in answered["Cache-Control"]
        assert answered["Referrer-Policy"] == "no-referrer"
        assert not answered.cookies
        assert "<script" not in answered.text
    assert policy(phone.answered)["frame-src"] == "'self'"
    assert policy(phone.answered)["frame-ancestors"] == "'none'"
    assert policy(phone.client.get(phone.address))["frame-ancestors"] == "'self'"


def test_a_line_names_its_tab_and_its_button(client: Client, cast: Cast) -> None:
    cast.line.tab_title, cast.line.leave_label = "Notes", "Quick exit"
    cast.line.save()
    page = Phone(client).page
    assert "<title>Notes</title>" in page
    assert ">Quick exit</button>" in page


def test_everything_to_a_usable_chat_is_six_kilobytes(phone: Phone) -> None:
    sizes = {
        "page": phone.weight(WHERE),
        "style": len(gzip.compress(phone.client.get("/static/plain.css").getvalue())),
    }
    phone.says("hello " * 20)
    sizes |= {
        "page in a chat": len(gzip.compress(phone.answered.content)),
        "frame": phone.weight(phone.address),
    }
    print(f"gzipped: {sizes}")
    assert sizes["page"] + sizes["style"] <= 6_000
    assert sizes["page in a chat"] + sizes["style"] + sizes["frame"] <= 6_000
