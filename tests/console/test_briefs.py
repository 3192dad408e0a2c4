"""The pages of briefs, feeds and suggestions, as people use them."""

import re
from datetime import time, timedelta

import pytest
from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.types import EVERY_DAY, Restraint, Selection
from qunce.content import actions
from qunce.content.models import Brief, BriefPlan, FeedEntry, NewsFeed, Suggestion
from qunce.content.types import PlanWish
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot, wait_until_true

pytestmark = pytest.mark.django_db(transaction=True)
TITLES = (
    "三步读懂一份财报",
    "城市图书馆周末延长开放",
    "用番茄钟读完一本厚书",
    "本周新书七本",
    "为什么我们总在深夜买书",
)


def stocked(home):
    now = clock.now()
    feed = NewsFeed.objects.create(
        community=home,
        url="https://example.org/rss",
        title="读书日报",
        next_at=now + timedelta(days=1),
        created_at=now,
        read_at=now,
    )
    broken = NewsFeed.objects.create(
        community=home, url="https://example.org/old", title="旧站", next_at=now + timedelta(hours=2), created_at=now,
        error="Its server says that there is nothing at this address.", failures=3,
    )  # fmt: skip
    for n, title in enumerate(TITLES):
        at = now - timedelta(hours=n + 1)
        FeedEntry.objects.create(
            feed=feed, guid=str(n), title=title, url=f"https://example.org/{n}", summary="一句话说清楚它为什么值得看。",
            at=at, seen_at=at, there_at=now,
        )  # fmt: skip
    return feed, broken


def test_a_brief_is_planned_edited_and_approved(browse):
    owner, made = world.owner(), world.lively(groups=2, found=0)
    world.carried_by_hand(made.home)
    restraint = Restraint(time(22), time(8))
    chat.set_restraint(actor=SYSTEM, community_id=made.home.pk, restraint=restraint)
    page = browse("/content/briefs/", owner)
    expect(page.get_by_role("heading", name="No brief goes out yet")).to_be_visible()
    page_ok(page, "briefs-none")
    stocked(made.home)
    page.get_by_role("link", name="Plan a brief").first.click()
    page.get_by_label("Sunday").check()
    page.get_by_label("Saturday").check()
    page.get_by_label("Can be edited from").fill("47")
    page.get_by_label("At", exact=True).fill("07:00")
    page.get_by_text("a brief of 07:00 is too late by then").wait_for()
    page.get_by_label("At", exact=True).fill("08:30")
    page.get_by_text("a brief of 07:00").wait_for(state="detached")
    page_ok(page, "brief-plan")
    page.get_by_role("button", name="Let it go out").click()
    page.get_by_text("It goes out from now on.").wait_for()
    assert BriefPlan.objects.get().weekdays == list(EVERY_DAY)
    actions.keep_briefs()
    brief = Brief.objects.order_by("day").first()
    page.goto("/content/briefs/")
    page_ok(page, "briefs")
    page.locator(f'a[href="/content/briefs/{brief.pk}/"]').first.click()
    page.locator("#phones .phone").first.wait_for()
    second = page.locator(".brief-line").nth(1).locator(".brief-head").input_value()
    page.get_by_role("button", name=f"Move {second} up").press("Enter")
    wait_until_true(page, lambda: f"1. {second}" in page.locator("#phones").inner_text())
    page.locator(".brief-line").nth(1).drag_to(page.locator(".brief-line").nth(0))
    page.locator(".brief-line").first.locator(".brief-head").fill("今天最值得看的一篇")
    wait_until_true(page, lambda: "1. 今天最值得看的一篇" in page.locator("#phones").inner_text())
    page_ok(page, "brief")
    page.get_by_role("button", name="Save and approve").click()
    page.get_by_text("Approved: it goes out at its hour.").wait_for()
    brief.refresh_from_db()
    assert (brief.state, brief.lines[0]["title"]) == ("approved", "今天最值得看的一篇")
    shoot(browse(f"/content/briefs/{brief.pk}/", owner, language="zh-hans"), "brief-zh")
    shoot(
        browse(f"/content/briefs/{brief.pk}/", owner, phone=True, dark=True, language="zh-hans"), "brief-dark-phone"
    )


def test_feeds_show_how_they_fare_and_their_entries_are_picked(browse):
    owner, made = world.owner(), world.lively(groups=1, found=0)
    feed, _broken = stocked(made.home)
    wish = PlanWish(name="晨间简报", selection=Selection(everywhere=True), weekdays=EVERY_DAY)
    actions.make_plan(actor=SYSTEM, community_id=made.home.pk, wish=wish)
    page = browse("/content/briefs/feeds/", owner)
    page.get_by_label("Address of a feed").fill("http://127.0.0.1/")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("network of our own").wait_for()
    page_ok(page, "feeds")
    page.goto(f"/content/briefs/feeds/{feed.pk}/")
    page_ok(page, "feed")
    page.get_by_role("button", name=f"Pick {TITLES[3]}").click()
    page.get_by_text("It waits for the next brief.").wait_for()
    shoot(browse("/content/briefs/feeds/", owner, language="zh-hans"), "feeds-zh")


def test_a_suggestion_is_decided_on_merged_and_thanked_for(browse):
    owner, made = world.owner(), world.lively(groups=1, found=0)
    room = "!城市书房0"
    for text, by in (
        ("建议：每周五办一次线上共读", "张三"),
        ("建议：多办共读", "李四"),
        ("建议：群文件按月整理", "赵敏"),
    ):
        support.live(made.account, support.said(room, text, by=f"@{by}", name=by, at=clock.now()))
    page = browse("/content/suggestions/", owner)
    expect(page.get_by_role("heading", name="3 suggestions wait for a word")).to_be_visible()
    page_ok(page, "suggestions")
    page.get_by_role("link", name="多办共读").click()
    page.get_by_label("It says the same as").select_option(label="每周五办一次线上共读")
    page.get_by_role("button", name="Put it beneath").click()
    page.get_by_text("They are one suggestion now.").wait_for()
    page.get_by_label("Not for now").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Say why: its author is told.").wait_for()
    page.get_by_label("Carried out").check()
    page.get_by_label("Why, or what came of it").fill("从下周五晚八点开始，第一本《活着》。")
    page.get_by_role("button", name="Save").click()
    page.get_by_text(re.compile(r"^Saved\. 2 people are told in their groups in \d+ seconds\.")).wait_for()
    page_ok(page, "suggestion")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("nobody was told").wait_for()
    assert not Suggestion.objects.filter(state="done").exists()
    page.get_by_label("Carried out").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert Suggestion.objects.filter(state="done").count() == 1
    page.goto("/content/suggestions/thanks/")
    assert "每周五办一次线上共读" in page.get_by_label("As a text to post").input_value()
    page_ok(page, "thanks")
    shoot(browse("/content/suggestions/", owner, language="zh-hans"), "suggestions-zh")
    shoot(browse("/content/suggestions/", owner, phone=True, dark=True, language="zh-hans"), "suggestions-dark-phone")
