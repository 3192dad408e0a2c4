"""Digests as they are kept: made once, shown as messages are by now, edited, posted once, and only as it was seen."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from qunce.chat.connector import connectors
from qunce.chat.models import Delivery
from qunce.chat.types import Content, MessageDeleted, MessageEdited, Purpose
from qunce.insights.actions import digests as actions
from qunce.insights.models import Digest, DigestPlan
from qunce.insights.selectors import digests as reads
from qunce.insights.types import DigestChannel, DigestDocument, DigestState, LineKind, Rhythm, Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members.models import Member
from qunce.team.models import Notification
from tests.chat import support
from tests.support import world

pytestmark = pytest.mark.django_db
NAMES = ("张三", "李四", "王五", "赵敏")
DAY = date(2026, 11, 20)
NINE = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 9 o'clock in Shanghai
NEXT = datetime(2026, 11, 21, 1, tzinfo=UTC)
SAID = (
    ("张三", "@李四 周六的读书会在哪里办？图书馆还是咖啡馆？", 0),
    ("李四", "读书会定在图书馆二楼，下午三点", 40),
    ("王五", "图书馆二楼有投影，读书会可以放幻灯片", 90),
    ("张三", "太好了，谢谢李四，读书会见 *星号*", 150),
    ("赵敏", "有人知道镜头发霉要怎么清洗吗？", 40_000),
)


def events(room="!a", said=SAID):
    return [
        support.said(room, text, by=f"@{name}", name=name, key=f"{room}{n}", at=NINE + timedelta(seconds=second))
        for n, (name, text, second) in enumerate(said)
    ]


@pytest.fixture
def talked():
    """A group that has talked for a day, by its account; the day after."""
    account = support.account(state="working")
    with clock.at(NINE - timedelta(days=3)):
        group = support.adopted(account, "!a")["!a"]
        support.live(account, *(support.said("!a", "大家好", by=f"@{n}", name=n, at=clock.now()) for n in NAMES))
    with clock.at(NINE + timedelta(hours=12)):
        support.live(account, *events())
    with clock.at(NEXT):
        yield account, group


def asked(group, days=1, actor=SYSTEM):
    row = actions.ask_for_digest(
        actor=actor,
        community_id=group.community_id,
        group_id=group.pk,
        stretch=Stretch(DAY, days),
        language="zh-hans",
    )
    actions.make(digest_id=row.pk)
    row.refresh_from_db()
    return row


def test_what_was_said_before_we_came_is_not_called_silence(talked):
    _account, group = talked
    before, between = DAY - timedelta(days=9), DAY - timedelta(days=1)
    assert reads.found_in(group.pk, Stretch(before, 1)).coverage.unread == 86_400
    assert reads.found_in(group.pk, Stretch(between, 1)).coverage.unread == 0


def shown(row):
    return [quote.text for _, _, lines in reads.opened(SYSTEM, row).kinds for told in lines for quote in told.quotes]


def posted():
    return [Content.from_json(row.content).plain for row in Delivery.objects.order_by("pk")]


def planned(group, channel, **more):
    return actions.plan_digests(
        actor=SYSTEM,
        community_id=group.community_id,
        rhythm=Rhythm.DAILY,
        hour=8,
        language="zh-hans",
        channel=channel,
        **more,
    )


def test_it_is_made_once_per_stretch_and_opens_its_messages(talked):
    _, group = talked
    row = asked(group)
    assert row.state == DigestState.KEPT
    assert row.messages == 5
    assert row.covered == 4
    assert "读书会定在图书馆二楼，下午三点" in shown(row)
    assert "有人知道镜头发霉要怎么清洗吗？" in shown(row)
    assert asked(group).pk == row.pk
    assert Digest.objects.count() == 1


def test_the_same_messages_make_the_same_digest_however_they_came(talked):
    account, group = talked
    with clock.at(NINE + timedelta(hours=12)):
        other = support.adopted(account, "!b")["!b"]
        for event in reversed(events("!b")):
            support.live(account, event)
    one, two = (shown(asked(each)) for each in (group, other))
    assert one == two


def test_what_was_taken_back_is_never_quoted_and_what_was_edited_is_quoted_as_it_is(talked):
    account, group = talked
    row = asked(group)
    support.live(
        account,
        MessageDeleted("!a", "!a4", clock.now()),
        MessageEdited("!a", "!a1", clock.now(), "读书会定在图书馆三楼，下午四点"),
    )
    said = shown(row)
    assert "读书会定在图书馆三楼，下午四点" in said
    assert "读书会定在图书馆二楼，下午三点" not in said
    assert not any("镜头" in text for text in said)
    assert not any(told for kind, _, told in reads.opened(SYSTEM, row).kinds if kind is LineKind.QUESTION)


def test_every_day_each_group_gets_its_digest_once_and_one_is_over_all(talked):
    _, group = talked
    plan = planned(group, DigestChannel.GROUP)
    assert actions.make_due() == 2
    assert actions.make_due() == 0
    assert actions.make_planned(plan_id=plan.pk) == 0
    assert {row.group_id for row in Digest.objects.all()} == {group.pk, None}
    (delivery,) = Delivery.objects.all()
    assert delivery.purpose == Purpose.CAMPAIGN
    assert "读书会定在图书馆二楼" in posted()[0]
    assert "还没有人回答" in posted()[0] or "Nobody has answered yet" in posted()[0]
    over = Digest.objects.get(group_id=None)
    assert DigestDocument.from_json(over.content).groups.keys() == {group.pk}
    assert over.messages == 5


def test_what_somebody_had_made_before_is_posted_by_the_plan_all_the_same(talked):
    _, group = talked
    asked(group)
    planned(group, DigestChannel.GROUP)
    actions.make_due()
    assert len(posted()) == 1


def test_a_person_looks_edits_and_posts_what_was_seen(talked):
    _, group = talked
    lead = world.member_of_staff(roles={group.community_id: Role.LEAD})
    planned(group, DigestChannel.REVIEW, lines=4)
    actions.make_due()
    row = Digest.objects.get(group_id=group.pk)
    assert row.state == DigestState.WAITING
    assert not posted()
    assert Notification.objects.filter(staff=lead).exists()
    keys = DigestDocument.from_json(row.content).lines[0].keys
    one = world.actor(world.member_of_staff(roles={group.community_id: Role.OPERATOR}))
    viewer = world.actor(world.member_of_staff(roles={group.community_id: Role.VIEWER}))
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    given = {"digest_id": row.pk, "edition": row.edition}
    for actor, error in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(error):
            actions.edit_digest(actor=actor, **given, said={0: "x"}, hidden=set())
        with pytest.raises(error):
            actions.post_digest(actor=actor, **given)
        with pytest.raises(error):
            actions.decline_digest(actor=actor, **given)
    actions.edit_digest(actor=one, **given, said={0: "读书会周六三点，图书馆二楼见"}, hidden={1})
    with pytest.raises(Conflict):
        actions.post_digest(actor=one, **given)
    row.refresh_from_db()
    lines = DigestDocument.from_json(row.content).lines
    assert lines[0].keys == keys, "an edited line keeps its messages"
    actions.post_digest(actor=one, digest_id=row.pk, edition=row.edition)
    assert "读书会周六三点，图书馆二楼见" in posted()[0]
    assert "镜头发霉" not in posted()[0], "the hidden line is left out"
    with pytest.raises(Conflict):
        actions.post_digest(actor=one, digest_id=row.pk, edition=row.edition)
    assert len(posted()) == 1
    assert {"digest.edited", "digest.posted"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_words_of_a_person_give_way_to_quotes_where_a_message_was_taken_back(talked):
    account, group = talked
    row = asked(group)
    actions.edit_digest(actor=SYSTEM, digest_id=row.pk, edition=row.edition, said={0: "张三说出了秘密"}, hidden=set())
    row.refresh_from_db()
    first = reads.opened(SYSTEM, row).kinds[0][2][0]
    assert first.sentence == "张三说出了秘密"
    support.live(account, MessageDeleted("!a", "!a0", clock.now() + timedelta(minutes=1)))
    after = reads.opened(SYSTEM, row).kinds[0][2][0]
    assert "秘密" not in after.sentence
    assert after.quotes


def test_who_wants_to_be_left_in_peace_is_not_named_in_the_group_and_nobody_is_called(talked):
    _, group = talked
    Member.objects.filter(name="李四").update(muted_at=clock.now())
    row = asked(group)
    actions.post_digest(actor=SYSTEM, digest_id=row.pk, edition=row.edition)
    (text,) = posted()
    assert "李四" not in text
    assert "@" not in text
    assert "读书会定在图书馆二楼" in text
    names = {quote.name for _, _, lines in reads.opened(SYSTEM, row).kinds for told in lines for quote in told.quotes}
    assert "李四" in names, "the team sees who it was"


def test_nothing_is_posted_where_nothing_was_said(talked):
    _, group = talked
    with clock.at(NEXT + timedelta(days=2)):
        planned(group, DigestChannel.GROUP)
        actions.make_due()
    assert not posted()
    row = Digest.objects.get(group_id=group.pk)
    assert row.messages == 0
    with pytest.raises(Invalid):
        actions.post_digest(actor=SYSTEM, digest_id=row.pk, edition=row.edition)


def test_it_is_taken_along_as_markdown_without_anybody_s_signs(talked):
    _, group = talked
    row = asked(group)
    with override("en"):
        text = reads.as_text(reads.opened(SYSTEM, row), "群 <a>", markdown=True)
        plain = reads.as_text(reads.opened(SYSTEM, row), "群 <a>", markdown=False)
    assert text.startswith("# 群 \\<a\\>")
    assert "## What was talked about" in text
    assert "4 of 5 messages" in text
    assert "*星号*" not in text
    assert "读书会定在图书馆二楼" in plain


def test_plans_are_for_those_who_lead_and_of_their_own_groups(talked):
    _, group = talked
    other = support.adopted(support.account(), "!other")["!other"]
    operator = world.actor(world.member_of_staff(roles={group.community_id: Role.OPERATOR}))
    given = {"rhythm": Rhythm.DAILY, "hour": 8, "language": "en", "channel": DigestChannel.PAGE}
    with pytest.raises(NotAllowed):
        actions.plan_digests(actor=operator, community_id=group.community_id, **given)
    with pytest.raises(Invalid):
        actions.plan_digests(actor=SYSTEM, community_id=group.community_id, **given, group_ids=[other.pk])
    with pytest.raises(Invalid):
        actions.plan_digests(actor=SYSTEM, community_id=group.community_id, **{**given, "hour": 24})
    plan = actions.plan_digests(actor=SYSTEM, community_id=group.community_id, **given, group_ids=[group.pk])
    actions.stop_digests(actor=SYSTEM, plan_id=plan.pk)
    assert not DigestPlan.objects.exists()


def test_a_post_fits_its_platform(talked, monkeypatch):
    _, group = talked
    document = DigestDocument.from_json(asked(group).content)
    whole = reads.post_of(document, title="t", most=6, language="en", platform="sandbox")
    can = connectors["sandbox"].capabilities
    monkeypatch.setattr(connectors["sandbox"], "capabilities", replace(can, longest_text=len(whole) - 1))
    short = reads.post_of(document, title="t", most=6, language="en", platform="sandbox")
    assert 0 < len(short) < len(whole)
