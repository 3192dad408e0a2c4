"""The list of members and the page of one, in a browser."""

import asyncio
import csv
import io
from datetime import timedelta

import pytest
from django.test import AsyncClient
from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState, Selection
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.ids import new_id
from qunce.kernel.models import AuditEntry
from qunce.members import actions
from qunce.members.models import Identity
from qunce.members.types import Account, Colleague, NextStep
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot

LIST_QUERIES = 16
MEMBER_QUERIES = 30


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
    assert page.locator("tbody th a").all_inner_texts() == [
        *("Alice", "Bob", "陈晨", "李四", "刘洋", "孙悦", "王小雨", "张三", "赵敏", "周周"),
    ]
    page_ok(page, "members")
    page.get_by_role("searchbox").fill("wxy")
    page.get_by_role("link", name="赵敏").wait_for(state="detached")
    expect(page.locator("tbody tr")).to_have_count(1)
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


def known(made, name):
    """Somebody with an account of another kind in a group."""
    group = next(iter(made.groups.values()))
    ids = actions.resolve_identities(platform="telegram", accounts={"42": Account("42", name)})
    actions.record_presence(pairs=[(group.pk, key) for key in ids.values()], at=clock.now())
    return Identity.objects.get(platform="telegram").member


def test_two_accounts_of_one_person_become_one_and_part_again(browse):
    made = world.lively(groups=2, found=0)
    other = known(made, "张三")
    zhang = Identity.objects.get(external_id="@张三").member
    actions.tag_member(actor=SYSTEM, member_id=other.pk, add=["摄影"])
    page = browse(f"/members/{zhang.pk}/", world.owner())
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="Are 张三 and 张三 the same person?").wait_for()
    page_ok(page, "member-merge")
    page.get_by_role("button", name="Merge").click()
    page.get_by_text("are one member now").wait_for()
    page.get_by_role("link", name="摄影", exact=True).wait_for()
    page_ok(page, "member-merged")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("is a member of their own again").wait_for()
    assert Identity.objects.get(platform="telegram").member_id == other.pk
    page.goto(f"/members/{zhang.pk}/merge/?text=zhang")
    page.get_by_role("link", name="Compare").first.wait_for()
    page_ok(page, "member-merge-choose")


def test_what_the_team_knows_is_put_on_the_page(browse):
    made = world.lively(groups=2, found=0)
    zhang = Identity.objects.get(external_id="@张三").member
    page = browse(f"/members/{zhang.pk}/", world.owner(), language="zh-hans")
    page.locator("input[name=add]").fill("摄影，早起")
    page.locator("input[name=add]").press("Enter")
    page.locator(".tags-line").get_by_text("早起").wait_for()
    page.locator("#note").fill("喜欢问问题，晚上在线。")
    page.locator(".note-new button").click()
    page.locator(".note-text", has_text="晚上在线").wait_for()
    page.locator("#step-text").fill("问问第一周过得怎么样")
    page.locator("#step-due").fill("2020-01-01")
    page.locator(".next-form button").click()
    page.locator(".next-late").wait_for()
    page.locator("#named").select_option(index=1)
    page.locator(".timeline-entry .ti-user-heart").wait_for()
    page.locator("summary.btn").click()
    page.locator("button[name=core]").click()
    page.locator("h1 .core-mark").wait_for()
    page_ok(page, "member-known")
    page.goto("/members/core/")
    page.get_by_role("link", name="张三").first.wait_for()
    page_ok(page, "members-core")
    page.goto("/")
    page.locator(".waiting a[href^='/members/core/']").first.wait_for()
    page.goto("/members/?tag=摄影")
    page.get_by_role("link", name="张三").wait_for()
    page_ok(page, "members-tagged")
    shoot(browse(f"/members/{zhang.pk}/", world.owner(), dark=True, language="zh-hans"), "member-known-dark")
    assert made


def test_a_call_is_followed_up_politely(browse):
    made = world.lively(groups=2, found=0)
    groups = list(made.groups.values())
    call = chat.send_broadcast(
        actor=SYSTEM,
        text="周六报名，请回复 1",
        selection=Selection(group_ids=tuple(group.pk for group in groups)),
        submission=new_id(),
    )
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=clock.now() - timedelta(hours=30), external_id="$call")
    page = browse(f"/broadcasts/{call.pk}/", world.owner())
    page.get_by_role("link", name="Who has answered?").click()
    page.get_by_role("searchbox").fill("报名成功")
    page.wait_for_url("**keyword=**")
    page.locator("tbody details summary").first.click()
    page_ok(page, "answers")
    page.locator("[data-page]").check()
    page.get_by_role("button", name="Remind them").click()
    page.get_by_label("Text").fill("看到的朋友回一声～")
    page_ok(page, "answers-chase")
    page.get_by_role("button", name="Remind 2 groups").click()
    page.get_by_text("2 groups are reminded.").wait_for()
    assert Delivery.objects.filter(key__startswith="chase:").count() == 2
    expect(page.locator("[data-one]")).to_have_count(0)


def read(client, path):
    """The rows of a file that is streamed."""

    async def fetch():
        answer = await client.get(path)
        assert answer.status_code == 200
        return b"".join([chunk async for chunk in answer.streaming_content]).decode()

    text = asyncio.run(fetch())
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.django_db(transaction=True)
def test_the_list_as_a_file_is_whole_harmless_and_written_down(monkeypatch):
    monkeypatch.setattr("qunce.console.members.PORTION", 3)
    made = world.lively(groups=2, found=0)
    support.live(made.account, support.said("!城市书房0", "hi", by="=cmd|1", name="=cmd|1"))
    zhang = Identity.objects.get(external_id="@张三").member
    actions.tag_member(actor=SYSTEM, member_id=zhang.pk, add=["摄影"])
    actions.add_note(actor=SYSTEM, member_id=zhang.pk, text="爱问问题")
    actions.name_colleague(actor=SYSTEM, member_id=zhang.pk, colleague=Colleague(7, "陈默"))
    actions.set_next_step(actor=SYSTEM, member_id=zhang.pk, step=NextStep("问近况"))
    client = AsyncClient()
    client.force_login(world.owner())
    head, *rows = read(client, "/members/export.csv")
    assert len(rows) == 11
    assert len({row[0] for row in rows}) == 11
    (about,) = [dict(zip(head, row, strict=True)) for row in rows if row[0] == "张三"]
    assert (about["Tags"], about["Named person"], about["Next step"]) == ("摄影", "陈默", "问近况")
    assert about["Notes"].endswith("Qunce: 爱问问题")
    assert "@张三" in about["Identities"]
    assert "'=cmd|1" in {row[0] for row in rows}
    assert [row[0] for row in read(client, "/members/export.csv?text=zhang")[1:]] == ["张三"]
    assert AuditEntry.objects.filter(action="member.exported").count() == 2
    other = AsyncClient()
    other.force_login(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    assert len(read(other, "/members/export.csv")) == 1


@pytest.mark.django_db(transaction=True)
def test_who_has_not_answered_as_a_file():
    made = world.lively(groups=1, found=0)
    group = next(iter(made.groups.values()))
    call = chat.send_broadcast(
        actor=SYSTEM, text="请回复", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=clock.now(), external_id="$call")
    client = AsyncClient()
    client.force_login(world.owner())
    rows = read(client, f"/broadcasts/{call.pk}/answers.csv")
    assert {row[1] for row in rows[1:]} == set(world.PEOPLE) - {"Bob"}
    assert AuditEntry.objects.filter(action="member.exported").exists()


def test_a_named_person_must_be_able_to_serve_there(client, db):
    made = world.lively(groups=1, found=0)
    zhang = member_named("张三")
    far = world.member_of_staff(roles={world.a_community().pk: Role.OPERATOR})
    near = world.member_of_staff(roles={made.home.pk: Role.SERVICE})
    client.force_login(world.owner())
    assert client.post(f"/members/{zhang.pk}/named/", {"named": far.pk}).status_code == 404
    assert client.post(f"/members/{zhang.pk}/named/", {"named": near.pk}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.named_id == near.pk
