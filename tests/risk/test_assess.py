"""What the screen says of whole messages, and that it is never silent."""

import gc
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.risk
from routing.risk import Assessment, Earlier, Level, assess
from routing.risk.model import Model
from routing.risk.screen import MOST_CHARACTERS, Screen
from routing.risk.templates import PHRASES, load

NONE, CONCERN, HIGH, IMMINENT = Level
SCREEN = Screen(load(), Model.load())


def level(text: str) -> Level:
    return assess(text).level


def templates(text: str) -> set[str]:
    return {reason.template for reason in assess(text).reasons}


@pytest.mark.parametrize(
    "text",
    [
        "i have the pills here and im going to do it tonight",
        "i took all of them",
        "i took all of them lol",
        "he is hitting my mum right now",
        "there is a noose round my neck",
        "im gonna kill myself tonight, i have my dads gun",
        "tengo las pastillas aquí y lo voy a hacer esta noche",
        "mi papá está golpeando a mi mamá",
        "she's not breathing",
        "i want to die. i have the pills. tonight",
    ],
)
def test_an_act_in_progress_or_a_whole_plan_is_imminent(text: str) -> None:
    assert level(text) is IMMINENT


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "I WANNA D13",
        "quiero morirme",
        "not suicidal but i'm going to kill myself",
        "i can't stop thinking about killing myself",
        "i used to cut myself and now its happening again, i cut myself",
        "my friend wants to kill herself",
        "i wish i could just disappear and i have the pills here",
        "my boyfriend hits me",
        "my uncle touches me",
        "i don't want to live",
    ],
)
def test_a_present_danger_is_high(text: str) -> None:
    assert level(text) is HIGH


@pytest.mark.parametrize(
    "text",
    [
        "i feel so hopeless",
        "i don't want to kill myself",
        "no quiero matarme",
        "i used to want to die years ago",
        "sometimes i think it would be better if i wasn't here",
        "i want to die lol",
        "my brother killed himself in march",
        "i'm not suicidal",
    ],
)
def test_distress_denial_the_past_and_laughter_are_concern(text: str) -> None:
    assert level(text) is CONCERN


@pytest.mark.parametrize(
    "text",
    [
        "this exam is killing me lol",
        "this homework is killing me",
        "dying to see it",
        "me muero de risa",
        "my dog died",
        "i'd die for a pizza",
        "kill the zombies in this game",
        "the suicide squad film",
        "took 2 paracetamol for my headache",
        "see you tonight",
        "",
        "   \n ",
        "ok",
    ],
)
def test_everyday_talk_and_idioms_are_nothing(text: str) -> None:
    verdict = assess(text)
    assert (verdict.level, verdict.reasons, verdict.unscreened) == (NONE, (), False)


def test_an_idiom_cancels_only_what_it_overlaps() -> None:
    assert level("dying to see the film, but honestly i want to die") is HIGH


def test_the_reasons_of_a_plan_name_its_parts_and_quote_the_words() -> None:
    text = "i have the pills here and im going to do it tonight"
    quotes = {reason.template: text[reason.start : reason.end] for reason in assess(text).reasons}
    assert quotes == {
        "suicide.means_at_hand": "have the pills here",
        "suicide.intent": "going to do it",
        "suicide.soon": "tonight",
    }


def test_the_level_is_the_highest_of_the_reasons_and_the_gravest_stands_first() -> None:
    verdict = assess("i feel so hopeless. i took all of them")
    assert verdict.level is verdict.reasons[0].level is IMMINENT
    assert [reason.level for reason in verdict.reasons] == sorted(
        (r.level for r in verdict.reasons), reverse=True
    )


def test_a_reason_quotes_the_disguised_words_as_they_were_typed() -> None:
    text = "ok so… i want to k!ll mys3lf"
    (reason, *_) = [r for r in assess(text).reasons if r.template == "suicide.kill_self"]
    assert text[reason.start : reason.end].endswith("k!ll mys3lf")


def test_a_label_holds_no_words_of_the_visitor() -> None:
    assert all("zzz" not in reason.label for reason in assess("zzz i want to die zzz").reasons)


def test_a_part_without_a_sign_is_handed_out_where_the_conversation_holds_signs() -> None:
    text = "im going to do it tonight"
    found = {part.facet: text[part.start : part.end] for part in assess(text, Earlier(alert=True)).parts}
    assert (level(text) < HIGH, found) == (True, {"intent": "going to do it", "time": "tonight"})
    assert assess("tonight").parts == ()


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("i want to die", "self"),
        ("he is hitting me right now", "self"),
        ("she's not breathing", "other"),
        ("my friend wants to kill herself", "other"),
        ("my daughter is cutting herself", "child"),
        ("my uncle touches me", "child"),
    ],
)
def test_a_reason_says_whom_it_is_about(text: str, subject: str) -> None:
    assert assess(text).reasons[0].subject == subject


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the pills, and i am so sorry for everything", HIGH),
        ("i can hear his keys, we are hiding in the wardrobe", IMMINENT),
        ("on the bridge. looking straight down", IMMINENT),
        ("i can hear his keys", NONE),
        ("on the bridge", NONE),
    ],
)
def test_parts_that_say_nothing_alone_add_up(text: str, expected: Level) -> None:
    assert level(text) is expected


def test_laughter_lowers_what_parts_make_together_as_well() -> None:
    assert level("gonna off myself if they move the exam lol") is CONCERN


def test_one_reason_is_kept_for_each_template() -> None:
    names = [reason.template for reason in assess("i want to die. i want to die. i want to be dead").reasons]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("text", ["я хочу умереть", "死にたい", "أريد أن أموت"])
def test_a_text_in_another_script_is_unscreened(text: str) -> None:
    assert assess(text).unscreened


@pytest.mark.parametrize(
    "text",
    [
        "je ne veux plus vivre",
        "eu nao quero mais viver, ja nao tenho forca",
        "ich will nicht mehr leben",
        "non voglio piu vivere con lui",
        "ayoko na mabuhay, gusto ko nang mamatay",
    ],
)
def test_a_text_in_another_language_of_our_letters_is_unscreened(text: str) -> None:
    assert assess(text).unscreened


@pytest.mark.parametrize(
    "text",
    [
        "my tia says je ne sais quoi about everything",
        "da best day eva n u no it",
        "no se que hacer con mi vida",
        "c'est la vie i guess, i just want to sleep",
        "ok",
    ],
)
def test_a_few_words_of_another_language_are_read_as_ours(text: str) -> None:
    assert not assess(text).unscreened


def test_emoji_without_end_are_unscreened_and_the_first_still_count() -> None:
    verdict = assess("took all of them " + "\N{PILL}\N{HOCHO}" * 900)
    assert (verdict.unscreened, verdict.level >= HIGH) == (True, True)


def test_a_text_too_long_to_read_is_unscreened_and_its_beginning_still_counts() -> None:
    verdict = assess("i want to die. " + "a " * MOST_CHARACTERS)
    assert (verdict.unscreened, verdict.level) == (True, HIGH)


def test_broken_phrase_files_make_every_text_unscreened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    (folder / "medical.toml").write_text('category = "medical"\n[[template]]\nid = "medical.broken"\n')
    monkeypatch.setattr(routing.risk, "_screen", None)
    monkeypatch.setattr(routing.risk, "_fault", None)

    routing.risk.start(folder)

    assert assess("hello") == Assessment(NONE, (), "none", unscreened=True)
    assert "medical.broken" in (routing.risk.fault() or "")


def test_a_screen_that_raises_makes_the_text_unscreened(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Assessment:
        raise RecursionError

    monkeypatch.setattr(Screen, "assess", broken)
    assert assess("hello") == Assessment.failed(SCREEN.version)


def test_the_phrase_files_that_ship_are_sound() -> None:
    assert routing.risk.fault() is None


EXAMPLES = st.sampled_from([text for t in SCREEN.phrases.templates for text in (*t.match, *t.no_match)])


@settings(max_examples=400)
@given(st.lists(EXAMPLES | st.text(max_size=20), max_size=6).map(" ".join) | st.text(max_size=2_000))
def test_any_text_is_screened_and_every_quote_lies_inside_it(text: str) -> None:
    verdict = SCREEN.assess(text, Earlier())
    assert all(0 <= reason.start < reason.end <= len(text) for reason in verdict.reasons)
    assert verdict.level == max((reason.level for reason in verdict.reasons), default=NONE)


WORST = [
    "i want to die ",
    "kill ",
    "want to just ",
    "he is hitting me ",
    "s u i c i d e ",
    "i am on the ",
    "a ",
    "a.",
    "k*",
    "'",
    "💊",
    "e\u0301",
    "ﷺ",
    "do not ",
    "took all my ",
]


def seconds(text: str) -> float:
    """The least of several runs, in this thread's own time: what the work costs without the neighbours."""
    runs = []
    gc.disable()
    for _ in range(5):
        start = time.thread_time()
        SCREEN.assess(text, Earlier())
        runs.append(time.thread_time() - start)
    gc.enable()
    return min(runs)


@pytest.mark.parametrize("piece", WORST)
def test_eight_times_the_text_costs_far_less_than_a_square_would(piece: str) -> None:
    """A square would make it sixty-four times as much; half of that leaves room for a busy machine."""
    text = piece * (16_000 // len(piece))
    short, long = seconds(text[:2_000]), seconds(text)
    assert long < 32 * short, f"{long / short:.1f} times"
