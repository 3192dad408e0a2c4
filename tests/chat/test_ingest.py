"""The one way in: stored once, counted right, nothing stops an account."""

import random
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.db import connection

from qunce.chat.actions import leases, messages
from qunce.chat.actions.ingest import ingest, stages
from qunce.chat.actions.recognition import memory
from qunce.chat.actions.rollups import count_again
from qunce.chat.models import Delivery, GroupHour, Lease, MemberDay, Message, SearchBacklog, Seat, SetAside
from qunce.chat.stage import Stage
from qunce.chat.types import (
    Batch,
    Content,
    GroupGone,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    Origin,
    Sender,
)
from qunce.kernel import wire
from qunce.kernel.ids import new_id, new_ids
from qunce.members.models import Identity, Member, Membership
from tests.chat.support import NOON, account, adopted, lease, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = []
    memory.forget()
    stages.cache_clear()
    yield
    stages.cache_clear()


class Fragile(Stage):
    name = "fragile"

    def run(self, inflow):
        for message in inflow.messages:
            if "毒" in message.text:
                raise ZeroDivisionError("cannot digest")
            inflow.reply(message, Content.of("收到"), key=f"fragile:{message.external_id}")


@pytest.fixture
def fragile(settings):
    settings.INBOUND_STAGES = ["tests.chat.test_ingest.Fragile"]


def test_message_is_stored_with_its_sender_and_counted():
    made = account()
    group = adopted(made, "!a")["!a"]
    result = live(made, said("!a", "大家好 👋🏽", at=NOON), said("!a", "早", at=NOON + minutes(1)))
    assert (result.stored, result.repeated) == (2, 0)
    first = Message.objects.filter(group_id=group.pk).order_by("sent_at").first()
    assert first.text == "大家好 👋🏽"
    assert Identity.objects.get(pk=first.identity_id).member.name == "张三"
    assert GroupHour.objects.get(group_id=group.pk).messages == 2
    assert MemberDay.objects.get(group_id=group.pk).messages == 2


def test_the_same_batch_again_changes_nothing():
    made = account()
    adopted(made, "!a", "!b")
    batch = [said("!a", "一"), said("!b", "二", by="@li", name="李四"), said("!a", "三", at=NOON + minutes(70))]
    live(made, *batch)
    before = [list(model.objects.values().order_by("pk")) for model in (Message, GroupHour, MemberDay, Member)]
    again = live(made, *reversed(batch), batch[0])
    assert (again.stored, again.repeated) == (0, 4)
    assert [list(m.objects.values().order_by("pk")) for m in (Message, GroupHour, MemberDay, Member)] == before


@pytest.mark.parametrize("seed", range(4))
def test_order_and_batching_do_not_matter(seed):
    made = account()
    groups = adopted(made, "!a", "!b")
    rng = random.Random(seed)
    events = [
        said(rng.choice(["!a", "!b"]), f"第 {n} 条", by=f"@p{n % 5}", name=f"人{n % 5}", at=NOON + minutes(n * 37))
        for n in range(60)
    ]
    shuffled = events + rng.sample(events, 20)
    rng.shuffle(shuffled)
    while shuffled:
        size = rng.randint(1, 9)
        live(made, *shuffled[:size])
        del shuffled[:size]
    assert Message.objects.count() == 60
    by_hour = {(h.group_id, h.hour): h.messages for h in GroupHour.objects.all()}
    expected = {}
    for event in events:
        key = (groups[event.group].pk, event.sent_at.replace(minute=0))
        expected[key] = expected.get(key, 0) + 1
    assert by_hour == expected
    assert sum(day.messages for day in MemberDay.objects.all()) == 60


def test_a_day_is_the_communitys_day():
    made = account()
    group = adopted(made, "!ny", zone="America/New_York")["!ny"]
    live(made, said("!ny", "late", at=datetime(2026, 11, 20, 4, 30, tzinfo=UTC)))
    assert MemberDay.objects.get(group_id=group.pk).day == date(2026, 11, 19)


@pytest.mark.parametrize("portion", [1, 3, 1000])
def test_however_a_batch_is_portioned_it_is_stored_once_and_counted_right(monkeypatch, portion):
    monkeypatch.setattr(messages, "PORTION", portion)
    made = account()
    rooms = {
        **adopted(made, "!a", "!b"),
        **adopted(made, "!ny", zone="America/New_York"),
        **adopted(made, "!c"),
        **adopted(made, "!kathmandu", zone="Asia/Kathmandu"),
    }
    rng = random.Random(portion)
    events = [
        said(
            rng.choice(list(rooms)),
            f"第 {n} 条",
            by=f"@p{n % 7}",
            name=f"人{n % 7}",
            at=NOON + minutes(17 * n),
            is_bot=n % 7 == 3,
        )
        for n in range(90)
    ]
    told = events + rng.sample(events, 20)
    rng.shuffle(told)
    first, second = live(made, *told[:60]), live(made, *told[60:])
    assert (first.stored + second.stored, first.repeated + second.repeated) == (90, 20)
    assert sum(day.messages for day in MemberDay.objects.all()) == sum(not e.sender.is_bot for e in events)
    assert sum(len(row.message_ids) for row in SearchBacklog.objects.all()) == 90
    assert count_again(group_ids=[group.pk for group in rooms.values()]) == 0


def test_portions_share_no_group_and_no_zone(monkeypatch):
    monkeypatch.setattr(messages, "PORTION", 4)
    rng = random.Random(5)
    told = sorted((f"zone{group % 3}", group, NOON, n) for n in range(200) if (group := rng.randrange(30)) >= 0)
    found = list(messages.portions(told))
    assert [each for portion in found for each in portion] == told
    groups = [{each[:2] for each in portion} for portion in found]
    assert all(len({zone for zone, _group in each}) == 1 for each in groups)
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert len(found) > 20
    assert list(messages.portions([])) == []


def test_what_comes_again_and_again_is_prepared():
    made = account()
    adopted(made, "!a")
    for n in range(8):
        live(made, said("!a", f"第 {n} 条"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%INSERT INTO chat\\_message %'"
        )
        (times,) = cursor.fetchone()
    assert times >= 2


def test_columns_arrive_as_they_are():
    ids = new_ids(300)
    whole = [0, -1, 1, 2**63 - 1, -(2**63)]
    texts = ["", "早", "👋🏽", 'a"b\\{},NULL', "x" * 70_000]
    with wire.cursor() as cursor:
        asked = "SELECT %b::bigint[], %b::uuid[], %b::text[]"
        cursor.execute(asked, [wire.bigints(whole), wire.uuids(ids), wire.texts(texts)], binary=True)
        assert cursor.fetchone() == (whole, ids, texts)
        cursor.execute(asked, [wire.bigints([]), wire.uuids([]), wire.texts([])], binary=True)
        assert cursor.fetchone() == ([], [], [])


def test_ids_made_together_are_ids_like_any_other():
    before, made, after = new_id(), new_ids(1000), new_id()
    assert [before, *made, after] == sorted({before, *made, after})
    assert {(each.version, each.variant) for each in made} == {(7, before.variant)}
    assert made[0] == UUID(str(made[0]))
    assert hash(made[0]) == hash(UUID(str(made[0])))
    assert made[0].is_safe is before.is_safe


def test_rooms_that_are_not_adopted_are_not_read():
    made = account()
    adopted(made, "!a")
    result = live(made, said("!secret", "不该存"))
    assert result.unread == 1
    assert not Message.objects.exists()
    assert not Identity.objects.exists()


@pytest.mark.usefixtures("fragile")
def test_only_live_messages_are_reacted_to():
    made = account()
    adopted(made, "!a")
    ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "旧的")]))
    assert not Delivery.objects.exists()
    live(made, said("!a", "新的"))
    assert Delivery.objects.get().content == [{"is": "text", "text": "收到"}]


@pytest.mark.usefixtures("fragile")
def test_one_poison_message_is_set_aside_and_the_rest_goes_on():
    made = account()
    adopted(made, "!a", "!b")
    epoch = lease(made)
    events = [said("!a", f"好 {n}") for n in range(20)]
    events.insert(7, said("!b", "有毒", key="$poison"))
    result = live(made, *events, epoch=epoch, cursor="s42")
    assert (result.stored, result.planned, result.set_aside) == (21, 20, 1)
    assert Message.objects.count() == 21
    assert Delivery.objects.count() == 20
    aside = SetAside.objects.get()
    assert (aside.stage, aside.event["external_id"]) == ("fragile", "$poison")
    assert "cannot digest" in aside.error
    assert Lease.objects.get(account=made).cursor == "s42"


def test_a_message_from_an_impossible_time_is_set_aside_unstored():
    made = account()
    adopted(made, "!a")
    result = live(made, said("!a", "未来", at=datetime(9999, 1, 1, tzinfo=UTC)), said("!a", "现在"))
    assert (result.stored, result.set_aside) == (1, 1)
    assert "impossible time" in SetAside.objects.get().error


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "\u202eمرحبا", "𠮷" * 10, "x" * 10_000_000])
def test_texts_that_break_databases_do_not_break_us(text):
    made = account()
    adopted(made, "!a")
    assert live(made, said("!a", text)).stored == 1
    assert len(Message.objects.get().text) <= 20_000


def test_a_lost_lease_stops_the_batch_and_nothing_is_stored():
    made = account()
    adopted(made, "!a")
    epoch = lease(made, "one")
    lease(made, "two")
    with pytest.raises(leases.LeaseLostError):
        live(made, said("!a", "迟到"), epoch=epoch, cursor="s1")
    assert not Message.objects.exists()
    assert Lease.objects.get(account=made).cursor is None


def test_edits_and_deletions():
    made = account()
    adopted(made, "!a")
    live(made, said("!a", "错字", key="$1"), said("!a", "删我", key="$2"))
    live(
        made,
        MessageEdited("!a", "$1", NOON + minutes(2), "对字"),
        MessageEdited("!a", "$1", NOON + minutes(1), "更早的修改"),
        MessageDeleted("!a", "$2", NOON + minutes(3)),
    )
    live(made, MessageEdited("!a", "$1", NOON + minutes(1), "更早的修改"))
    assert Message.objects.get(external_id="$1").text == "对字"
    gone = Message.objects.get(external_id="$2")
    assert (gone.text, gone.deleted_at) == ("", NOON + minutes(3))


def test_joins_and_leaves_twice_and_out_of_order():
    made = account()
    group = adopted(made, "!a")["!a"]
    wang = Sender("@wang", "王五")
    live(made, MemberLeft("!a", wang, NOON + minutes(10)))
    live(made, MemberJoined("!a", wang, NOON), MemberJoined("!a", wang, NOON))
    live(made, MemberJoined("!a", wang, NOON + minutes(20)), MemberLeft("!a", wang, NOON + minutes(10)))
    stays = list(Membership.objects.order_by("joined_at").values_list("joined_at", "left_at"))
    assert stays == [(NOON, NOON + minutes(10)), (NOON + minutes(20), None)]
    hour = GroupHour.objects.get(group_id=group.pk)
    assert (hour.joined, hour.left) == (2, 1)


def test_a_new_name_is_taken_over_everywhere():
    made = account()
    adopted(made, "!a")
    live(made, said("!a", "一", name="小王"))
    live(made, said("!a", "二", name="老王"))
    assert Identity.objects.get().name == "老王"
    assert Member.objects.get().name == "老王"


def test_another_account_reads_on_when_the_reader_leaves():
    one, two = account(), account()
    group = adopted(one, "!a")["!a"]
    from qunce.chat.types import GroupSeen

    live(two, GroupSeen("!a", "群"))
    assert live(two, said("!a", "听不见")).unread == 1
    live(one, GroupGone("!a", "被移出"))
    assert Seat.objects.get(group_id=group.pk, reads=True).account_id == two.pk
    assert live(two, said("!a", "听见了")).stored == 1


def test_statements_do_not_grow_with_the_batch(django_assert_max_num_queries):
    made = account()
    adopted(made, *[f"!{n}" for n in range(20)])
    live(made, *[said(f"!{n % 20}", "暖", by=f"@{n % 30}", name=str(n % 30)) for n in range(60)])
    with django_assert_max_num_queries(12):
        live(made, *[said(f"!{n % 20}", "热", by=f"@{n % 30}", name=str(n % 30)) for n in range(300)])
    assert Message.objects.count() == 360


def test_messages_live_in_monthly_partitions():
    made = account()
    adopted(made, "!a")
    live(made, said("!a", "早", at=datetime(2024, 2, 29, 23, 59, tzinfo=UTC)), said("!a", "晚", at=NOON))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM chat_message ORDER BY sent_at")
        assert [name for (name,) in cursor.fetchall()] == ["chat_message_y2024m02", "chat_message_y2026m11"]
