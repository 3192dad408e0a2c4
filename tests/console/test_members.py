"""The list of members and the page of one, in a browser."""

import pytest

from qunce.kernel import clock
from qunce.kernel.actor import Role
from qunce.members.models import Identity
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot

LIST_QUERIES = 10
MEMBER_QUERIES = 18


def member_named(name):
    return Identity.objects.get(name=name).member


def test_nobody_is_known_at_first(browse):
    page = browse("/members/", world.owner())
    page.get_by_text("Nobody is known yet").wait_for()
    page_ok(page, "members-empty")


def test_people_are_found_by_name(browse):
    world.lively()
    page = browse("/members/", world.owner())
    page.get_by_role("heading", name="10 people in your groups").wait_for()
    page_ok(page, "members")
    page.get_by_role("searchbox").fill("王小")
    page.get_by_role("link", name="赵敏").wait_for(state="detached")
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="王小雨").click()
    page.get_by_role("heading", name="王小雨", level=1).wait_for()


def test_one_member_day_by_day_with_what_was_said(browse):
    made = world.lively(groups=2, found=0)
    group = made.groups["城市书房 · 晨读群"]
    support.live(
        made.account, support.said(group.external_id, "今天也来打卡", by="@张三", name="张三", at=clock.now())
    )
    page = browse(f"/members/{member_named('张三').pk}/", world.owner())
    page_ok(page, "member")
    page.locator("summary", has_text="晨读群").first.click()
    page.get_by_text("今天也来打卡").wait_for()
    page_ok(page, "member-said")
    days = page.locator(".timeline-day").count()
    page.get_by_role("link", name="Earlier days").click()
    page.locator(".timeline-day").nth(days).wait_for()
    shoot(browse(page.url, world.owner(), dark=True), "member-dark")


def test_one_sees_people_of_his_own_communities_only(client, db):
    mine = world.lively("甲", groups=1, found=0)
    world.lively("乙", groups=1, found=0)
    other = world.a_community()
    support.live(mine.account, support.said("!甲0", "你好", by="@only", name="只在甲"))
    known = member_named("只在甲").pk
    client.force_login(world.member_of_staff(roles={mine.home.pk: Role.VIEWER}))
    assert "只在甲" in client.get("/members/?text=只在").content.decode()
    assert client.get(f"/members/{known}/").status_code == 200
    client.force_login(world.member_of_staff(roles={other.pk: Role.OWNER}))
    assert "只在甲" not in client.get("/members/").content.decode()
    assert client.get(f"/members/{known}/").status_code == 404


def test_bots_are_not_members(client, db):
    made = world.lively(groups=1, found=0)
    support.live(made.account, support.said("!城市书房0", "beep", by="@bot", name="机器人", is_bot=True))
    client.force_login(world.owner())
    assert "机器人" not in client.get("/members/").content.decode()


@pytest.mark.parametrize("day", ["2026-13-40", "yesterday"])
def test_an_impossible_day_is_not_found(client, db, day):
    made = world.lively(groups=1, found=0)
    client.force_login(world.owner())
    key = member_named("张三").pk
    group = next(iter(made.groups.values())).pk
    assert client.get(f"/members/{key}/said/{group}/{day}/").status_code == 404
    assert client.get(f"/members/{key}/?before={day}").status_code == 404


def test_the_list_costs_the_same_for_any_number(client, db, django_assert_num_queries):
    made = world.lively(groups=1, found=0)
    client.force_login(world.owner())
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/members/")
    support.live(
        made.account,
        *(support.said("!城市书房0", "hi", by=f"@n{n}", name=f"新人 {n}", key=f"$n{n}") for n in range(30)),
    )
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/members/")


def test_the_page_of_a_member_has_a_budget(client, db, django_assert_num_queries):
    world.lively(groups=3, found=0)
    client.force_login(world.owner())
    with django_assert_num_queries(MEMBER_QUERIES):
        client.get(f"/members/{member_named('张三').pk}/")
