"""First light on real input: connect, take over, answer, push, and come through what goes wrong.

The tests are chapters of one story (see conftest.py) and run in order.
"""

import re
import threading
import time
from collections import Counter

import pytest

from tests.e2e.rooms import MEMBERS, ROOMS, SIGN_UP, answers_to, everything_is_recorded_once, ours
from tests.support.hands import GROUPS_FOUND, connect, set_up, take_over
from tests.support.product import eventually
from tests.support.synapse import at_once

pytestmark = pytest.mark.xdist_group("synapse")
WHERE = "在哪里见面"
ANSWER = "{昵称},回复「我要参加」加城市即可。"


# ------------------------------------------------------------------ chapters
def test_the_first_administrator_sets_up_and_connects_two_accounts(story):
    set_up(story.page, story.product)
    for account in story.accounts:
        connect(story.page, story.product, account)
    eventually(lambda: story.product.rows(GROUPS_FOUND) == [(ROOMS,)])


def test_all_rooms_are_taken_over_at_once_and_their_past_is_read(story):
    take_over(story.page, story.product, rooms=ROOMS)
    assert everything_is_recorded_once(story)
    people = "SELECT count(DISTINCT identity_id) FROM members_membership WHERE left_at IS NULL"
    assert story.product.rows(people)[0][0] >= MEMBERS + 4  # the hosts are members too


def test_members_say_keywords_and_get_the_right_answer_once(story):
    rule(story, "报名", ANSWER)
    rule(story, WHERE, "在老城区图书馆。", exact=True)
    rule(story, WHERE, "在{group}的书房。", exact=True, group=story.rooms[1].name)
    rooms = story.rooms
    asked = [
        (rooms[0], SIGN_UP, "成员0,回复「我要参加」加城市即可。"),
        (rooms[1], WHERE, f"在{rooms[1].name}的书房。"),
        (rooms[2], WHERE, "在老城区图书馆。"),
        (rooms[3], "请问这周怎么报名?谢谢 🙏", "成员3,回复「我要参加」加城市即可。"),
    ]
    keys = [room.members[0].say(room.id, words) for room, words, _ in asked]
    chatter(story.rooms)
    for (room, _, answer), key in zip(asked, keys, strict=True):
        assert eventually(lambda room=room, key=key: answers_to(room, key)) == [answer]
    eventually(lambda: everything_is_recorded_once(story))
    assert [len(ours(room)) for room in rooms] == [1, 1, 1, 1] + [0] * (ROOMS - 4)


def test_a_push_reaches_every_room_exactly_once_though_the_gateway_is_killed(story):
    page, product = story.page, story.product
    page.goto(f"{product.address}/broadcasts/new/")
    page.get_by_label("Text").fill("晚上好,{群名}!今晚八点共读。")
    page.get_by_text("Every group that I operate").click()
    page.get_by_role("button", name="See what each group gets").click()
    page.get_by_role("button", name=f"Send to {ROOMS} groups").click()
    page.get_by_role("heading", name=re.compile(rf"Reached \d+ of {ROOMS} groups")).wait_for()
    story.broadcast = page.url
    for reached in (1, 20):
        eventually(lambda reached=reached: deliveries(story, "sent") >= reached, every=0.02)
        product.role("gateway").kill()
    page.get_by_role("heading", name=f"Reached all {ROOMS} groups").wait_for(timeout=120_000)
    for room, said in zip(story.rooms, at_once([lambda room=room: ours(room) for room in story.rooms]), strict=True):
        assert Counter(pushed(said)) == {f"晚上好,{room.name}!今晚八点共读。": 1}
    eventually(lambda: everything_is_recorded_once(story))


def test_without_its_database_for_twenty_seconds_nothing_is_lost_and_nothing_doubled(story):
    rooms, keys = story.rooms, []
    away = threading.Thread(target=story.product.without_database, args=(20,))
    away.start()
    until = time.monotonic() + 24
    for turn in range(40):
        room = rooms[turn % ROOMS]
        key = room.members[turn % 2].say(room.id, SIGN_UP if turn % 10 == 5 else f"第 {turn} 句")
        keys += [(room, key)] if turn % 10 == 5 else []
        time.sleep(max(0, (until - time.monotonic()) / (40 - turn)))
    away.join()
    eventually(story.product.is_well)
    eventually(lambda: everything_is_recorded_once(story))
    for room, key in keys:
        assert len(eventually(lambda room=room, key=key: answers_to(room, key))) == 1


def test_an_event_that_cannot_be_read_is_set_aside_and_its_account_goes_on(story):
    room = story.rooms[4]
    changed = {"rel_type": "m.replace", "event_id": room.members[0].say(room.id, "说错了")}
    room.members[0].say(room.id, "* an edit that does not say into what", **{"m.relates_to": changed})
    key = room.members[0].say(room.id, SIGN_UP)
    assert len(eventually(lambda: answers_to(room, key))) == 1
    story.page.goto(f"{story.product.address}/accounts/set-aside/")
    story.page.get_by_text("The whole event").wait_for()
    assert story.product.rows("SELECT count(*) FROM chat_setaside") == [(1,)]


def test_a_recall_takes_the_push_out_of_every_room(story):
    page = story.page
    answered = sum(len(ours(room)) for room in story.rooms) - ROOMS
    page.goto(f"{story.broadcast}recall/")
    page.get_by_role("heading", name=f"Take it back from {ROOMS} groups?").wait_for()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("heading", name=f"Taken back from {ROOMS} groups").wait_for(timeout=150_000)
    said = at_once([lambda room=room: ours(room) for room in story.rooms])
    assert not [text for events in said for text in pushed(events)]
    assert sum(map(len, said)) == answered
    eventually(lambda: everything_is_recorded_once(story))


# ------------------------------------------------------------------ hands
def rule(story, keywords, answer, *, exact=False, group=None):
    """Make a keyword rule at its page."""
    page = story.page
    page.goto(f"{story.product.address}/keyword-replies/new/")
    page.get_by_label("Keywords").fill(keywords)
    if exact:
        page.get_by_label("is the whole message").check()
    page.get_by_label("Answer", exact=True).fill(answer)
    page.get_by_label("In one group" if group else "In all groups").check()
    if group:
        page.get_by_label("Group", exact=True).select_option(label=group)
    page.get_by_label("Silence after an answer").select_option("0")
    page.get_by_role("button", name="Make the rule").click()
    page.get_by_text("The rule is made").wait_for()


def chatter(rooms):
    """Every member says something that nobody has to answer."""
    turns = [(room, who) for room in rooms for who in room.members]
    at_once([lambda room=room, who=who: who.say(room.id, f"{room.name},早上好 ☀️") for room, who in turns])


def deliveries(story, state):
    """How many messages of the push are in this state."""
    counted = "SELECT count(*) FROM chat_delivery WHERE broadcast_id IS NOT NULL AND state = %s"
    return story.product.rows(counted, state)[0][0]


def pushed(events):
    """The texts among ours that are the push's."""
    return [event["content"]["body"] for event in events if "今晚八点共读" in event["content"]["body"]]
