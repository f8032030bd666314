"""What an answer says after what was asked: the examples beside each question, and answers of every kind."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import routing.risk
from routing.risk import Assessment, Earlier, Level, assess, may_answer
from routing.risk.answers import SHORT, Answers, Question
from routing.risk.templates import PHRASES, load

NONE, CONCERN, HIGH, IMMINENT = Level
ANSWERS = Answers(PHRASES, load().normalise)
ASKED = [(question, text) for question in ANSWERS.questions for text in question.asks]
NOT_ASKED = [(question, text) for question in ANSWERS.questions for text in question.asks_not]

THOUGHTS = "I'm glad you wrote. Are you having thoughts of suicide?"


def level(question: str, answer: str) -> Level:
    return assess(answer, Earlier(question)).level


def parts(question: str, answer: str) -> set[str]:
    return {part.facet for part in assess(answer, Earlier(question)).parts}


@pytest.mark.parametrize(("question", "text"), ASKED, ids=lambda value: getattr(value, "kind", value))
def test_an_example_is_a_question_of_its_kind(question: Question, text: str) -> None:
    assert ANSWERS.kinds_of(text + "?") == [question.kind]


@pytest.mark.parametrize(("question", "text"), NOT_ASKED, ids=lambda value: getattr(value, "kind", value))
def test_an_example_of_other_questions_is_not(question: Question, text: str) -> None:
    assert question.kind not in ANSWERS.kinds_of(text + "?")


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (THOUGHTS, "yes", HIGH),
        (THOUGHTS, "Yeah :(", HIGH),
        (THOUGHTS, "kind of", HIGH),
        (THOUGHTS, "kinda", HIGH),
        (THOUGHTS, "i guess", HIGH),
        (THOUGHTS, "sometimes at night", HIGH),
        (THOUGHTS, "i am", HIGH),
        (THOUGHTS, "no", NONE),
        (THOUGHTS, "no not at all", NONE),
        (THOUGHTS, "no but sometimes", HIGH),
        (THOUGHTS, "does it matter", CONCERN),
        (THOUGHTS, "idk", CONCERN),
        (THOUGHTS, "no idea", CONCERN),
        (THOUGHTS, "no one listens", NONE),
        (THOUGHTS, "i am ok thanks", NONE),
        (THOUGHTS, "yes " + "and it gets worse with every day that i have to go there " * 3, HIGH),
        ("¿Has pensado en el suicidio?", "sí", HIGH),
        ("¿Has pensado en el suicidio?", "a veces", HIGH),
        ("¿Has pensado en el suicidio?", "no sé", CONCERN),
        ("¿Has pensado en el suicidio?", "para nada", NONE),
        ("Do you hurt yourself?", "yes", HIGH),
        ("Are you safe right now?", "no", HIGH),
        ("Are you safe right now?", "not really", HIGH),
        ("Are you safe right now?", "i guess", CONCERN),
        ("Are you safe right now?", "yes", NONE),
        ("Have you taken anything?", "yes", IMMINENT),
        ("Have you taken anything?", "a few", HIGH),
        ("Have you taken any pills tonight?", "not yet", HIGH),
        ("Have you taken anything?", "no", NONE),
        ("Have you ever tried to end your life?", "yes", CONCERN),
        ("Do you have a plan?", "the garage", CONCERN),
        ("When would you do it?", "tomorrow", CONCERN),
        ("¿Cuándo lo vas a hacer?", "mañana", CONCERN),
        ("Is there anything there you could use?", "dad's belt", HIGH),
        ("Is he hurting you?", "yes", HIGH),
        ("Can you put them in another room?", "no", CONCERN),
    ],
)
def test_an_answer_says_what_was_asked(question: str, answer: str, expected: Level) -> None:
    assert level(question, answer) is expected


@pytest.mark.parametrize(
    "question",
    [
        "What is your name?",
        "Do you like music?",
        "Do you have a plan for tonight?",
        "Would you like to talk about it?",
        "I am glad that you do not want to die.",
        "When did it start?",
        "¿Quieres hablar?",
    ],
)
def test_yes_and_no_to_anything_else_say_nothing(question: str) -> None:
    assert [level(question, answer) for answer in ("yes", "no", "idk", "the garage")] == [NONE] * 4


def test_an_answer_without_a_question_says_nothing() -> None:
    assert assess("yes").level is NONE


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Are you safe? Do you want to talk?", "no", CONCERN),
        ("Are you safe? Do you want to talk?", "yes", NONE),
        ("Do you want to talk? Are you safe?", "no", HIGH),
        ("Are you safe, or have you taken something?", "yes", CONCERN),
        ("Are you thinking of suicide? Do you have a plan?", "yes", HIGH),
        ("Some people in your place think of ending their life. Do you?", "yes", HIGH),
        ("Are you thinking of suicide?\nI'm here for you.", "yes", HIGH),
    ],
)
def test_of_several_questions_nobody_knows_more_than_the_answer_says(
    question: str, answer: str, expected: Level
) -> None:
    assert level(question, answer) is expected


def test_a_yes_says_which_part_of_a_plan_it_is() -> None:
    assert parts(THOUGHTS, "yes") == {"ideation"}
    assert parts("Do you have a plan?", "yes") == {"intent", "means"}
    assert parts("Do you have a plan?", "the garage") == {"means"}
    assert parts("When would you do it?", "on friday") == {"time"}
    assert parts("Do you have a plan?", "no") == set()


def test_the_reason_quotes_the_answer_and_names_what_was_asked() -> None:
    text = "  yes\n"
    (reason,) = assess(text, Earlier(THOUGHTS)).reasons
    assert (reason.template, reason.label) == (
        "answer.thoughts",
        "answers yes, asked about thoughts of suicide",
    )
    assert text[reason.start : reason.end] == "yes"


def test_a_no_leaves_what_the_words_say() -> None:
    assert level(THOUGHTS, "no. i took all of them") is IMMINENT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the garage", True),
        ("x" * SHORT, True),
        ("x" * (SHORT + 1), False),
        ("Yes, " + "x" * SHORT, True),
        ("i went to school today and it was as it is every day there", True),
        ("i went to school today and it was as it is every day there, loud and long", False),
    ],
)
def test_only_what_is_short_or_begins_as_answers_do_may_be_one(text: str, *, expected: bool) -> None:
    assert may_answer(text) is expected


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_question_and_answer_is_read_and_never_lowers_a_verdict(question: str, text: str) -> None:
    verdict = Assessment(CONCERN, (), "1")
    read = ANSWERS.read(verdict, question, text)
    assert read.level >= verdict.level
    assert all(0 <= reason.start < reason.end <= len(text) for reason in read.reasons)


def test_a_broken_file_of_questions_makes_every_text_unscreened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    (folder / "answers.toml").write_text("[[question]]\nkind = 1\n")
    monkeypatch.setattr(routing.risk, "_screen", None)
    monkeypatch.setattr(routing.risk, "_fault", None)

    routing.risk.start(folder)

    assert assess("hello").unscreened
    assert routing.risk.fault()
