"""Counting: by day and hour of the group's zone, and again from the messages."""

import random
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from qunce.chat.actions.recognition import memory
from qunce.chat.actions.rollups import count_again
from qunce.chat.models import GroupHour, MemberDay, Seat
from qunce.chat.selectors import activity, messages, timeline
from qunce.chat.types import MemberJoined, MemberLeft, MessageDeleted, Sender
from qunce.community import actions as community
from qunce.community import selectors
from qunce.community.types import CommunityProfile, GroupFilter
from qunce.kernel import clock, events
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from qunce.members.models import Identity
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)

STRANGER = Actor(id=9, name="Wei", grants={999_999: Role.OWNER})


@pytest.fixture(autouse=True)
def afresh(settings):
    """Noon in Shanghai on Friday, 20 November 2026; nothing reacts to messages."""
    settings.INBOUND_STAGES = []
    memory.forget()
    with clock.at(NOON + timedelta(minutes=1)):
        yield


def snapshot():
    return (
        set(GroupHour.objects.values_list("group_id", "hour", "messages", "bot_messages", "joined", "left")),
        set(MemberDay.objects.values_list("group_id", "day", "identity_id", "messages")),
    )


def chatter(group_room: str, seed: int = 1, count: int = 60):
    rng = random.Random(seed)
    return [
        said(
            group_room,
            f"第 {n} 条",
            by=f"@p{rng.randint(1, 4)}",
            name="",
            at=NOON - timedelta(minutes=rng.randint(0, 60 * 24 * 20)),
            is_bot=False,
        )
        for n in range(count)
    ]


def test_days_are_those_of_the_zone_and_none_is_left_out():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(
        made,
        said("!a", "before midnight", at=datetime(2026, 11, 18, 15, 59, tzinfo=UTC)),
        said("!a", "after midnight", at=datetime(2026, 11, 18, 16, 0, tzinfo=UTC)),
        said("!a", "too old", at=datetime(2026, 11, 16, 15, 59, tzinfo=UTC)),
        said("!a", "a bot", by="@bot", is_bot=True),
        MemberJoined("!a", Sender("@new", "新人"), NOON),
        MemberLeft("!a", Sender("@new", "新人"), NOON + minutes(1)),
    )
    days = activity.days_of_group(SYSTEM, group.pk, days=4)
    assert [(day.day, day.messages) for day in days] == [
        (date(2026, 11, 17), 0),
        (date(2026, 11, 18), 1),
        (date(2026, 11, 19), 1),
        (date(2026, 11, 20), 0),
    ]
    assert (days[-1].bot_messages, days[-1].joined, days[-1].left) == (1, 1, 1)


def test_a_page_of_groups_is_counted_in_one_statement(django_assert_num_queries):
    made = account()
    rooms = [f"!{n}" for n in range(20)]
    groups = adopted(made, *rooms)
    live(made, *(said(room, "hi") for room in rooms[:10]))
    ids = [group.pk for group in groups.values()]
    with django_assert_num_queries(2):  # visible groups with their zones; the counts
        counted = activity.daily_messages(SYSTEM, ids, days=14)
    assert [counted[groups[room].pk][-1] for room in rooms] == [1] * 10 + [0] * 10
    assert {len(days) for days in counted.values()} == {14}


def test_communities_are_counted_over_their_open_groups():
    made = account()
    groups = adopted(made, "!a", "!b", "!c")
    live(made, said("!a", "1"), said("!b", "2"), said("!c", "3"))
    community.archive_groups(actor=SYSTEM, group_ids=[groups["!c"].pk])
    home = (groups["!a"].pk and groups["!a"].community_id) or community_of(groups["!a"])
    assert [day.messages for day in activity.days_of_communities(SYSTEM, days=2)[home]] == [0, 2]
    assert activity.days_of_communities(STRANGER, days=2) == {}


def community_of(group):
    group.refresh_from_db()
    return group.community_id


def test_rhythm_is_by_weekday_and_hour_of_the_zone():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(made, said("!a", "Friday noon"), said("!a", "Sunday 23", at=datetime(2026, 11, 15, 15, 30, tzinfo=UTC)))
    cells = activity.rhythm(SYSTEM, group.pk)
    assert cells[4][12] == 1
    assert cells[6][23] == 1
    assert sum(map(sum, cells)) == 2
    assert sum(map(sum, activity.rhythm(STRANGER, group.pk))) == 0


def test_busiest_are_people_not_identities_or_bots():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(
        made,
        *(said("!a", str(n), by="@li", name="李四") for n in range(3)),
        *(said("!a", str(n), by="@wang", name="王五") for n in range(2)),
        *(said("!a", str(n), by="@wang2", name="王五二") for n in range(2)),
        said("!a", "x", by="@bot", name="Bot", is_bot=True),
    )
    one = Identity.objects.get(external_id="@wang")
    Identity.objects.filter(external_id="@wang2").update(member=one.member_id)
    assert [(busy.name, busy.messages) for busy in activity.busiest(SYSTEM, group.pk)] == [("王五", 4), ("李四", 3)]
    assert activity.busiest(STRANGER, group.pk) == []


def test_groups_are_ranked_by_what_people_said_lately():
    made = account()
    groups = adopted(made, "!a", "!b", "!c")
    a, b, c = (groups[room].pk for room in ("!a", "!b", "!c"))
    live(made, said("!b", "1"), said("!b", "2"), said("!c", "1"), said("!a", "old", at=NOON - timedelta(days=8)))
    everything = selectors.find_groups(SYSTEM, GroupFilter())
    assert activity.ranked(everything) == [b, c, a]
    assert activity.ranked(everything, quietest=True) == [a, c, b]


def test_latest_messages_page_by_page_with_names_and_what_they_answer():
    made = account()
    group = adopted(made, "!a")["!a"]
    a_hair = timedelta(microseconds=7)
    live(made, *(said("!a", f"{n}", at=NOON + n * a_hair, key=f"$k{n}") for n in range(5)))
    live(made, said("!a", "because", by="@li", name="李四", at=NOON + minutes(9), reply_to="$k2"))
    first = messages.latest(SYSTEM, group.pk, size=4)
    assert [line.message.text for line in first] == ["because", "4", "3", "2"]
    assert (first.items[0].who.name, first.items[0].answers.text) == ("李四", "2")
    rest = messages.latest(SYSTEM, group.pk, cursor=first.older, size=4)
    assert [line.message.text for line in rest] == ["1", "0"]
    assert rest.older == ""
    back = messages.latest(SYSTEM, group.pk, cursor=rest.newer, size=4)
    assert [line.message.id for line in back] == [line.message.id for line in first]
    with pytest.raises(NotFound):
        messages.latest(STRANGER, group.pk)


def test_what_one_person_said_on_one_day():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(
        made,
        said("!a", "late", at=datetime(2026, 11, 19, 15, 59, tzinfo=UTC)),
        said("!a", "early", at=datetime(2026, 11, 18, 16, 0, tzinfo=UTC)),
        said("!a", "next day", at=datetime(2026, 11, 19, 16, 0, tzinfo=UTC)),
        said("!a", "somebody else", by="@li", at=datetime(2026, 11, 19, 1, 0, tzinfo=UTC)),
    )
    zhang = Identity.objects.get(external_id="@zhang").pk
    lines = messages.said_on(SYSTEM, group.pk, [zhang], date(2026, 11, 19))
    assert [line.message.text for line in lines] == ["early", "late"]


def test_timeline_joins_what_was_said_with_coming_and_going():
    made = account()
    groups = adopted(made, "!a", "!b")
    li = Sender("@li", "李四")
    live(
        made,
        MemberJoined("!a", li, NOON - timedelta(days=3), source="link"),
        said("!a", "1", by="@li", name="李四", at=NOON - timedelta(days=3)),
        said("!a", "2", by="@li", name="李四", at=NOON - timedelta(days=1)),
        said("!b", "3", by="@li", name="李四", at=NOON - timedelta(days=1)),
        MemberLeft("!a", li, NOON),
    )
    member = Identity.objects.get(external_id="@li").member_id
    shown = timeline.timeline(SYSTEM, member, days=2)
    assert [day.day for day in shown.days] == [date(2026, 11, 20), date(2026, 11, 19)]
    assert [(turn.joined, turn.group_id) for turn in shown.days[0].turns] == [(False, groups["!a"].pk)]
    assert shown.days[1].said == {groups["!a"].pk: 1, groups["!b"].pk: 1}
    rest = timeline.timeline(SYSTEM, member, before=shown.before, days=2)
    assert [(day.day, day.turns[0].source) for day in rest.days] == [(date(2026, 11, 17), "link")]
    assert rest.before is None
    with pytest.raises(NotFound):
        timeline.timeline(STRANGER, member)


def test_counting_again_finds_nothing_wrong_and_mends_what_is():
    made = account()
    groups = adopted(made, "!a", "!b")
    ids = [group.pk for group in groups.values()]
    live(made, *chatter("!a", 1), *chatter("!b", 2), said("!a", "x", by="@bot", is_bot=True), key_said())
    live(made, MessageDeleted("!a", "$gone", NOON + minutes(1)))
    before = snapshot()
    assert count_again(group_ids=ids) == 0
    assert snapshot() == before
    GroupHour.objects.filter(group_id=ids[0]).update(messages=0, bot_messages=7)
    MemberDay.objects.filter(group_id=ids[1]).delete()
    MemberDay.objects.create(group_id=ids[0], day=date(2026, 1, 1), identity_id=424_242, messages=5)
    assert count_again(group_ids=ids) > 0
    assert snapshot() == before


def key_said():
    return said("!a", "to be deleted", key="$gone")


def test_a_new_zone_moves_the_days():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(made, said("!a", "late in Shanghai", at=datetime(2026, 11, 19, 15, 30, tzinfo=UTC)))
    home = community_of(group)
    assert MemberDay.objects.get().day == date(2026, 11, 19)
    profile = CommunityProfile("Tokyo readers", zone="Asia/Tokyo")
    community.change_community(actor=SYSTEM, community_id=home, profile=profile)
    events.deliver_pending()
    run_jobs()
    assert [(row.day, row.messages) for row in MemberDay.objects.all()] == [(date(2026, 11, 20), 1)]


def test_a_group_that_moves_is_counted_in_its_new_zone_and_one_without_history_is_left_alone():
    made = account()
    groups = adopted(made, "!a", "!b")
    events.deliver_pending()
    live(made, said("!a", "late in Shanghai", at=datetime(2026, 11, 19, 15, 30, tzinfo=UTC)))
    tokyo = community.create_community(actor=SYSTEM, profile=CommunityProfile("Tokyo", zone="Asia/Tokyo"))
    ids = [group.pk for group in groups.values()]
    community.adopt_groups(actor=SYSTEM, community_id=tokyo.pk, group_ids=ids)
    events.deliver_pending()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, jsonb_array_elements(args->'group_ids')::bigint FROM procrastinate_jobs"
            " WHERE task_name = 'chat.count_again' ORDER BY id"
        )
        waiting = [group_id for _job, group_id in cursor.fetchall() if group_id in ids]
    assert waiting == [groups["!a"].pk]
    run_jobs()
    assert MemberDay.objects.get().day == date(2026, 11, 20)


def test_a_restored_group_is_read_again_by_who_is_there():
    made = account()
    group = adopted(made, "!a")["!a"]
    community.archive_groups(actor=SYSTEM, group_ids=[group.pk])
    Seat.objects.update(reads=False)
    community.restore_groups(actor=SYSTEM, group_ids=[group.pk])
    events.deliver_pending()
    assert Seat.objects.get(group_id=group.pk).reads


def run_jobs() -> None:
    """Run what waits for a worker, whatever its time."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def test_counting_again_while_messages_arrive_loses_none():
    made = account()
    group = adopted(made, "!a")["!a"]
    live(made, *chatter("!a", 3, 200))
    MemberDay.objects.all().update(messages=1)
    stop = threading.Event()

    def count() -> None:
        try:
            while not stop.is_set():
                count_again(group_ids=[group.pk])
        finally:
            connection.close()

    counting = threading.Thread(target=count)
    counting.start()
    try:
        for seed in range(30):
            live(made, *chatter("!a", 100 + seed, 20))
    finally:
        stop.set()
        counting.join()
    count_again(group_ids=[group.pk])
    assert sum(row.messages for row in MemberDay.objects.all()) == 200 + 30 * 20
    assert sum(row.messages for row in GroupHour.objects.all()) == 200 + 30 * 20
    assert count_again(group_ids=[group.pk]) == 0
