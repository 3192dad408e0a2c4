"""Communities: who may change what, and what is written down about it."""

import threading

import pytest
from django.db import connection

from qunce.community import actions, selectors
from qunce.community.models import Community
from qunce.community.types import CommunityProfile
from qunce.kernel import audit, revisions
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db


def staff(**grants: Role) -> Actor:
    """``everywhere=Role.X`` or ``c12=Role.X``."""
    return Actor(
        id=7, name="Lin", grants={None if k == "everywhere" else int(k[1:]): role for k, role in grants.items()}
    )


def founded(name: str = "Readers", **more: object) -> Community:
    return actions.create_community(actor=SYSTEM, profile=CommunityProfile(name, **more))


def test_a_community_is_founded_with_its_profile_and_recorded():
    profile = CommunityProfile("  Night\n readers ", purpose=" Read together ", zone="Asia/Tokyo", languages=("en",))
    community = actions.create_community(actor=staff(everywhere=Role.LEAD), profile=profile)
    assert selectors.profile_of(community) == CommunityProfile(
        "Night readers", purpose="Read together", zone="Asia/Tokyo", languages=("en",)
    )
    entry = AuditEntry.objects.get()
    assert (entry.community_id, entry.object_kind, entry.object_id) == (community.pk, "community", str(community.pk))
    assert audit.say(entry) == "Lin founded the community Night readers."


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (CommunityProfile(" \t"), "name"),
        (CommunityProfile("x" * 81), "name"),
        (CommunityProfile("readers"), "name"),
        (CommunityProfile("A", zone="Mars/Olympus"), "zone"),
        (CommunityProfile("A", languages=()), "languages"),
        (CommunityProfile("A", languages=("tlh",)), "languages"),
    ],
)
def test_a_broken_rule_names_its_field_and_writes_nothing(profile, field):
    founded("Readers")
    with pytest.raises(Invalid) as caught:
        actions.create_community(actor=SYSTEM, profile=profile)
    assert caught.value.field == field
    assert Community.objects.count() == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SERVICE, Role.VIEWER])
def test_founding_needs_a_lead_of_all_communities(role):
    with pytest.raises(NotAllowed):
        actions.create_community(actor=staff(everywhere=role), profile=CommunityProfile("A"))
    with pytest.raises(NotAllowed):
        actions.create_community(actor=staff(c1=Role.OWNER), profile=CommunityProfile("A"))


def test_change_says_what_changed_and_tells_caches():
    community = founded(zone="Asia/Shanghai")
    lead = staff(**{f"c{community.pk}": Role.LEAD})
    before = revisions.current()["groups"]
    AuditEntry.objects.all().delete()
    actions.change_community(
        actor=lead,
        community_id=community.pk,
        profile=CommunityProfile("Readers", promise="One book", zone="Europe/Paris"),
    )
    assert sorted(map(audit.say, AuditEntry.objects.all())) == [
        "Lin changed what is written about the community Readers.",
        "Lin set the clock of Readers to Europe/Paris.",
    ]
    assert revisions.current()["groups"] == before + 1


def test_changing_nothing_leaves_no_trace():
    community = founded()
    AuditEntry.objects.all().delete()
    actions.change_community(actor=SYSTEM, community_id=community.pk, profile=CommunityProfile(" Readers "))
    assert not AuditEntry.objects.exists()


def test_a_change_of_what_somebody_else_has_changed_is_refused():
    community = founded()
    seen = selectors.profile_of(community).fingerprint
    actions.change_community(
        actor=SYSTEM, community_id=community.pk, profile=CommunityProfile("Readers", voice="warm")
    )
    with pytest.raises(Conflict):
        actions.change_community(
            actor=SYSTEM, community_id=community.pk, profile=CommunityProfile("Writers"), seen=seen
        )
    community.refresh_from_db()
    assert (community.name, community.voice) == ("Readers", "warm")


def test_who_may_change_and_who_may_not_even_know():
    community = founded()
    profile = CommunityProfile("Writers")
    with pytest.raises(NotAllowed):
        actions.change_community(
            actor=staff(**{f"c{community.pk}": Role.OPERATOR}), community_id=community.pk, profile=profile
        )
    with pytest.raises(NotFound):
        actions.change_community(
            actor=staff(**{f"c{community.pk + 1}": Role.OWNER}), community_id=community.pk, profile=profile
        )


def test_archived_communities_leave_the_list_and_come_back():
    community = founded()
    owner = staff(**{f"c{community.pk}": Role.OWNER})
    with pytest.raises(NotAllowed):
        actions.archive_community(actor=staff(everywhere=Role.LEAD), community_id=community.pk)
    actions.archive_community(actor=owner, community_id=community.pk)
    assert list(selectors.visible_communities(owner)) == []
    assert list(selectors.visible_communities(owner, archived=True)) == [community]
    actions.restore_community(actor=owner, community_id=community.pk)
    assert list(selectors.visible_communities(owner)) == [community]


def test_each_sees_his_own_communities():
    one, two = founded("One"), founded("Two")
    assert list(selectors.visible_communities(staff(**{f"c{two.pk}": Role.VIEWER}))) == [two]
    assert list(selectors.visible_communities(staff(everywhere=Role.VIEWER))) == [one, two]
    assert list(selectors.visible_communities(staff())) == []


@pytest.mark.django_db(transaction=True)
def test_two_people_founding_one_name_at_once_make_one_community():
    start, outcomes = threading.Barrier(2), []

    def found() -> None:
        try:
            start.wait()
            outcomes.append(founded("Twins").name)
        except Invalid as error:
            outcomes.append(error.field)
        finally:
            connection.close()

    threads = [threading.Thread(target=found) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Twins", "name"]
