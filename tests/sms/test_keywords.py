"""What whole texts mean to a carrier; and what never does, because it is said by somebody who needs an answer."""

import pytest

from chatline.sms.keywords import read
from routing.intake import Keyword


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
        ("¿Ayuda?", Keyword.HELP),
        ("aide", Keyword.HELP),
    ],
)
def test_a_whole_message_is_a_keyword(text: str, keyword: Keyword) -> None:
    assert read(text) == keyword


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
        "stop 😭",
        "s t o p",
        "",
        " ",
        "...",
        "STOP " * 400,
    ],
)
def test_anything_more_than_the_word_is_never_a_keyword(text: str) -> None:
    assert read(text) is None
