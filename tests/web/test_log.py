"""The page of the audit log: everybody sees what they did, and whoever oversees a line what its people did there."""

import pytest
from django.test import Client

from chatline.people import logbook
from chatline.people.actions import audit
from chatline.people.models import Staff
from tests.cast import Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def seen_by(who: Staff, **asked: int) -> str:
    client = Client()
    client.force_login(who)
    answer = client.get("/log/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_volunteer_sees_what_they_did_and_nothing_of_others(cast: Cast) -> None:
    audit(cast.sam.id, "watch", "x", reason="by sam")
    audit(cast.robin.id, "watch", "x", reason="by robin")
    page = seen_by(cast.sam)
    assert ("by sam" in page, "by robin" in page) == (True, False)


@pytest.mark.parametrize("who", ["alex", "maria"])
def test_whoever_oversees_a_line_sees_what_its_people_did(cast: Cast, who: str) -> None:
    audit(cast.sam.id, "watch", "x", reason="by sam", line=str(cast.line.id))
    audit(cast.olive.id, "watch", "x", reason="by olive")
    page = seen_by(getattr(cast, who))
    assert ("by sam" in page, "Sam" in page, "by olive" in page) == (True, True, False)


def test_what_one_of_them_did_on_another_line_is_not_shown(cast: Cast) -> None:
    audit(cast.sam.id, "watch", "x", reason="elsewhere", line=str(cast.other_line.id))
    audit(cast.sam.id, "watch", "x", reason="here", line=cast.line.slug)
    page = seen_by(cast.alex)
    assert ("elsewhere" in page, "here" in page) == (False, True)


def test_earlier_entries_stand_on_the_next_page(cast: Cast) -> None:
    for number in range(logbook.PAGE + 1):
        audit(cast.sam.id, "watch", "x", reason=f"number {number} ends")
    first = seen_by(cast.sam)
    assert ("number 1 ends" in first, "number 0 ends" in first) == (True, False)
    oldest = logbook.entries(cast.sam.id)[-1].id
    assert "number 0 ends" in seen_by(cast.sam, before=oldest)


def test_what_is_no_number_is_the_first_page(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.sam)
    assert client.get("/log/?before=x").status_code == 200
