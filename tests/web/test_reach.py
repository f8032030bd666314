"""How staff say how they are reached: on a page of their own, which shows it to nobody else."""

import pytest
from django.test import Client

from routing import reaching
from routing.reaching import Reach
from tests.cast import A_NUMBER, Cast

pytestmark = pytest.mark.django_db

PAGE = "/desk/reach/"


@pytest.mark.parametrize("who", ["sam", "alex", "maria"])
def test_everybody_of_the_staff_sets_their_own(who: str, client: Client, cast: Cast) -> None:
    client.force_login(getattr(cast, who))
    written = f"{A_NUMBER[:2]} ({A_NUMBER[2:5]}) {A_NUMBER[5:8]}-{A_NUMBER[8:]}"
    page = client.post(PAGE, {"phone": written, "email": "me@example.org"}, follow=True).content.decode()
    assert "Saved." in page
    assert A_NUMBER in page
    assert reaching.reach_of(getattr(cast, who).id) == Reach(A_NUMBER, "me@example.org")


def test_it_shows_nobody_elses(client: Client, cast: Cast) -> None:
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(A_NUMBER))
    client.force_login(cast.maria)
    assert A_NUMBER not in client.get(PAGE).content.decode()


def test_what_is_emptied_is_forgotten(client: Client, cast: Cast) -> None:
    reaching.set_contact(cast.sam.id, cast.sam.id, Reach(A_NUMBER, "sam@example.org"))
    client.force_login(cast.sam)
    client.post(PAGE, {"phone": "", "email": ""})
    assert reaching.reach_of(cast.sam.id) == Reach()


@pytest.mark.parametrize(("field", "value"), [("phone", "call me"), ("email", "at home")])
def test_what_is_none_is_told_at_its_field(field: str, value: str, client: Client, cast: Cast) -> None:
    client.force_login(cast.sam)
    response = client.post(PAGE, {"phone": "", "email": "", field: value})
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in response.content.decode()


def test_others_sign_in_first(client: Client, cast: Cast) -> None:
    assert client.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"
