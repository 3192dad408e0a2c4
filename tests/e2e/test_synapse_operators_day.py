"""A day of an operator, played in the browser on the rooms of the story: waves, the inbox, and a phone for what no
program reaches. Goes on where first light ended.
"""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.e2e.rooms import ROOMS, answers_to, everything_is_recorded_once, ours
from tests.support.browser import PHONE
from tests.support.product import eventually
from tests.support.synapse import at_once

pytestmark = pytest.mark.xdist_group("synapse")
TEXT = "各位{群名}的朋友,周日上午十点线下见面,地点在老城区图书馆。"
QUESTION = "请问周日的活动可以带孩子吗?"
CARRIED = ("妈妈读书一群", "妈妈读书二群", "妈妈读书三群")


def invited(room):
    """How often a room stands invited by the text of this day."""
    return sum("周日上午十点" in event["content"]["body"] for event in ours(room))


def test_a_bad_canary_stops_the_broadcast_and_nobody_else_is_disturbed(story):
    page, product = story.page, story.product
    page.goto(f"{product.address}/broadcasts/new/")
    page.get_by_label("Text", exact=True).fill(TEXT)
    page.get_by_text("Every group that I operate").click()
    page.get_by_text("In waves").click()
    page.get_by_label("First to so many groups").fill("2")
    page.get_by_label("Minutes between waves").fill("1")
    page.get_by_label("people have complained").fill("1")
    page.get_by_role("button", name="See what each group gets").click()
    page.get_by_role("button", name=f"Send to {ROOMS} groups").click()
    page.get_by_role("heading", name=re.compile(rf"Reached \d+ of {ROOMS} groups")).wait_for()
    story.waves = page.url
    canaries = eventually(lambda: _reached(story, 2))
    canaries[0].members[0].say(canaries[0].id, "太吵了,退订")
    page.get_by_text("Look into the groups, then go on or take it back.").wait_for()
    assert sum(at_once([lambda room=room: invited(room) for room in story.rooms])) == 2


def test_the_operator_goes_on_and_every_room_has_it_once(story):
    page = story.page
    page.goto(story.waves)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("dialog").get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name=f"Reached all {ROOMS} groups").wait_for(timeout=240_000)
    assert Counter(at_once([lambda room=room: invited(room) for room in story.rooms])) == {1: ROOMS}


def test_a_question_is_found_answered_and_done_from_the_inbox_by_keyboard(story):
    page, room = story.page, story.rooms[5]
    key = room.members[0].say(room.id, QUESTION)
    page.goto(f"{story.product.address}/inbox/?tab=unanswered")
    row = page.locator(".inbox-row", has_text="可以带孩子吗")
    row.wait_for()
    row.click()
    page.locator(".inbox-meant", has_text="可以带孩子吗").wait_for()
    page.keyboard.press("r")
    page.locator("textarea:focus").wait_for()
    page.keyboard.type("可以,六岁以上就行。")
    page.keyboard.press("Control+Enter")
    assert eventually(lambda: answers_to(room, key)) == ["可以,六岁以上就行。"]
    page.goto(f"{story.product.address}/inbox/?tab=unanswered")
    page.get_by_role("heading", level=1).wait_for()
    expect(row).to_have_count(0)


def test_what_was_said_is_found_by_two_characters(story):
    page = story.page
    eventually(lambda: story.product.rows("SELECT count(*) FROM chat_searchbacklog") == [(0,)])
    page.goto(f"{story.product.address}/inbox/")
    page.keyboard.press("/")
    page.locator("input:focus").wait_for()
    page.keyboard.type("带孩")
    page.locator(".inbox-row", has_text=QUESTION).wait_for()
    page.locator(".inbox-row mark").first.wait_for()


def test_what_no_program_reaches_is_carried_over_on_a_phone(story):
    page, product = story.page, story.product
    page.goto(f"{product.address}/accounts/new/manual/")
    page.get_by_label("Its name there").fill("小助手3号")
    page.get_by_role("button", name="Connect").click()
    page.get_by_label(re.compile("One group per line")).wait_for()
    page.get_by_label(re.compile("One group per line")).fill("\n".join(CARRIED))
    page.get_by_role("button", name="Enter", exact=True).click()
    page.get_by_role("link", name=f"Take {len(CARRIED)} groups over").click()
    page.get_by_label("Choose all groups of this page").check()
    page.get_by_role("button", name="Take over").click()
    page.get_by_text(f"{len(CARRIED)} groups are now in 城市书房.").wait_for()
    page.goto(f"{product.address}/broadcasts/new/")
    page.get_by_label("Text", exact=True).fill("{群名}的妈妈们,今晚八点直播。")
    page.get_by_text("By community, tag or name").click()
    page.get_by_label("Name contains").fill("妈妈读书")
    page.get_by_role("button", name="See what each group gets").click()
    page.get_by_role("button", name=f"Send to {len(CARRIED)} groups").click()
    page.get_by_role("heading", name=re.compile(rf"Reached 0 of {len(CARRIED)} groups")).wait_for()
    page.set_viewport_size(PHONE)
    page.goto(f"{product.address}/by-hand/")
    first, second, third = (page.locator("article.hand", has_text=name) for name in CARRIED)
    expect(first.locator("[data-hand-text]")).to_have_text(f"{CARRIED[0]}的妈妈们,今晚八点直播。")
    for card in (first, second):
        card.get_by_role("button", name="Copy").click()
        card.get_by_text("In your hands").wait_for()
        card.get_by_role("button", name="Sent").click()
        card.get_by_role("button", name="Undo").wait_for()
    third.get_by_text("Leave it out").first.click()
    third.locator("button[name=reason]").first.click()
    third.get_by_text("Left out").first.wait_for()
    states = "SELECT d.state, count(*) FROM chat_delivery d JOIN chat_account a ON a.id = d.account_id"
    told = dict(product.rows(f"{states} WHERE a.platform = 'manual' GROUP BY 1"))
    assert told == {"sent": 2, "skipped": 1}


def test_the_invitation_is_taken_back_everywhere(story):
    page = story.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{story.waves}recall/")
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("heading", name=f"Taken back from {ROOMS} groups").wait_for(timeout=240_000)
    assert not any(at_once([lambda room=room: invited(room) for room in story.rooms]))
    eventually(lambda: everything_is_recorded_once(story))


def _reached(story, count):
    """The rooms that have the text of this day, once they are so many."""
    standing = at_once([lambda room=room: invited(room) for room in story.rooms])
    rooms = [room for room, times in zip(story.rooms, standing, strict=True) if times]
    return rooms if len(rooms) >= count else None
