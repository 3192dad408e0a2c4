"""Edits: the last one holds, and only the sender's own where the platform lets anybody claim one."""

from itertools import permutations

import pytest

from qunce.chat.models import Message
from qunce.chat.types import MessageDeleted, MessageEdited
from qunce.members.models import Identity
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db
ROOM = "!room"


def edited(text, minute, *, by=None, key="$m"):
    return MessageEdited(ROOM, key, NOON + minutes(minute), text, by=by)


@pytest.fixture
def ours():
    made = account()
    adopted(made, ROOM)
    return made


def text():
    return Message.objects.get(external_id="$m").text


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False])
def test_the_last_edit_holds_in_whatever_order_they_come(ours, order, together):
    live(ours, said(ROOM, "原文", key="$m"))
    edits = [edited(f"第 {minute} 次", minute, by="@zhang") for minute in order]
    for batch in [edits] if together else [[each] for each in edits]:
        live(ours, *batch)
    assert text() == "第 3 次"


def test_an_edit_comes_with_its_message(ours):
    live(ours, said(ROOM, "原文", key="$m"), edited("改过", 1, by="@zhang"))
    assert text() == "改过"


def test_nobody_edits_what_others_said(ours):
    live(ours, said(ROOM, "原文", key="$m"), said(ROOM, "在", by="@li", key="$other"))
    live(ours, edited("改过", 1, by="@zhang"), edited("篡改", 2, by="@li"), edited("篡改", 3, by="@stranger"))
    assert text() == "改过"
    assert Identity.objects.get(external_id="@stranger").name == ""


def test_platforms_that_see_to_it_need_not_name_the_editor(ours):
    live(ours, said(ROOM, "原文", key="$m"))
    live(ours, edited("改过", 1))
    assert text() == "改过"


def test_what_is_gone_stays_gone(ours):
    live(ours, said(ROOM, "原文", key="$m"), MessageDeleted(ROOM, "$m", NOON + minutes(1)))
    live(ours, edited("改过", 2, by="@zhang"))
    assert text() == ""
