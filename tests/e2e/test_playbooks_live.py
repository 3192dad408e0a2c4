"""A playbook lives its fourteen days in thirty rooms of a real homeserver, and does what its rehearsals have said.

The tests are chapters of one story and run in order. Product and homeserver share a clock that is moved from due
moment to due moment; what was said is counted in the rooms, as a member sees them.
"""

import json
import os
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.e2e.fortnight import BEGINS, BRANCH, DEATHS, MANY, ROOMS, SCRIPT, SECOND, Life, answers, day, settle_in
from tests.support.browser import DESK
from tests.support.hands import connect, set_up, take_over
from tests.support.moved import MovedClock
from tests.support.product import Product
from tests.support.synapse import at_once, running

pytestmark = pytest.mark.xdist_group("fortnight")
SEED = int(os.environ.get("QUNCE_TEST_SEED", "14"))
CLOSE = timedelta(minutes=10)
MOVED = day(11, "12:00")


@pytest.fixture(scope="module")
def story(browser, tmp_path_factory):
    """The rooms, and a product that operates them, an hour before the playbook begins."""
    folder = tmp_path_factory.mktemp("fortnight")
    clock = MovedClock(folder, BEGINS - timedelta(hours=1))
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Shanghai", viewport=DESK)
    context.set_default_timeout(60_000)
    product = Product(folder / "data folder", **clock.environment, QUNCE_QUIET_HOURS="22:00-08:00")
    product.folder.mkdir()
    life = Life(clock, product, SEED)
    with running(folder / "synapse", clock.environment) as server:
        accounts, rooms = settle_in(server)
        try:
            product.start()
            page = context.new_page()
            set_up(page, product)
            for account in accounts:
                connect(page, product, account, per_second=100)
            take_over(page, product, rooms=ROOMS)
            life.second_worker()
            yield SimpleNamespace(folder=folder, product=product, page=page, rooms=rooms, life=life)
        finally:
            context.close()
            life.end()
            product.stop()


# ------------------------------------------------------------------ chapters
def test_both_versions_are_rehearsed_with_everybody_answering_and_with_nobody(story):
    story.first, story.second = (rehearsed(story, script) for script in (SCRIPT, SECOND))
    for everybody, nobody in (story.first, story.second):
        for room in story.rooms:
            sides = ([each for each in side[room.name] if each[1] not in BRANCH] for side in (everybody, nobody))
            assert next(sides) == next(sides)
    assert not any(at_once([lambda room=room: said_in(room) for room in story.rooms]))


def test_it_lives_through_twenty_deaths_and_a_change_of_version(story):
    life, rooms = story.life, story.rooms
    story.product.told("playbook import", written(story, SCRIPT, 0.3))
    publish(story)
    begin(story)
    life.until(day(1, "20:00"))
    life.say([
        *(said for room in rooms[0::3] for said in answers(room, "question", "聊聊第一章")),
        *(said for room in rooms[1::3] for said in answers(room, "question", "我先说", of=room.people[1:2])),
    ])  # fmt: skip
    life.until(day(2, "18:00"))
    life.say([(rooms[2], rooms[2].people[1], "我昨天没看到")])  # too late to be an answer
    life.until(day(4, "12:00"))
    do_tasks(story, rooms[:2])
    life.until(day(5, "21:00"))
    life.say([said for room in rooms[1::2] for said in answers(room, "chat", "晚上好", of=room.people[2:3])])
    life.until(day(6, "18:00"))
    change(story, SECOND)
    publish(story)
    life.until(day(7, "21:00"))
    life.say([
        *(said for room in rooms[0::4] for said in answers(room, "checkin", "打卡，十二页")),
        *(said for room in rooms[1::4] for said in answers(room, "checkin", "第 9 页 打卡！", of=room.people[:1])),
        *((room, room.people[1], "今天没读") for room in rooms[2::4]),  # without the keyword
    ])  # fmt: skip
    life.until(MOVED)
    move(story)
    life.until(day(13, "22:00"))
    print(f"\nSeed {SEED}: {life.in_the_middle} of these in the middle of something: {life.deaths}")  # noqa: T201 (to do it again)
    assert story.product.rows("SELECT state, count(*) FROM playbooks_track GROUP BY 1") == [("done", ROOMS)]
    assert len(life.deaths) == DEATHS
    assert life.in_the_middle >= DEATHS / 4


def test_every_room_has_heard_once_what_was_rehearsed(story):
    for room, live in zip(
        story.rooms, at_once([lambda room=room: said_in(room) for room in story.rooms]), strict=True
    ):
        told = foreseen(story, room)
        assert [text for _at, text in live] == [text for _at, text in told], room.name
        assert [(at, then) for (at, _), (then, _) in zip(live, told, strict=True) if abs(at - then) > CLOSE] == []
    texts = {text for room in story.rooms for _at, text in foreseen(story, room)}
    assert {
        "第十天，按第一版说",
        "第十二天，按第二版说",
        "这句只在第二版里",
        "今天有人来看过大家",
        "今天 1 人打卡",
    } <= texts


# ------------------------------------------------------------------ rehearsals
def written(story, script, takes_part):
    """The playbook in a file, with what its author expects."""
    file = story.folder / "fortnight.yaml"
    file.write_text(script.replace("TAKES_PART", str(takes_part)))
    return file


def rehearsed(story, script):
    """What each room, by its name, will hear: where everybody answers, and where nobody does."""
    begins = f"{BEGINS.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    found = []
    for takes_part in (1, 0):
        file = written(story, script, takes_part)
        told = json.loads(story.product.told("rehearse", file, "--days", "14", "--from", begins, "--json"))
        assert (told["groups"], told["stopped_early"]) == (ROOMS, False)
        heard = defaultdict(list)
        for each in told["messages"]:
            heard[each["group"]].append((datetime.fromisoformat(each["at"]), each["step"], each["text"]))
        found.append(heard)
    return found


def foreseen(story, room):
    """What rehearsals say of a room whose people did as they did: of the first version until the move, then the second."""
    told = [each for each in of_version(story.first, room) if each[0] < MOVED]
    told += [each for each in of_version(story.second, room) if each[0] >= MOVED]
    return [(at, as_answered(room, step, text)) for at, step, text in sorted(told)]


def of_version(rehearsals, room):
    """Steps of a branch are taken from the rehearsal in which people did the same."""
    everybody, nobody = (heard[room.name] for heard in rehearsals)
    told = [each for each in everybody if each[1] not in BRANCH or room.answered[BRANCH[each[1]]]]
    return told + [each for each in nobody if each[1] in BRANCH and not room.answered[BRANCH[each[1]]]]


def as_answered(room, step, text):
    """Where only one of the people has answered, the texts that say so tell of one."""
    who = room.answered[BRANCH.get(step, "")]
    if step == "thanks":
        return thanks(text if len(who) == len(room.people) else who[0].shown)
    return "今天 1 人打卡" if step == "counted" and len(who) == 1 else text


def thanks(text):
    """Who is thanked, in whatever order."""
    return f"谢谢 {sorted(re.findall(r'群主[0-9]+|成员[0-9]+', text))}"


def said_in(room):
    """What our account has said in a room and when, as its people see it."""
    events = [event for event in room.people[1].messages(room.id) if event["sender"] == room.account.id]
    texts = [(event["origin_server_ts"], event["content"]["body"]) for event in events]
    return [
        (datetime.fromtimestamp(at / 1000, UTC), thanks(text) if text.startswith("谢谢") else text)
        for at, text in texts
    ]


# ------------------------------------------------------------------ hands
def publish(story):
    """Publish the draft at its page, whatever speaks against it."""
    story.playbook = story.product.rows("SELECT id FROM playbooks_playbook WHERE key = 'fortnight'")[0][0]
    page = story.page
    page.goto(f"{story.product.address}/playbooks/{story.playbook}/publish/")
    for box in page.locator("input[name=accepted]").all():
        box.check()
    page.get_by_role("button", name="Publish it").click()
    page.wait_for_url(re.compile(rf"/playbooks/{story.playbook}/(?!publish)"))


def begin(story):
    """Put it to work in every group, from the hour on that was rehearsed."""
    page = story.page
    page.goto(f"{story.product.address}/playbooks/{story.playbook}/begin/")
    page.get_by_text("Every group that I operate").click()
    page.get_by_label("Begins").fill(f"{BEGINS:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="See what will happen").click()
    page.get_by_text(f"{ROOMS} groups").first.wait_for()
    page.get_by_role("button", name="Begin now").click()
    page.wait_for_url(re.compile(r"/playbooks/runs/\d+/"))
    story.run = page.url


def do_tasks(story, rooms):
    """The tasks of the rooms with many people are done, each with proof."""
    page = story.page
    for room in rooms:
        assert len(room.people) >= MANY
        page.goto(f"{story.product.address}/tasks/")
        page.get_by_role("link", name=f"到 {room.name} 里看看").click()
        page.get_by_label("What was done").fill("看过了，都好")
        page.get_by_role("button", name="It is done").click()
        page.get_by_text(f"“到 {room.name} 里看看” is done.").wait_for()


def change(story, script):
    """Write the draft anew at the page of its text."""
    page = story.page
    page.goto(f"{story.product.address}/playbooks/{story.playbook}/text/")
    page.get_by_label("The playbook as a text").fill(script.replace("TAKES_PART", "0.3"))
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Saved").first.wait_for()


def move(story):
    """Move what is under way to the new version, after a look at who goes on where."""
    page = story.page
    page.goto(f"{story.run}move/")
    page.get_by_role("heading", name="From version 1 to version 2").wait_for()
    expect(page.locator(".lines li strong")).to_have_text([str(ROOMS)])
    page.get_by_role("button", name="Move them").click()
    page.get_by_text(f"{ROOMS} targets have version 2 now.").wait_for()
