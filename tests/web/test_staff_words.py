"""Whatever can become of a text, and every alarm that can be raised, stands on the staff's pages in plain words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from chatline.conversations.states import (
    Contact,
    DeliveryState,
    Fault,
    NoteKind,
    RiskAsked,
    RiskQuestion,
    RiskReply,
)
from chatline.conversations.wrapping_up import TOPICS
from tests.cast import Cast

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent


def words(client: Client, path: str) -> dict[str, str]:
    return dict(re.findall(r'<i data-word="([^"]+)">([^<]+)</i>', client.get(path).content.decode()))


@pytest.fixture
def on_the_desk(client: Client, cast: Cast) -> dict[str, str]:
    client.force_login(cast.sam)
    return words(client, "/desk/")


def test_every_state_of_a_text_has_words(on_the_desk: dict[str, str]) -> None:
    assert {f"mark.{state}" for state in DeliveryState} <= on_the_desk.keys()


def test_every_reason_why_a_text_did_not_arrive_is_a_sentence(on_the_desk: dict[str, str]) -> None:
    sentences = [on_the_desk[f"fault.{fault}"] for fault in Fault]
    assert [one for one in sentences if not re.fullmatch(r"Not (delivered|sent): .+\.", one)] == []


def test_every_kind_of_note_and_every_gate_has_words(on_the_desk: dict[str, str]) -> None:
    kinds = {f"noted.{kind}" for kind in NoteKind}
    assert kinds | {f"risk.{asked}" for asked in RiskAsked} <= on_the_desk.keys()


def test_every_contact_topic_question_and_answer_can_be_chosen(client: Client, cast: Cast) -> None:
    client.force_login(cast.sam)
    page = client.get("/desk/").content.decode()
    values = set(re.findall(r'type="(?:radio|checkbox)" value="([^"]+)"', page))
    assert values == {*Contact, *TOPICS, *RiskReply}
    assert re.findall(r'<fieldset name="(\w+)"', page) == list(RiskQuestion)


def test_every_alarm_has_words(client: Client, cast: Cast) -> None:
    client.force_login(cast.alex)
    trees = [
        ast.parse(file.read_text())
        for name in ("chatline", "routing")
        for file in (ROOT / name).rglob("*.py")
    ]
    codes = raised(trees)
    assert {"screen_failed", "provider_unreachable"} <= codes
    assert {f"alarm.{code}" for code in codes} - words(client, "/supervise/").keys() == set()


def raised(trees: list[ast.Module]) -> set[str]:
    """The codes given to `raise_alarm`, in the call itself or as a constant of whatever module."""
    said = [
        node.args[0]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name(node.func) == "raise_alarm" and node.args
    ]
    known = [constant for tree in trees for constant in constants(tree)]
    asked = {name(one) for one in said}
    return {str(one.value) for one in said if isinstance(one, ast.Constant)} | {
        value for constant, value in known if constant in asked
    }


def constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name at the top of a module that stands for a string."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for one, value in pairs:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield name(one), value.value


def name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
