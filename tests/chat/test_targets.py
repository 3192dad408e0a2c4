"""Whom a broadcast reaches, and with which text."""

from datetime import timedelta

import pytest

from qunce.chat import actions, selectors
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.types import DeliveryState, GroupGone, GroupSeen, Selection
from qunce.community import actions as community
from qunce.community.models import Group
from qunce.community.types import CommunityProfile
from qunce.kernel import audit, clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from tests.chat import support
from tests.chat.push import EVERYWHERE, OPERATOR, only_account, send, states, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState


# ------------------------------------------------------------------ text
def test_every_group_gets_its_own_text(groups):
    with clock.at(support.NOON):
        broadcast = send("{group} ({人数}) {community} {{{{")
    home = groups["a"].community.name
    assert texts(broadcast) == [f"群 !{key} (3) {home} {{{{" for key in "abc"]
    assert broadcast.title == "{group} ({人数}) {community} {{{{"
    assert audit.say(AuditEntry.objects.latest("id")) == (
        "Wei sent the broadcast “{group} ({人数}) {community} {{{{” (groups: 3)."
    )


@pytest.mark.parametrize(
    ("languages", "zone", "said"),
    [
        (("zh-hans",), "Asia/Shanghai", "11月21日 星期六"),
        (("en", "zh-hans"), "Europe/London", "November 20 Friday"),
    ],
)
def test_date_and_weekday_are_the_communitys(groups, languages, zone, said):
    profile = CommunityProfile(name="Elsewhere", zone=zone, languages=languages)
    other = community.create_community(actor=SYSTEM, profile=profile)
    community.adopt_groups(actor=SYSTEM, community_id=other.pk, group_ids=[groups["a"].pk])
    with clock.at(support.NOON + timedelta(hours=13)):
        broadcast = send("{date} {星期}", Selection(community_ids=(other.pk,)))
    assert texts(broadcast) == [said]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Hi {nmae}", "There is no variable {nmae}. Variables are {group} {群名}, "),
        ("Hi {", "A brace stands alone."),
        ("Hi {}", "A brace stands alone."),
        (" \n", "Write what is to be sent."),
    ],
)
def test_a_text_that_cannot_be_filled_in_names_what_can(groups, text, error):
    with pytest.raises(Invalid) as caught:
        send(text)
    assert str(caught.value).startswith(error)
    assert caught.value.field == "text"
    assert not Broadcast.objects.exists()


# ------------------------------------------------------------------ targets
def test_a_selection_finds_by_community_tag_and_name(groups):
    home = groups["a"].community_id
    other = support.adopted(support.account("probe", external_id="@other"), "!d")["!d"]

    def found(**wanted):
        return [each.name for each in selectors.selectable(OPERATOR, Selection(**wanted))]

    assert found(everywhere=True) == ["群 !a", "群 !b", "群 !c", "群 !d"]
    assert found(community_ids=(home,)) == ["群 !a", "群 !b", "群 !c"]
    assert found(community_ids=(home,), tags=("vip", "old")) == ["群 !a", "群 !b"]
    assert found(text="!d") == ["群 !d"]
    assert found(group_ids=(other.pk, groups["c"].pk), text="!d") == ["群 !c", "群 !d"]
    assert found() == []
    mine = Actor(id=5, name="Mei", grants={home: Role.OPERATOR, other.community_id: Role.VIEWER})
    assert [each.name for each in selectors.selectable(mine, EVERYWHERE)] == ["群 !a", "群 !b", "群 !c"]


def test_nobody_sends_where_he_does_not_operate(groups):
    home = groups["a"].community_id
    ids = Selection(group_ids=(groups["a"].pk,))
    for actor, selection, error in (
        (Actor(id=3, name="V", grants={home: Role.VIEWER}), ids, NotAllowed),
        (Actor(id=3, name="V", grants={home: Role.SERVICE}), Selection(community_ids=(home,)), NotAllowed),
        (Actor(id=4, name="E", grants={home + 1: Role.OWNER}), ids, NotFound),
        (Actor(id=4, name="E", grants={home + 1: Role.OWNER}), Selection(community_ids=(home,)), NotFound),
        (Actor(id=4, name="E", grants={home + 1: Role.OWNER}), EVERYWHERE, Invalid),
        (OPERATOR, Selection(), Invalid),
    ):
        with pytest.raises(error):
            send(actor=actor, selection=selection)
    assert not Delivery.objects.exists()


def test_a_group_that_is_only_found_or_archived_is_named(groups):
    support.live(only_account(), GroupSeen("!new", "New"))
    new = Group.objects.get(name="New")
    with pytest.raises(Invalid, match="“New” is in no community"):
        send(selection=Selection(group_ids=(new.pk, groups["a"].pk)))
    community.archive_groups(actor=SYSTEM, group_ids=[groups["b"].pk])
    with pytest.raises(Invalid, match="“群 !b” is in no community, or archived"):
        send(selection=Selection(group_ids=(groups["b"].pk,)))
    assert len(texts(send())) == 2


def test_what_cannot_be_reached_is_shown_before_and_skipped_with_the_reason(groups):
    support.live(only_account(), GroupGone("!b"))
    Group.objects.filter(pk=groups["c"].pk).update(member_count=None)
    shown = {t.group: t.obstacle for t in selectors.targets(OPERATOR, EVERYWHERE, "{members}")}
    assert shown == {
        "群 !a": "",
        "群 !b": "None of our accounts is in this group any more.",
        "群 !c": "Its platform does not say how many members it has.",
    }
    broadcast = send("{members}")
    assert states(broadcast) == {S.PLANNED: 1, S.SKIPPED: 2}
    reasons = dict(Delivery.objects.filter(state="skipped").values_list("group_id", "reason"))
    assert reasons == {groups[key].pk: shown[f"群 !{key}"] for key in "bc"}
    Account.objects.update(enabled=False)
    with pytest.raises(Invalid, match="None of the chosen groups can be reached"):
        send()


def test_a_text_too_long_for_a_platform_skips_its_groups_only(groups):
    Group.objects.filter(pk=groups["a"].pk).update(name="a" * 41)
    obstacles = {t.group_id: t.obstacle for t in selectors.targets(OPERATOR, EVERYWHERE, "{group}")}
    assert obstacles.pop(groups["a"].pk) == "The text is longer than its platform takes."
    assert set(obstacles.values()) == {""}


def test_the_reading_account_sends_and_another_one_where_it_is_switched_off(groups):
    second = support.account("probe", external_id="@second")
    support.live(second, GroupSeen("!a"))
    first = Account.objects.exclude(pk=second.pk).get()
    by = {t.group: t.account_id for t in selectors.targets(OPERATOR, EVERYWHERE, "x")}
    assert by == {"群 !a": first.pk, "群 !b": first.pk, "群 !c": first.pk}
    actions.set_account_enabled(actor=SYSTEM, account_id=first.pk, enabled=False)
    found = {t.group: (t.account_id, t.obstacle) for t in selectors.targets(OPERATOR, EVERYWHERE, "x")}
    assert found["群 !a"] == (second.pk, "")
    assert found["群 !b"] == (first.pk, "Its account is switched off.")


def test_a_time_that_is_past_is_refused(groups):
    with pytest.raises(Invalid, match="already past"):
        send(not_after=clock.now() - timedelta(minutes=1))
