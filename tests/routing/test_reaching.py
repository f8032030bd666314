"""How staff are reached, and who is on call."""

import pytest

from chatline.conversations import keys
from chatline.errors import BadInput, NotFound
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Role
from routing import roster
from routing.models import Contact
from routing.reaching import Reach, on_call, reach_of, set_contact, set_on_call
from tests.cast import Cast
from tests.routing.calls import ALEX, MARIA

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_somebody_gives_how_they_are_reached(cast: Cast) -> None:
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    assert (reach_of(cast.alex.id), reach_of(cast.maria.id)) == (ALEX, Reach())


def test_it_is_changed_and_forgotten_again(cast: Cast) -> None:
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    set_contact(cast.alex.id, cast.alex.id, Reach(email=MARIA.email))
    assert reach_of(cast.alex.id) == Reach(email=MARIA.email)
    set_contact(cast.alex.id, cast.alex.id, Reach())
    assert list(Contact.objects.values_list("phone_sealed", "email_sealed")) == [(None, None)]


def test_a_manager_of_a_line_of_theirs_may_and_nobody_else(cast: Cast) -> None:
    set_contact(cast.maria.id, cast.alex.id, ALEX)
    stranger = add_staff("otto", "Otto", cast.other_line.id, Role.MANAGER)
    for one in (cast.sam, cast.olive, stranger):
        with pytest.raises(NotFound):
            set_contact(one.id, cast.alex.id, MARIA)
    assert reach_of(cast.alex.id) == ALEX


def test_rows_and_the_audit_log_do_not_tell_it(cast: Cast) -> None:
    set_contact(cast.maria.id, cast.alex.id, ALEX)
    row = Contact.objects.get()
    assert row.phone_sealed
    assert row.email_sealed
    assert ALEX.phone.encode() not in bytes(row.phone_sealed)
    assert ALEX.email.encode() not in bytes(row.email_sealed)
    entry = AuditEntry.objects.get(verb="set_contact")
    assert (entry.actor, entry.subject, entry.detail) == (cast.maria.id, str(cast.alex.id), {})


def test_what_was_sealed_for_one_opens_for_nobody_else(cast: Cast) -> None:
    """The number of one in the row of another is no number."""
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    set_contact(cast.maria.id, cast.maria.id, MARIA)
    swapped = Contact.objects.get(staff=cast.maria).phone_sealed
    Contact.objects.filter(staff=cast.alex).update(phone_sealed=swapped)
    assert reach_of(cast.alex.id) == Reach(email=ALEX.email)


def test_without_its_key_it_is_gone_and_can_be_given_anew(cast: Cast) -> None:
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    keys.destroy([cast.alex.id])
    keys.forget_opened()
    assert reach_of(cast.alex.id) == Reach()
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    assert reach_of(cast.alex.id) == ALEX


@pytest.mark.parametrize(
    ("reach", "code"),
    [
        (Reach(phone="2025550111"), "not_a_number"),
        (Reach(phone="+1202555011x"), "not_a_number"),
        (Reach(phone="+12025550111\n"), "not_a_number"),
        (Reach(email="alex"), "not_an_email"),
        (Reach(email="alex@example.org, maria@example.org"), "not_an_email"),
        (Reach(email="alex@example.org\nBcc: all@example.org"), "not_an_email"),
    ],
)
def test_what_is_no_number_or_address_is_refused(cast: Cast, reach: Reach, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        set_contact(cast.alex.id, cast.alex.id, reach)
    assert not Contact.objects.exists()


# --- on call ------------------------------------------------------------------------------------------------


def test_a_manager_says_who_is_on_call_in_which_order(cast: Cast) -> None:
    set_on_call(cast.maria.id, cast.line.id, [cast.maria.id, cast.alex.id])
    assert on_call(cast.line.id) == [cast.maria, cast.alex]
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    assert (on_call(cast.line.id), on_call(cast.other_line.id)) == ([cast.alex], [])


def test_somebody_with_two_roles_stands_there_once(cast: Cast) -> None:
    roster.give_role(cast.maria.id, cast.line.id, "alex", Role.MANAGER)
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    assert on_call(cast.line.id) == [cast.alex]


def test_nobody_but_a_manager_may(cast: Cast) -> None:
    for one in (cast.alex, cast.sam, cast.olive):
        with pytest.raises(NotFound):
            set_on_call(one.id, cast.line.id, [cast.alex.id])


def test_whoever_could_not_acknowledge_a_flag_here_is_refused_and_the_list_stays(cast: Cast) -> None:
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    for one in (cast.sam, cast.olive):
        with pytest.raises(BadInput, match="not_a_member"):
            set_on_call(cast.maria.id, cast.line.id, [cast.maria.id, one.id])
    with pytest.raises(BadInput, match="twice"):
        set_on_call(cast.maria.id, cast.line.id, [cast.alex.id, cast.alex.id])
    assert on_call(cast.line.id) == [cast.alex]


def test_whoever_left_or_was_deactivated_is_not_on_it_and_is_again_when_they_come_back(cast: Cast) -> None:
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    roster.deactivate(cast.maria.id, cast.line.id, cast.alex.id)
    assert on_call(cast.line.id) == []
    roster.activate(cast.maria.id, cast.line.id, cast.alex.id)
    assert on_call(cast.line.id) == [cast.alex]
