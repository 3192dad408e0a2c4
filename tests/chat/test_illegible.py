"""Characters that no database takes: nobody escapes being read by putting them into a name."""

import pytest

from qunce.chat.models import Gap, Message, Seat, SetAside
from qunce.chat.types import GapSeen, GroupGone, GroupSeen, MemberJoined, MemberLeft, Sender
from qunce.community.models import Group
from qunce.members.models import Identity, Membership
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db
ROOM = "!room"
BAD, GOOD = "张\0三 \ud83d", "张三 ?"


@pytest.fixture
def ours():
    made = account()
    adopted(made, ROOM)
    return made


def test_what_somebody_with_such_a_name_says_is_read(ours):
    others = [said(ROOM, f"第 {number} 句", by="@li", name="李四") for number in range(6)]
    result = live(ours, *others[:3], said(ROOM, "看得见", name=BAD, reply_to=BAD), *others[3:])
    assert (result.stored, result.set_aside) == (7, 0)
    assert Identity.objects.get(external_id="@zhang").name == GOOD
    assert Message.objects.get(text="看得见").reply_to == GOOD


def test_comings_goings_rooms_and_gaps_are_recorded(ours):
    live(
        ours,
        MemberJoined(ROOM, Sender("@wang", BAD), NOON, Sender("@li", BAD), source=BAD),
        MemberLeft(ROOM, Sender("@wang", BAD), NOON + minutes(5)),
        GroupSeen(ROOM, BAD, BAD),
        GapSeen(ROOM, NOON, NOON + minutes(1), BAD),
        GroupSeen("!other", "别处"),
        GroupGone("!other", BAD),
    )
    assert not SetAside.objects.exists()
    assert Membership.objects.get(identity__external_id="@wang").left_at
    assert Group.objects.get(external_id=ROOM).name == GOOD
    assert Gap.objects.get().reason == GOOD
    assert Seat.objects.get(left_at__isnull=False).left_reason == GOOD


def test_no_two_ids_are_made_into_one(ours):
    live(ours, said(ROOM, "我是张三", by="@zhang", name="张三"))
    result = live(ours, said(ROOM, "我才是", by="@zhang\0", name="张三"))
    assert (result.stored, result.set_aside) == (0, 1)
    assert Identity.objects.filter(external_id__startswith="@zhang").count() == 1
