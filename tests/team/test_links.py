"""Links sign one person in, once, within a day."""

from datetime import timedelta

import pytest

from qunce.kernel import audit, clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.team import actions, selectors
from qunce.team.models import Grant, SignInLink, Staff
from tests.support import world

pytestmark = pytest.mark.django_db


def token_of(path):
    return path.strip("/").split("/")[1]


def test_first_link_makes_the_owner_of_everything():
    path = actions.issue_first_sign_in_link()
    first = world.set_up(path, name="  林  芝 ", email="Lin@Example.org")
    assert (first.name, first.email) == ("林 芝", "lin@example.org")
    assert world.actor(first).grants == {None: Role.OWNER}
    assert first.check_password(world.PASSWORD)


def test_no_first_link_once_an_owner_has_set_up():
    world.owner()
    assert actions.issue_first_sign_in_link() is None


def test_another_first_link_is_for_the_same_person_and_voids_the_one_before():
    before, after = actions.issue_first_sign_in_link(), actions.issue_first_sign_in_link()
    assert Staff.objects.count() == 1
    with pytest.raises(NotFound):
        world.set_up(before)
    world.set_up(after)


def test_a_link_works_once():
    path = actions.issue_first_sign_in_link()
    world.set_up(path)
    with pytest.raises(NotFound, match="used"):
        world.set_up(path, email="thief@example.org")
    assert not Staff.objects.filter(email="thief@example.org").exists()


def test_a_link_works_for_a_day():
    path = actions.issue_first_sign_in_link()
    with clock.at(clock.now() + timedelta(hours=24, seconds=1)), pytest.raises(NotFound):
        selectors.open_link(token_of(path))
    with clock.at(clock.now() + timedelta(hours=23, minutes=59)):
        assert selectors.open_link(token_of(path))


def test_only_the_hash_of_a_token_is_stored():
    path = actions.issue_first_sign_in_link()
    stored = SignInLink.objects.values_list("token_hash", flat=True).get()
    assert token_of(path) not in stored
    assert stored == selectors.hash_of(token_of(path))


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "x" * 5000, "../../etc"])
def test_no_other_token_opens(token):
    actions.issue_first_sign_in_link()
    with pytest.raises(NotFound):
        selectors.open_link(token)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "TAKEN@example.org"}, "email"),
        ({"name": "   "}, "name"),
        ({"password": "12345678"}, "password"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_cannot_be_used_names_its_field_and_keeps_the_link(wrong, field):
    taken = actions.invite_staff(actor=SYSTEM, email="taken@example.org", name="甲", roles={None: Role.VIEWER})
    path = actions.issue_first_sign_in_link()
    with pytest.raises(Invalid) as refused:
        world.set_up(path, **{"email": "free@example.org", **wrong})
    assert refused.value.field == field
    assert world.set_up(path, email="free@example.org").pk != taken.staff_id


def test_the_host_gets_a_link_for_the_oldest_owner_or_for_an_address():
    first = world.owner()
    viewer = world.member_of_staff(everywhere=Role.VIEWER)
    assert selectors.open_link(token_of(actions.issue_sign_in_link())).staff == first
    assert selectors.open_link(token_of(actions.issue_sign_in_link(email=viewer.email.upper()))).staff == viewer
    with pytest.raises(NotFound):
        actions.issue_sign_in_link(email="nobody@example.org")


def test_a_lost_password_is_replaced_and_the_old_one_is_gone():
    owner = world.owner()
    colleague = world.member_of_staff(everywhere=Role.OPERATOR)
    path = actions.renew_sign_in_link(actor=world.actor(owner), staff_id=colleague.pk)
    renewed = world.set_up(path, name=colleague.name, email=colleague.email, password="another long phrase")
    assert renewed.pk == colleague.pk
    assert renewed.check_password("another long phrase")
    assert not renewed.check_password(world.PASSWORD)
    assert world.actor(renewed).grants == {None: Role.OPERATOR}


def test_a_link_is_made_only_by_whoever_owns_all_that_it_opens():
    """Otherwise the owner of one community could become a colleague with a role elsewhere."""
    owner = world.owner()
    here, there = world.a_community(), world.a_community()
    local = world.member_of_staff(roles={here.pk: Role.OWNER})
    only_here = world.member_of_staff(roles={here.pk: Role.VIEWER})
    both = world.member_of_staff(roles={here.pk: Role.VIEWER, there.pk: Role.VIEWER})
    assert actions.renew_sign_in_link(actor=world.actor(local), staff_id=only_here.pk)
    with pytest.raises(NotAllowed):
        actions.renew_sign_in_link(actor=world.actor(local), staff_id=both.pk)
    with pytest.raises(NotFound):
        actions.renew_sign_in_link(actor=world.actor(local), staff_id=owner.pk)


def test_what_is_done_with_links_is_written_down():
    owner = world.owner()
    actions.issue_sign_in_link()
    said = [audit.say(entry) for entry in AuditEntry.objects.order_by("id")]
    assert said == [
        f"{owner.name} set up the sign-in by link.",
        f"A sign-in link for {owner.name} was issued on the server.",
    ]
    assert Grant.objects.count() == 1
