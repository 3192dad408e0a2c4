"""The list of groups and the page of one, in a browser."""

import time

import pytest
from django.db import connection
from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.types import GapSeen, GroupSeen, Selection
from qunce.community.models import Group
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.ids import new_id
from tests.chat import support
from tests.support import world
from tests.support.browser import held, page_ok, shoot, wait_until_true

LIST_QUERIES = 14
GROUP_QUERIES = 27


# ---------------------------------------------------------------- the list
def test_an_empty_installation_leads_to_the_sandbox(browse):
    page = browse("/groups/", world.owner())
    page_ok(page, "groups-empty")
    assert page.get_by_role("link", name="Try it in the sandbox").get_attribute("href") == "/sandbox/"


def test_search_narrows_the_list_while_typing_and_lives_in_the_address(browse):
    world.lively()
    page = browse("/groups/", world.owner())
    page.get_by_role("heading", name="4 groups in your care").wait_for()
    page_ok(page, "groups")
    page.keyboard.press("/")
    page.keyboard.type("跑步")
    page.get_by_role("link", name="城市书房 · 晨读群").wait_for(state="detached")
    expect(page.get_by_role("link", name="城市书房 · 跑步群")).to_be_visible()
    assert "text=%E8%B7%91%E6%AD%A5" in page.url
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("跑步")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("没有这样的群")
    page.get_by_text("No group matches").wait_for()
    page_ok(page, "groups-none")


def test_filters_and_order(browse):
    made = world.lively()
    page = browse("/groups/?order=busiest", world.owner())
    expect(page.locator("tbody th a").first).to_have_text("城市书房 · 晨读群")
    page.get_by_label("Order").select_option("quietest")
    page.wait_for_url("**order=quietest*")
    page.locator("tbody tr:first-child", has_text="前端").wait_for()
    page.get_by_label("Tag", exact=True).first.select_option("新手")
    page.locator("tbody tr:nth-child(2)").wait_for(state="detached")
    expect(page.get_by_role("link", name="城市书房 · 晨读群")).to_be_visible()
    page.goto(f"/groups/?community={made.home.pk + 99}")
    page.get_by_text("No group matches").wait_for()


def test_found_groups_are_taken_over_in_bulk(browse):
    made = world.lively(found=3)
    page = browse("/groups/", world.owner())
    page.get_by_role("link", name="Found, waiting 3").click()
    page.get_by_role("heading", name="3 groups wait to be taken over").wait_for()
    page.get_by_label("Choose all groups of this page").check()
    page.get_by_text("3 chosen").wait_for()
    page_ok(page, "groups-found")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("3 groups are now in 城市书房.").wait_for()
    assert not Group.objects.filter(community=None).exists()
    assert Group.objects.filter(community=made.home).count() == 7


def test_all_that_match_are_chosen_on_other_pages_too(browse):
    made = world.lively(groups=1, found=0)
    chat.ingest(
        support.Batch(made.account.pk, support.Origin.LIVE, [GroupSeen(f"!n{n}", f"群 {n}") for n in range(70)])
    )
    page = browse("/groups/?state=found", world.owner())
    page.get_by_label("Choose 群 0", exact=True).check()
    page.get_by_text("1 chosen").wait_for()
    page.get_by_label("all 70 that match").check()
    page.get_by_text("70 chosen").wait_for()
    page.get_by_label("Tag", exact=True).last.fill("待看")
    page.keyboard.press("Enter")
    page.get_by_text("Tags of 70 groups changed.").wait_for()
    assert Group.objects.filter(tags=["待看"]).count() == 70
    assert "state=found" in page.url


def test_releasing_asks_first(browse):
    world.lively(groups=2, found=0)
    page = browse("/groups/", world.owner())
    page.get_by_label("Choose 城市书房 · 晨读群").check()
    page.get_by_role("button", name="Release").click()
    page.get_by_text("Release the chosen groups?").wait_for()
    page.get_by_role("button", name="Cancel").click()
    assert not Group.objects.filter(community=None).exists()
    page.get_by_role("button", name="Release").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("1 group is released.").wait_for()
    assert Group.objects.get(community=None).name == "城市书房 · 晨读群"


def test_archived_groups_come_back(browse):
    world.lively(groups=2, found=0)
    page = browse("/groups/", world.owner())
    page.get_by_label("Choose 城市书房 · 晨读群").check()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("1 group is archived.").wait_for()
    page.get_by_role("link", name="Archived 1").click()
    page.get_by_label("Choose 城市书房 · 晨读群").check()
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("1 group is open again.").wait_for()


def test_a_new_room_appears_by_itself_but_never_under_the_hand_that_chooses(browse):
    made = world.lively(groups=1, found=1)
    page = browse("/groups/?state=found", world.owner())
    page.locator('html[data-live="on"]').wait_for(state="attached")
    support.live(made.account, GroupSeen("!new", "新来的群"))
    page.get_by_role("link", name="新来的群").wait_for()
    page.get_by_label("Choose 新来的群").check()
    support.live(made.account, GroupSeen("!newer", "更新的群"))
    page.get_by_label("Order").focus()  # what is chosen stays, wherever one goes on
    page.wait_for_timeout(1500)
    expect(page.get_by_role("link", name="更新的群")).to_have_count(0)
    expect(page.get_by_label("Choose 新来的群")).to_be_checked()
    page.get_by_label("Choose 新来的群").uncheck()
    page.get_by_label("Order").focus()
    page.get_by_role("link", name="更新的群").wait_for()


def test_a_viewer_of_one_community_sees_its_groups_and_nothing_to_press(client, db):
    mine, other = world.lively("甲", groups=1, found=1), world.lively("乙", groups=1, found=0)
    client.force_login(world.member_of_staff(roles={mine.home.pk: Role.VIEWER}))
    shown = client.get("/groups/").content.decode()
    assert "甲 · 晨读群" in shown
    assert "乙 · 晨读群" not in shown
    assert 'type="checkbox"' not in shown
    assert "Found, waiting" not in shown
    theirs = Group.objects.get(community=other.home)
    assert client.get(f"/groups/{theirs.pk}/").status_code == 404
    own = Group.objects.get(community=mine.home)
    client.post("/groups/release/", {"ids": [own.pk]})
    own.refresh_from_db()
    assert own.community_id == mine.home.pk


def test_a_change_never_leads_off_the_site(client, db):
    made = world.lively(groups=1, found=0)
    client.force_login(world.owner())
    key = next(iter(made.groups.values())).pk
    answer = client.post("/groups/tag/", {"ids": [key], "add": "x", "then": "https://evil.example/"})
    assert answer.url == "/groups/"


def test_the_list_costs_the_same_for_any_number(client, db, django_assert_num_queries):
    world.lively(groups=2, found=0)
    client.force_login(world.owner())
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/groups/")
    for n in range(4):
        world.lively(f"社群 {n}", groups=6, found=0)
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/groups/")


def test_thousands_of_groups(client, many):
    client.get("/groups/")
    for query in ("", "?text=12", "?order=quietest", "?page=60", "?reading=none&order=members"):
        took = min(_timed(client, f"/groups/{query}") for _ in range(5))
        assert took < 1.5, f"{query}: {took:.3f} s"


def _timed(client, address):
    started = time.perf_counter()
    assert client.get(address).status_code == 200
    return time.perf_counter() - started


@pytest.fixture
def many(client, db):
    """2,000 groups in four communities, each with two weeks of busy hours."""
    made = support.account()
    for part in range(4):
        rooms = [GroupSeen(f"!{part}-{n}", f"群 {part}-{n}", member_count=n) for n in range(500)]
        chat.ingest(support.Batch(made.pk, support.Origin.LIVE, rooms))
        ids = list(Group.objects.filter(community=None).values_list("pk", flat=True))
        chat.adopt(actor=SYSTEM, community_id=world.a_community().pk, group_ids=ids)
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO chat_grouphour (group_id, hour, messages, bot_messages, joined, "left")'
            " SELECT g.id, %s - make_interval(days => d, hours => h), g.id %% 17, 0, 0, 0"
            " FROM community_group g, generate_series(0, 13) d, generate_series(0, 3) h",
            [now],
        )
    with connection.cursor() as cursor:  # as the server does by itself within a minute
        cursor.execute("ANALYZE community_group, community_community, chat_grouphour, chat_seat")
    client.force_login(world.owner())


# ---------------------------------------------------------------- one group
def test_one_group(browse):
    made = world.lively()
    group = made.groups["城市书房 · 晨读群"]
    page = browse(f"/groups/{group.pk}/", world.owner())
    page.get_by_role("heading", name="城市书房 · 晨读群").wait_for()
    page.locator(".chart:has(canvas)").nth(1).wait_for()
    expect(page.get_by_text("read by 群秘书")).to_be_visible()
    expect(page.get_by_text("Most is said on")).to_be_visible()
    page_ok(page, "group")
    shoot(browse(f"/groups/{group.pk}/", world.owner(), dark=True), "group-dark")


def test_the_next_message_appears_by_itself(browse):
    made = world.lively(groups=1, found=0)
    group = made.groups["城市书房 · 晨读群"]
    page = browse("/profile/", world.owner())
    waiting, let_go = held(page, "/live/")
    page.goto(f"/groups/{group.pk}/")
    wait_until_true(page, lambda: waiting)
    # Between the page and its stream, and while it listens.
    support.live(made.account, support.said(group.external_id, "没人听的一句", at=clock.now()))
    let_go()
    page.get_by_text("没人听的一句").wait_for()
    page.locator('html[data-live="on"]').wait_for(state="attached")
    support.live(made.account, support.said(group.external_id, "刚刚说的一句", at=clock.now()))
    page.get_by_text("刚刚说的一句").wait_for()


def test_all_messages_page_by_page(browse):
    made = world.lively(groups=1, found=0)
    group = made.groups["城市书房 · 晨读群"]
    page = browse(f"/groups/{group.pk}/", world.owner())
    page.get_by_role("link", name="All messages").click()
    expect(page.locator(".chat-line")).to_have_count(30)
    first = page.locator(".chat-line").first.inner_text()
    page_ok(page, "group-messages")
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**cursor=*")
    expect(page.locator(".chat-line")).to_have_count(30)
    assert page.locator(".chat-line").first.inner_text() != first
    page.get_by_role("link", name="Newer").click()
    page.locator(".chat-line").first.get_by_text(first.splitlines()[0].split()[0]).first.wait_for()


def test_tags_of_one_group(browse):
    made = world.lively(groups=1, found=0)
    group = made.groups["城市书房 · 晨读群"]
    page = browse(f"/groups/{group.pk}/", world.owner())
    page.get_by_label("New tag").fill("北京")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take 北京 off").wait_for()
    page.get_by_role("button", name="Take 新手 off").click()
    page.get_by_role("button", name="Take 新手 off").wait_for(state="detached")
    group.refresh_from_db()
    assert group.tags == ["一期", "北京"]


def test_a_found_group_is_taken_over_from_its_page(browse):
    made = world.lively(groups=1, found=1)
    found = Group.objects.get(community=None)
    page = browse(f"/groups/{found.pk}/", world.owner())
    page_ok(page, "group-found")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("1 group is now in 城市书房.").wait_for()
    page.get_by_text("read by 群秘书").wait_for()
    found.refresh_from_db()
    assert found.community_id == made.home.pk


def test_what_was_sent_and_what_was_not_observed_is_said(client, db):
    made = world.lively(groups=1, found=0)
    group = next(iter(made.groups.values()))
    owner = world.owner()
    chat.send_broadcast(
        actor=world.actor(owner), text="周六见", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    support.live(made.account, GapSeen(group.external_id, clock.now(), clock.now(), "the wire was cut"))
    client.force_login(owner)
    shown = client.get(f"/groups/{group.pk}/?piece=standing").content.decode()
    assert "周六见" in shown
    assert "Planned" in shown
    assert "the wire was cut" in shown
    assert "<html" not in shown


def test_the_page_of_a_group_has_a_budget(client, db, django_assert_num_queries):
    made = world.lively(groups=2, found=0)
    client.force_login(world.owner())
    busy, calm = made.groups.values()
    for group in (busy, calm):
        with django_assert_num_queries(GROUP_QUERIES):
            client.get(f"/groups/{group.pk}/")
