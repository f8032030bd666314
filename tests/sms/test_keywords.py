"""What whole texts mean to a carrier; and what never does, because it is said by somebody who needs an answer."""

import pytest

from chatline.sms.keywords import read
from routing.carrier_words import Keyword


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("STOP", Keyword.STOP),
        ("stop", Keyword.STOP),
        (" Stop. ", Keyword.STOP),
        ("“STOP!”", Keyword.STOP),
        ("\u200bstop\ufeff", Keyword.STOP),
        ("\uff33\uff34\uff2f\uff30", Keyword.STOP),
        ("StopAll", Keyword.STOP),
        ("stop  all", Keyword.STOP),
        ("END", Keyword.STOP),
        ("Cancel", Keyword.STOP),
        ("unsubscribe", Keyword.STOP),
        ("QUIT", Keyword.STOP),
        ("revoke", Keyword.STOP),
        ("OPTOUT", Keyword.STOP),
        ("opt out", Keyword.STOP),
        ("Opt-Out", Keyword.STOP),
        ("Arrêt", Keyword.STOP),
        ("ARRET", Keyword.STOP),
        ("alto", Keyword.STOP),
        ("¡PARAR!", Keyword.STOP),
        ("START", Keyword.START),
        ("unstop", Keyword.START),
        ("Yes.", Keyword.START),
        ("HELP", Keyword.HELP),
        ("info?", Keyword.HELP),
        ("DELETE", Keyword.DELETE),
        ("Delete my texts.", Keyword.DELETE),
        ("borrar", Keyword.DELETE),
        ("SUPPRIMER", Keyword.DELETE),
        ("¿Ayuda?", Keyword.HELP),
        ("aide", Keyword.HELP),
    ],
)
def test_a_whole_message_is_a_keyword(text: str, keyword: Keyword) -> None:
    found = read(text, ["en", "es", "fr"])
    assert found
    assert found[0] == keyword


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("STOP", None),
        ("help", None),
        ("DELETE", None),
        ("AYUDA", "es"),
        ("Información", "es"),
        ("borrar", "es"),
        ("arrêt", "fr"),
        ("désabonner", "fr"),
        ("à l\u2019aide !", "fr"),
    ],
)
def test_a_keyword_says_which_language_it_is_of_if_it_is_of_one(text: str, language: str | None) -> None:
    found = read(text, ["en", "es", "fr"])
    assert found
    assert found[1] == language


@pytest.mark.parametrize("text", ["alto", "baja", "ayuda", "borrar", "sí", "annuler", "oui"])
def test_a_word_of_a_language_that_the_line_does_not_speak_is_a_word(text: str) -> None:
    assert read(text, ["en"]) is None


@pytest.mark.parametrize(("text", "keyword"), [("ARRET", Keyword.STOP), ("Aide", Keyword.HELP)])
def test_canadian_keywords_are_known_to_every_line(text: str, keyword: Keyword) -> None:
    assert read(text, ["en"]) == (keyword, "fr")


def test_a_country_in_the_code_of_a_language_makes_no_difference() -> None:
    assert read("alto", ["en-US", "es-MX"]) == (Keyword.STOP, "es")


@pytest.mark.parametrize(
    "text",
    [
        "please stop hurting me",
        "make it stop",
        "stop it",
        "no",
        "No.",
        "end it all",
        "i want it to end",
        "the end",
        "help me",
        "can you help?",
        "i quit my job",
        "yes please",
        "yes i have the pills here",
        "para",
        "basta",
        "ya no mas",
        "quiero parar",
        "quiero terminar",
        "terminar",
        "fin",
        "delete me",
        "erase me",
        "erase",
        "forget me",
        "remove me",
        "bórrame",
        "eliminarme",
        "olvidame",
        "oubliez moi",
        "j'arrete",
        "aide moi",
        "stop 😭",
        "s t o p",
        "",
        " ",
        "...",
        "STOP " * 400,
    ],
)
def test_anything_more_than_the_word_is_never_a_keyword(text: str) -> None:
    assert read(text, ["en", "es", "fr"]) is None
