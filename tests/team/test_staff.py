"""Who may give which role to whom, and that somebody always runs the installation."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.kernel import audit
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, QunceError
from qunce.kernel.models import AuditEntry
from qunce.team import actions, selectors
from qunce.team.models import SignInLink, Staff
from qunce.team.types import Standing, Theme
from tests.support import world

pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.org", "name": "新人"}


def grants(staff):
    return dict(world.actor(Staff.objects.get(pk=staff.pk)).grants)


# ------------------------------------------------------------------ inviting
def test_an_invitation_gives_the_roles_and_one_link():
    owner, home = world.owner(), world.a_community()
    made = actions.invite_staff(actor=world.actor(owner), roles={home.pk: Role.OPERATOR, None: Role.VIEWER}, **NEW)
    invited = Staff.objects.get(pk=made.staff_id)
    assert grants(invited) == {home.pk: Role.OPERATOR, None: Role.VIEWER}
    assert selectors.standing(invited) is Standing.INVITED
    assert world.set_up(made.path, name="新人", email=invited.email).pk == invited.pk
    assert selectors.standing(Staff.objects.get(pk=invited.pk)) is Standing.ACTIVE


def test_whoever_is_in_the_team_already_gets_the_role_and_no_link():
    """Another link would let the inviter in as that person."""
    home = world.a_community()
    local = world.member_of_staff(roles={home.pk: Role.OWNER})
    known = world.member_of_staff(everywhere=Role.VIEWER)
    made = actions.invite_staff(
        actor=world.actor(local), email=known.email.upper(), name="x", roles={home.pk: Role.LEAD}
    )
    assert (made.staff_id, made.path) == (known.pk, "")
    assert grants(known) == {None: Role.VIEWER, home.pk: Role.LEAD}
    assert not SignInLink.objects.filter(staff=known, used_at=None).exists()


@pytest.mark.parametrize("role", [Role.LEAD, Role.OPERATOR, Role.SERVICE, Role.VIEWER])
def test_only_owners_invite(role):
    home = world.a_community()
    someone = world.actor(world.member_of_staff(roles={home.pk: role}))
    with pytest.raises(NotAllowed):
        actions.invite_staff(actor=someone, roles={home.pk: Role.VIEWER}, **NEW)
    assert not Staff.objects.filter(email=NEW["email"]).exists()


def test_the_owner_of_a_community_gives_roles_there_only():
    home, elsewhere = world.a_community(), world.a_community()
    local = world.actor(world.member_of_staff(roles={home.pk: Role.OWNER}))
    for where, error in ((elsewhere.pk, NotFound), (None, NotAllowed), (10**9, NotFound)):
        with pytest.raises(error):
            actions.invite_staff(actor=local, roles={home.pk: Role.VIEWER, where: Role.VIEWER}, **NEW)
    assert not Staff.objects.filter(email=NEW["email"]).exists()


def test_an_invitation_needs_a_role_a_name_and_an_address():
    for wrong in ({"roles": {}}, {"name": " "}, {"email": "x"}):
        with pytest.raises(Invalid):
            actions.invite_staff(actor=SYSTEM, **{**NEW, "roles": {None: Role.VIEWER}, **wrong})


def test_an_invitation_is_mailed_where_mail_and_address_are_configured(settings, mailoutbox):
    settings.BASE_URL = "https://qunce.example.org"
    made = actions.invite_staff(actor=SYSTEM, roles={None: Role.VIEWER}, language="en", **NEW)
    assert made.mailed
    assert f"https://qunce.example.org{made.path}" in mailoutbox[0].body
    assert mailoutbox[0].to == [NEW["email"]]


def test_an_invitation_stands_though_the_mail_does_not_leave(settings):
    settings.BASE_URL = "https://qunce.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    made = actions.invite_staff(actor=SYSTEM, roles={None: Role.VIEWER}, **NEW)
    assert made.path
    assert not made.mailed


# ------------------------------------------------------------------ roles
def test_roles_are_given_changed_and_taken():
    owner, home = world.actor(world.owner()), world.a_community()
    colleague = world.member_of_staff(everywhere=Role.VIEWER)
    actions.change_roles(actor=owner, staff_id=colleague.pk, roles={home.pk: Role.SERVICE})
    actions.change_roles(actor=owner, staff_id=colleague.pk, roles={home.pk: Role.LEAD, None: None})
    assert grants(colleague) == {home.pk: Role.LEAD}
    said = [audit.say(entry) for entry in AuditEntry.objects.filter(action="staff.role_changed").order_by("id")]
    assert said[-3:] == [
        f"林芝 made 陈默 a service agent of {home.name}.",
        f"林芝 made 陈默 a lead of {home.name}.",
        "林芝 took the role in all communities away from 陈默.",
    ]


def test_a_role_of_one_community_reaches_no_further():
    home, elsewhere = world.a_community(), world.a_community()
    actor = world.actor(world.member_of_staff(roles={home.pk: Role.LEAD}))
    assert actor.may(Permission.LEAD, home.pk)
    assert not actor.may(Permission.VIEW, elsewhere.pk)
    assert not actor.may(Permission.VIEW)


def test_a_community_owner_does_not_touch_roles_elsewhere():
    home, elsewhere = world.a_community(), world.a_community()
    local = world.actor(world.member_of_staff(roles={home.pk: Role.OWNER}))
    both = world.member_of_staff(roles={home.pk: Role.VIEWER, elsewhere.pk: Role.VIEWER})
    with pytest.raises(NotFound):
        actions.change_roles(actor=local, staff_id=both.pk, roles={elsewhere.pk: None})
    actions.change_roles(actor=local, staff_id=both.pk, roles={home.pk: None})
    assert grants(both) == {elsewhere.pk: Role.VIEWER}


def test_who_is_not_seen_cannot_be_changed():
    home, elsewhere = world.a_community(), world.a_community()
    local = world.actor(world.member_of_staff(roles={home.pk: Role.OWNER}))
    stranger = world.member_of_staff(roles={elsewhere.pk: Role.VIEWER})
    for change in (
        lambda: actions.change_roles(actor=local, staff_id=stranger.pk, roles={home.pk: Role.VIEWER}),
        lambda: actions.deactivate_staff(actor=local, staff_id=stranger.pk),
        lambda: actions.remove_second_factor(actor=local, staff_id=stranger.pk),
    ):
        with pytest.raises(NotFound):
            change()


# ------------------------------------------------------------------ the last owner
def test_the_last_owner_stays():
    owner = world.owner()
    world.member_of_staff(everywhere=Role.LEAD)
    me = world.actor(owner)
    for change in (
        lambda: actions.change_roles(actor=me, staff_id=owner.pk, roles={None: Role.LEAD}),
        lambda: actions.change_roles(actor=me, staff_id=owner.pk, roles={None: None}),
        lambda: actions.deactivate_staff(actor=me, staff_id=owner.pk),
    ):
        with pytest.raises(Conflict, match="last owner"):
            change()


def test_an_owner_who_was_only_invited_is_none_yet():
    owner = world.owner()
    actions.invite_staff(actor=SYSTEM, roles={None: Role.OWNER}, **NEW)
    with pytest.raises(Conflict):
        actions.deactivate_staff(actor=world.actor(owner), staff_id=owner.pk)


change = st.tuples(
    st.integers(0, 2), st.sampled_from(["role", "off", "on"]), st.integers(0, 2), st.sampled_from([*Role, None])
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(changes=st.lists(change, max_size=14))
def test_no_sequence_of_changes_removes_the_last_owner(changes):
    with transaction.atomic():
        people = [
            world.owner(),
            world.member_of_staff(everywhere=Role.OWNER),
            world.member_of_staff(everywhere=Role.LEAD),
        ]
        for who, what, whom, role in changes:
            actor, target = world.actor(Staff.objects.get(pk=people[who].pk)), people[whom].pk
            try:
                if what == "role":
                    actions.change_roles(actor=actor, staff_id=target, roles={None: role})
                elif what == "off":
                    actions.deactivate_staff(actor=actor, staff_id=target)
                else:
                    actions.reactivate_staff(actor=actor, staff_id=target)
            except QunceError:
                pass
            assert selectors.installation_owners().exists(), "nobody runs the installation any more"
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once():
    one, other = world.owner(), world.member_of_staff(name="周遥", everywhere=Role.OWNER)
    together, results = threading.Barrier(2), []

    def remove(actor, target):
        together.wait()
        try:
            actions.change_roles(actor=actor, staff_id=target.pk, roles={None: None})
            results.append("done")
        except Conflict:
            results.append("refused")
        finally:
            connection.close()

    pairs = [(world.actor(one), other), (world.actor(other), one)]
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "refused"]
    assert selectors.installation_owners().count() == 1


# ------------------------------------------------------------------ letting in and out
def test_the_deactivated_may_nothing_and_their_links_are_void():
    owner = world.actor(world.owner())
    colleague = world.member_of_staff(everywhere=Role.LEAD)
    path = actions.renew_sign_in_link(actor=owner, staff_id=colleague.pk)
    actions.deactivate_staff(actor=owner, staff_id=colleague.pk)
    assert grants(colleague) == {}
    with pytest.raises(NotFound):
        world.set_up(path)
    with pytest.raises(Conflict):
        actions.renew_sign_in_link(actor=owner, staff_id=colleague.pk)
    with pytest.raises(Conflict):
        actions.invite_staff(actor=owner, email=colleague.email, name="x", roles={None: Role.VIEWER})
    actions.reactivate_staff(actor=owner, staff_id=colleague.pk)
    assert grants(colleague) == {None: Role.LEAD}


def test_a_lost_second_factor_is_removed_by_an_owner():
    owner = world.actor(world.owner())
    colleague = world.member_of_staff(everywhere=Role.LEAD)
    Authenticator.objects.create(user=colleague, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert selectors.colleague(owner, colleague.pk).second_factor
    with pytest.raises(NotAllowed):
        actions.remove_second_factor(actor=world.actor(colleague), staff_id=colleague.pk)
    actions.remove_second_factor(actor=owner, staff_id=colleague.pk)
    assert not selectors.colleague(owner, colleague.pk).second_factor


# ------------------------------------------------------------------ seeing
def test_people_are_seen_by_those_who_lead_them():
    home, elsewhere = world.a_community(), world.a_community()
    owner = world.owner()
    here = world.member_of_staff(name="甲", roles={home.pk: Role.VIEWER, elsewhere.pk: Role.OWNER})
    there = world.member_of_staff(name="乙", roles={elsewhere.pk: Role.VIEWER})
    lead = world.member_of_staff(name="丙", roles={home.pk: Role.LEAD})
    seen = {colleague.staff.pk: colleague for colleague in selectors.colleagues(world.actor(lead))}
    assert set(seen) == {here.pk, lead.pk}
    assert [grant.community_id for grant in seen[here.pk].grants] == [home.pk]
    assert {c.staff.pk for c in selectors.colleagues(world.actor(owner))} == {owner.pk, here.pk, there.pk, lead.pk}
    assert [c.staff.pk for c in selectors.colleagues(world.actor(there))] == [there.pk]
    assert not list(selectors.visible_staff(selectors.NOBODY))


def test_the_list_costs_the_same_for_many(django_assert_max_num_queries):
    owner = world.actor(world.owner())
    for number in range(12):
        world.member_of_staff(name=f"同事{number}", everywhere=Role.VIEWER)
    with django_assert_max_num_queries(3):
        assert len(selectors.colleagues(owner)) == 13
    assert [c.staff.name for c in selectors.colleagues(owner, search="同事11")] == ["同事11"]


# ------------------------------------------------------------------ oneself
def test_everybody_changes_the_own_profile():
    me = world.member_of_staff(everywhere=Role.VIEWER)
    actions.change_own_profile(
        actor=world.actor(me), name="新名", language="en", zone="Europe/Berlin", theme=Theme.DARK
    )
    me.refresh_from_db()
    assert (me.name, me.language, me.zone, me.theme) == ("新名", "en", "Europe/Berlin", "dark")
    assert audit.say(AuditEntry.objects.get(action="staff.renamed")) == "陈默 is called 新名 now."
    actions.change_own_profile(actor=world.actor(me), theme=Theme.AUTO)
    me.refresh_from_db()
    assert (me.name, me.theme) == ("新名", "auto")


@pytest.mark.parametrize("wrong", [{"name": " "}, {"language": "tlh"}, {"zone": "Mars/Olympus"}])
def test_what_a_profile_cannot_be(wrong):
    me = world.member_of_staff(everywhere=Role.VIEWER)
    with pytest.raises(Invalid) as refused:
        actions.change_own_profile(actor=world.actor(me), **wrong)
    assert refused.value.field == next(iter(wrong))


# ------------------------------------------------------------------ the audit
def test_the_audit_is_read_by_those_who_lead():
    home, elsewhere = world.a_community(), world.a_community()
    owner = world.actor(world.owner())
    lead = world.actor(world.member_of_staff(roles={home.pk: Role.LEAD}))
    viewer = world.actor(world.member_of_staff(roles={home.pk: Role.VIEWER}))
    assert {entry.community_id for entry in audit.visible_to(owner)} == {None, home.pk, elsewhere.pk}
    assert {entry.community_id for entry in audit.visible_to(lead)} == {home.pk}
    assert not audit.visible_to(viewer).exists()
    wanted = audit.Wanted(community_id=elsewhere.pk)
    assert audit.visible_to(owner, wanted).exists()
    assert not audit.visible_to(lead, wanted).exists()
