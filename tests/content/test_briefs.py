"""Briefs: proposed, picked for, edited, approved; sent once at their hour or left out with the reason, for weeks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from qunce.chat import actions as chat
from qunce.chat.models import Broadcast, Delivery
from qunce.chat.types import Selection
from qunce.content import actions, selectors
from qunce.content.actions import mornings
from qunce.content.models import Brief, BriefPick, BriefPlan, FeedEntry, ItemUse, NewsFeed
from qunce.content.policies.feeds import title_key, url_key
from qunce.content.types import BriefState, Fallback, ItemDocument, ItemKind, Line, PlanWish, UseWay
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.audit import AuditEntry
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.events import deliver_pending
from qunce.team import actions as team
from qunce.team.models import Notification, Task
from tests.chat import support
from tests.content.support import published
from tests.support import world

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # 8:30 in Shanghai
WISH = PlanWish(name="晨间简报", selection=Selection(everywhere=True), header="早安，{group}", footer="明早见")
WISH_FIELDS = {name: getattr(WISH, name) for name in PlanWish.__dataclass_fields__}


def entry(feed, n, at, title="", **fields):
    title, url = title or f"第 {n} 条新知", fields.pop("url", f"https://example.org/{feed.pk}/{n}")
    return FeedEntry.objects.create(
        feed=feed,
        guid=str(n),
        url=url,
        url_key=url_key(url),
        title=title,
        title_key=title_key(title),
        at=at,
        seen_at=at,
        there_at=at,
        **fields,
    )


def a_feed(home, title="每日新知"):
    return NewsFeed.objects.create(
        community=home, url=f"https://example.org/{title}", title=title, next_at=MONDAY, created_at=MONDAY
    )


class Morning:
    """A community with two groups, a feed, and an operator who has planned a brief the week before."""

    def __init__(self, *, zone="Asia/Shanghai", at=MONDAY - timedelta(days=4), platform="sandbox", **wish):
        self.account = account = support.account(platform, state="working")
        support.lease(account)
        self.groups = support.adopted(account, "!a", "!b", zone=zone)
        self.home = self.groups["!a"].community
        self.operator = world.member_of_staff("林芝", roles={self.home.pk: Role.OPERATOR})
        self.actor = world.actor(self.operator)
        self.feed = a_feed(self.home)
        with clock.at(at):
            self.plan = actions.make_plan(
                actor=self.actor, community_id=self.home.pk, wish=PlanWish(**{**WISH_FIELDS, **wish})
            )

    def go(self, at=MONDAY):
        with clock.at(at):
            actions.keep_briefs()
        return Brief.objects.filter(plan=self.plan).order_by("-day").first()

    def evening(self):
        return self.go(MONDAY - timedelta(hours=3))

    def sent(self):
        return list(Delivery.objects.order_by("group_id", "created_at"))


@pytest.fixture
def morning():
    made = Morning()
    for n in range(5):
        entry(made.feed, n, MONDAY - timedelta(hours=2 + n), summary="一句话说明")
    return made


def test_braces_of_others_are_no_variables(morning):
    entry(morning.feed, 9, MONDAY - timedelta(minutes=1), title="{group} 与 {nothing}")
    morning.go()
    assert "{group} 与 {nothing}" in morning.sent()[0].content[0]["text"]


# ------------------------------------------------------------------ its day
def test_it_is_proposed_in_the_evening_and_goes_out_in_the_morning(morning):
    assert morning.go(MONDAY - timedelta(hours=13)) is None
    brief = morning.evening()
    assert (brief.state, brief.day, len(brief.lines)) == (BriefState.OPEN, date(2026, 11, 23), 3)
    assert morning.go(MONDAY - timedelta(minutes=1)).state == BriefState.OPEN
    brief = morning.go()
    assert (brief.state, brief.why) == (BriefState.SENT, mornings.BY_ITSELF)
    text = morning.sent()[0].content[0]["text"]
    assert text.startswith("早安，群 !a\n\n1. 第 0 条新知（每日新知）\n一句话说明\nhttps://example.org/")
    assert text.endswith("\n\n明早见")
    assert {each.not_after for each in morning.sent()} == {MONDAY + timedelta(minutes=45)}
    morning.go(MONDAY + timedelta(minutes=1))
    assert len(morning.sent()) == 2


def test_what_nobody_has_edited_is_chosen_anew_at_its_hour(morning):
    morning.evening()
    entry(morning.feed, 8, MONDAY - timedelta(minutes=5), title="清晨的新闻")
    assert morning.go().lines[0]["title"] == "清晨的新闻"


def test_its_editor_gets_a_task_which_ends_with_the_approval():
    morning = Morning(editor_id=None)
    editor = world.member_of_staff("陈默", roles={morning.home.pk: Role.OPERATOR})
    with clock.at(MONDAY - timedelta(days=3)):
        wish = PlanWish(**{**WISH_FIELDS, "editor_id": editor.pk})
        actions.change_plan(actor=morning.actor, plan_id=morning.plan.pk, edition=1, wish=wish)
    entry(morning.feed, 1, MONDAY - timedelta(hours=5))
    brief = morning.evening()
    task = Task.objects.get(pk=brief.task_id)
    assert (task.assignee_id, task.due_at, task.url) == (editor.pk, MONDAY, f"/content/briefs/{brief.pk}/")
    assert Notification.objects.filter(staff=editor).exists()
    with clock.at(MONDAY - timedelta(hours=1)):
        actions.approve_brief(actor=world.actor(editor), brief_id=brief.pk, edition=brief.edition)
    assert Task.objects.get(pk=brief.task_id).state == "done"
    assert morning.go().state == BriefState.SENT
    assert Broadcast.objects.get().created_by == editor.pk


def test_what_somebody_has_edited_goes_out_as_it_is(morning):
    brief = morning.evening()
    keys = [line["key"] for line in brief.lines]
    lines = [(keys[2], "换个说法", "为什么要紧"), (keys[0], brief.lines[0]["title"], "")]
    with clock.at(MONDAY - timedelta(hours=2)):
        brief = actions.edit_brief(
            actor=morning.actor, brief_id=brief.pk, edition=brief.edition, lines=lines, header="早", footer=""
        )
        added = actions.own_line(title="手写一条", url="https://example.org/own")
        brief = actions.add_line(actor=morning.actor, brief_id=brief.pk, line=added)
        with pytest.raises(Conflict, match="Somebody changed this brief"):
            actions.approve_brief(actor=morning.actor, brief_id=brief.pk, edition=1)
        actions.approve_brief(actor=morning.actor, brief_id=brief.pk, edition=brief.edition)
    morning.go()
    text = morning.sent()[0].content[0]["text"]
    assert text.startswith("早\n\n1. 换个说法（每日新知）\n为什么要紧\n")
    assert "3. 手写一条\nhttps://example.org/own" in text
    done = AuditEntry.objects.filter(object_kind="brief").order_by("id").values_list("action", flat=True)
    assert list(done) == ["brief.edited", "brief.edited", "brief.approved"]


def test_a_day_is_left_out_and_taken_in_again(morning):
    brief = morning.evening()
    with clock.at(MONDAY - timedelta(hours=2)):
        actions.leave_out(actor=morning.actor, brief_id=brief.pk, reason="今天有活动")
        actions.take_in_again(actor=morning.actor, brief_id=brief.pk)
        actions.leave_out(actor=morning.actor, brief_id=brief.pk, reason="今天有活动")
    brief = morning.go()
    assert (brief.state, brief.why) == (BriefState.SKIPPED, "今天有活动")
    with clock.at(MONDAY), pytest.raises(Conflict, match="hour is over"):
        actions.take_in_again(actor=morning.actor, brief_id=brief.pk)
    assert not morning.sent()


# ------------------------------------------------------------------ picks
def test_what_is_picked_comes_first_and_once(morning):
    entries = list(FeedEntry.objects.order_by("pk"))
    document = ItemDocument(kind=ItemKind.ARTICLE, title="入群指南", summary="三分钟看完", source="群秘书")
    item = actions.create_item(actor=SYSTEM, document=document, key="guide", community_id=morning.home.pk)
    agent = world.actor(world.member_of_staff(roles={morning.home.pk: Role.SERVICE}))
    with clock.at(MONDAY - timedelta(days=1)):
        for line in (
            actions.item_line(actor=agent, item_id=item.pk),
            actions.entry_line(actor=agent, entry_id=entries[4].pk),
            actions.entry_line(actor=agent, entry_id=entries[4].pk),
        ):
            actions.pick(actor=agent, plan_id=morning.plan.pk, line=line)
    brief = morning.evening()
    assert [line["title"] for line in brief.lines] == ["入群指南", "第 4 条新知", "第 0 条新知"]
    with clock.at(MONDAY - timedelta(hours=1)):
        actions.pick(actor=agent, plan_id=morning.plan.pk, line=actions.own_line(title="路上看到的"))
    brief = morning.go()
    assert [line["title"] for line in brief.lines] == ["入群指南", "第 4 条新知", "路上看到的"]
    assert BriefPick.objects.filter(brief=brief).count() == 3
    tuesday = morning.go(MONDAY + timedelta(days=1))
    assert [line["title"] for line in tuesday.lines] == ["第 0 条新知", "第 1 条新知", "第 2 条新知"]


def test_a_pick_can_be_taken_back(morning):
    with clock.at(MONDAY - timedelta(days=2)):
        row = actions.pick(actor=morning.actor, plan_id=morning.plan.pk, line=actions.own_line(title="算了"))
        actions.drop_pick(actor=morning.actor, pick_id=row.pk)
    assert len(morning.evening().lines) == 3
    with pytest.raises(NotFound):
        actions.drop_pick(actor=morning.actor, pick_id=row.pk)


# ------------------------------------------------------------------ what keeps it from going out
@pytest.mark.parametrize(
    ("wish", "entries", "said"),
    [
        ({}, 0, mornings.NOTHING_NEW),
        ({"fallback": Fallback.ENOUGH, "at_least": 3}, 2, mornings.TOO_FEW),
        ({"fallback": Fallback.ENOUGH, "at_least": 2}, 2, ""),
        ({"fallback": Fallback.SKIP}, 5, mornings.NOBODY_APPROVED),
        ({"day_off": "US", "weekdays": (3,)}, 5, mornings.DAY_OFF),
    ],
)
def test_what_is_left_out_says_why_and_the_team_is_told(wish, entries, said):
    morning = Morning(**wish)
    at = MONDAY + timedelta(days=3) if "day_off" in wish else MONDAY  # Thanksgiving
    for n in range(entries):
        entry(morning.feed, n, at - timedelta(hours=3 + n))
    brief = morning.go(at)
    assert (brief.state, brief.why) == ((BriefState.SKIPPED, said) if said else (BriefState.SENT, mornings.BY_ITSELF))
    told = Notification.objects.filter(key=f"brief:{brief.pk}:skipped")
    assert told.exists() is (bool(said) and said != mornings.DAY_OFF)


def test_what_was_picked_for_a_brief_that_was_left_out_is_in_the_next(morning):
    with clock.at(MONDAY - timedelta(days=2)):
        actions.pick(actor=morning.actor, plan_id=morning.plan.pk, line=actions.own_line(title="留到明天"))
    morning.evening()
    assert morning.go(MONDAY + timedelta(hours=1)).why == mornings.TOO_LATE
    assert morning.go(MONDAY + timedelta(days=1)).lines[0]["title"] == "留到明天"


@pytest.mark.parametrize(("minutes", "state"), [(44, BriefState.SENT), (46, BriefState.SKIPPED)])
def test_a_brief_that_is_late_by_three_quarters_of_an_hour_is_left_out(morning, minutes, state):
    morning.evening()
    assert morning.go(MONDAY + timedelta(minutes=minutes)).state == state
    assert bool(morning.sent()) is (state == BriefState.SENT)


def test_days_that_went_by_while_nothing_ran_say_so(morning):
    brief = morning.go(MONDAY + timedelta(hours=5))
    assert (brief.state, brief.why) == (BriefState.SKIPPED, mornings.NOT_RUNNING)


def test_nothing_goes_out_by_the_word_of_somebody_who_is_gone(morning):
    team.deactivate_staff(actor=SYSTEM, staff_id=morning.operator.pk)
    brief = morning.go()
    assert (brief.state, brief.why) == (BriefState.SKIPPED, mornings.NOBODY)


def test_a_plan_that_rests_sends_nothing(morning):
    brief = morning.evening()
    with clock.at(MONDAY - timedelta(hours=2)):
        actions.rest_plan(actor=morning.actor, plan_id=morning.plan.pk, rests=True)
    assert morning.go() == brief
    brief.refresh_from_db()
    assert brief.state == BriefState.SKIPPED
    with clock.at(MONDAY + timedelta(hours=1)):
        actions.rest_plan(actor=morning.actor, plan_id=morning.plan.pk, rests=False)
    assert morning.go(MONDAY + timedelta(days=1)).state == BriefState.SENT


def test_groups_that_left_the_community_get_nothing(morning):
    with clock.at(MONDAY - timedelta(days=1)):
        chosen = Selection(group_ids=tuple(each.pk for each in morning.groups.values()))
        wish = PlanWish(**{**WISH_FIELDS, "selection": chosen})
        actions.change_plan(actor=morning.actor, plan_id=morning.plan.pk, edition=1, wish=wish)
        other = world.a_community()
        chat.adopt(actor=SYSTEM, community_id=other.pk, group_ids=[morning.groups["!b"].pk])
    morning.go()
    assert [each.group_id for each in morning.sent()] == [morning.groups["!a"].pk]


def test_items_of_the_library_in_a_brief_are_used_once_in_each_group(morning):
    items = [published(title, community_id=morning.home.pk) for title in ("入群指南", "常见问题")]
    with clock.at(MONDAY - timedelta(days=1)):
        for item in items:
            line = actions.item_line(actor=morning.actor, item_id=item.pk)
            actions.pick(actor=morning.actor, plan_id=morning.plan.pk, line=line)
    morning.go()
    deliver_pending()
    deliver_pending()
    for item in items:
        uses = ItemUse.objects.filter(item=item)
        assert {use.way for use in uses} == {UseWay.BRIEF}
        assert sorted(use.group_id for use in uses) == sorted(each.pk for each in morning.groups.values())


# ------------------------------------------------------------------ who may
def test_every_role_does_what_it_may(morning):
    brief = morning.evening()
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    with pytest.raises(NotFound):
        selectors.brief(stranger, brief.pk)
    with pytest.raises(NotFound):
        actions.rest_plan(actor=stranger, plan_id=morning.plan.pk, rests=True)
    with clock.at(MONDAY - timedelta(hours=2)):
        for role, person in world.everyone(morning.home.pk).items():
            actor = world.actor(person)
            assert selectors.brief(actor, brief.pk) == brief
            if not actor.may(Permission.OPERATE, morning.home.pk):
                with pytest.raises(NotAllowed):
                    actions.approve_brief(actor=actor, brief_id=brief.pk, edition=brief.edition)
            if role == Role.VIEWER:
                with pytest.raises(NotAllowed):
                    actions.pick(actor=actor, plan_id=morning.plan.pk, line=Line(key="own:1", title="a"))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": " "}, "name"),
        ({"weekdays": ()}, "weekdays"),
        ({"header": "{nobody}"}, "header"),
        ({"footer": "x" * 1001}, "footer"),
        ({"count": 0}, "count"),
        ({"at_least": 4}, "at_least"),
        ({"opens": 100}, "opens"),
        ({"selection": Selection(tags=("没有这个标签",))}, "whom"),
        ({"wanted": ("x" * 41,)}, "wanted"),
        ({"editor_id": 1}, "editor"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(morning, wish, field):
    with pytest.raises(Invalid) as refused:
        actions.make_plan(actor=morning.actor, community_id=morning.home.pk, wish=PlanWish(**{**WISH_FIELDS, **wish}))
    assert refused.value.field == field


def test_another_hour_moves_what_can_be_edited_already(morning):
    brief = morning.evening()
    with clock.at(MONDAY - timedelta(hours=2)):
        wish = PlanWish(**{**WISH_FIELDS, "at": time(9)})
        actions.change_plan(actor=morning.actor, plan_id=morning.plan.pk, edition=1, wish=wish)
        with pytest.raises(Conflict):
            actions.change_plan(actor=morning.actor, plan_id=morning.plan.pk, edition=1, wish=wish)
    brief.refresh_from_db()
    assert brief.send_at == MONDAY + timedelta(minutes=30)
    assert BriefPlan.objects.get().edition == 2


def test_phones_show_one_of_each_platform_and_what_cannot_be_reached(morning):
    brief = morning.evening()
    with clock.at(MONDAY - timedelta(hours=2)):
        shown = selectors.phones(morning.actor, morning.plan, "早安 {group} {date}", brief.send_at)
        long = selectors.phones(morning.actor, morning.plan, "长" * 5000, brief.send_at)
    assert [(each.platform, each.text) for each in shown.each] == [("sandbox", "早安 群 !a 11月23日")]
    assert (shown.reached, shown.obstacles) == (2, [])
    assert (long.reached, long.obstacles) == (0, [("The text is longer than its platform takes.", 2)])
