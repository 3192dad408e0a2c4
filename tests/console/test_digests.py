"""The pages of digests, as people see them: none yet, made now, read, edited, posted; and the endpoint that writes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from qunce.chat.models import Delivery
from qunce.insights.actions import digests as actions
from qunce.insights.models import Digest
from qunce.insights.types import Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)
NINE = datetime(2026, 11, 20, 1, tzinfo=UTC)
SAID = (
    ("赵敏", "早安 ☀️", -3600),
    ("张三", "周六的读书会在哪里办？图书馆还是咖啡馆？", 0),
    ("李四", "读书会定在图书馆二楼，下午三点，记得带第四章的笔记", 40),
    ("王小雨", "图书馆二楼有投影，读书会可以放幻灯片", 90),
    ("张三", "太好了，谢谢李四", 150),
    ("陈晨", "跑步的装备清单整理好了 https://example.org/gear 新手可以照着买", 14_000),
    ("Bob", "这份装备清单很实用，跑步鞋那段写得好", 14_060),
    ("陈晨", "跑步鞋每八百公里换一双，装备清单里有对照表", 14_200),
    ("赵敏", "有人知道镜头发霉要怎么清洗吗？", 39_000),
    ("刘洋", "[图片]", 40_000),
    ("刘洋", "今晚的月亮很圆", 40_100),
)


def talked():
    """A group of a community that has talked for a day; its digest is made."""
    account = support.account(state="working")
    with clock.at(NINE - timedelta(days=3)):
        group = support.adopted(account, "!a")["!a"]
        names = sorted({name for name, *_ in SAID})
        support.live(account, *(support.said("!a", "大家好", by=f"@{n}", name=n, at=clock.now()) for n in names))
    with clock.at(NINE + timedelta(hours=14)):
        support.live(
            account,
            *(
                support.said("!a", text, by=f"@{name}", name=name, at=NINE + timedelta(seconds=second))
                for name, text, second in SAID
            ),
        )
    return group


def made(group, group_id=None):
    row = actions.ask_for_digest(
        actor=SYSTEM,
        community_id=group.community_id,
        group_id=group_id,
        stretch=Stretch(NINE.date(), 1),
        language="zh-hans",
    )
    actions.make(digest_id=row.pk)
    return row


def test_a_digest_is_asked_for_read_edited_and_posted(browse):
    owner = world.owner()
    talked()
    page = browse("/content/digests/", owner)
    expect(page.get_by_text("There is no digest here yet.")).to_be_visible()
    page.get_by_label("Of", exact=True).select_option(label="群 !a")
    page.get_by_label("Days").select_option("day")
    page.get_by_label("Which day").fill("2026-11-20")
    page.get_by_role("button", name="Make it now").click()
    page.get_by_text("It is being made …").wait_for()
    row = Digest.objects.get()
    actions.make(digest_id=row.pk)
    page.get_by_text("周六的读书会在哪里办").first.wait_for()  # the page follows by itself
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("In other words (empty: as quoted)").first.fill("读书会周六三点，图书馆二楼见")
    page.get_by_label("Leave this line out").last.check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. Each line keeps its messages.").wait_for()
    first = page.locator("#line-0")
    expect(first.get_by_text("读书会周六三点，图书馆二楼见")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Markdown").click()
    assert "读书会周六三点" in waiting.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Post it into the group").click()
    page.get_by_text("It goes into the group").wait_for()
    assert "读书会周六三点，图书馆二楼见" in str(Delivery.objects.get().content)
    page.locator("#line-0 .digest-sources a").first.click()
    page.get_by_text("周六的读书会在哪里办").first.wait_for()
    assert "/inbox/" in page.url


def test_a_digest_is_read_on_every_screen(browse):
    owner, group = world.owner(), talked()
    row = made(group, group.pk)
    over = made(group)
    page = browse(f"/content/digests/{row.pk}/", owner, language="zh-hans")
    page.locator("canvas").first.wait_for()
    page_ok(page, "digest")
    page.goto(f"/content/digests/{row.pk}/?edit=1")
    page_ok(page, "digest-edit")
    page.goto(f"/content/digests/{over.pk}/")
    page_ok(page, "digest-over")
    page.goto("/content/digests/")
    page_ok(page, "digests")
    dark = browse(f"/content/digests/{row.pk}/", owner, language="zh-hans", dark=True)
    dark.locator("canvas").first.wait_for()
    page_ok(dark, "digest-dark")


def test_a_viewer_reads_and_decides_nothing(browse):
    group = talked()
    row = made(group, group.pk)
    viewer = world.member_of_staff(roles={group.community_id: Role.VIEWER})
    page = browse(f"/content/digests/{row.pk}/", viewer)
    expect(page.get_by_text("周六的读书会在哪里办").first).to_be_visible()
    for name in ("Post it into the group", "Make it anew", "Edit"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    page.goto("/content/digests/")
    expect(page.get_by_role("button", name="Make it now")).to_have_count(0)


def test_every_line_opens_its_messages_for_a_viewer_after_it_was_posted_too():
    group = talked()
    row = made(group, group.pk)
    row.refresh_from_db()
    actions.edit_digest(
        actor=SYSTEM, digest_id=row.pk, edition=row.edition, said={0: "周六三点，图书馆二楼见"}, hidden=()
    )
    actions.post_digest(actor=SYSTEM, digest_id=row.pk, edition=row.edition + 1)
    viewer = Client()
    viewer.force_login(world.member_of_staff(roles={group.community_id: Role.VIEWER}))
    page = viewer.get(f"/content/digests/{row.pk}/").content.decode()
    lines = page.split('<li class="digest-line"')[1:]
    assert len(lines) >= 5
    opened = [re.findall(r'href="(/inbox/[^"]+)"', line) for line in lines]
    assert all(opened), "no line without its messages"
    for address in sorted({each for found in opened for each in found}):
        answer = viewer.get(address)
        assert answer.status_code == 200
        assert any(text[:8] in answer.content.decode() for _name, text, _second in SAID)


def test_a_day_on_which_little_or_nothing_was_said_says_so(client):
    group = talked()
    client.force_login(world.owner())
    rows = [
        actions.ask_for_digest(
            actor=SYSTEM,
            community_id=group.community_id,
            group_id=group.pk,
            stretch=Stretch(NINE.date() - timedelta(days=ago), 1),
            language="zh-hans",
        )
        for ago in (3, 2, 9)
    ]
    for row in rows:
        actions.make(digest_id=row.pk)
    little, nothing, before_us = rows
    told = client.get(f"/content/digests/{little.pk}/").content.decode()
    assert "none of them is in a thread" in told
    assert "0 of" not in told
    assert "All of it was read, from the first hour to the last." in told
    silent = client.get(f"/content/digests/{nothing.pk}/").content.decode()
    assert "Nothing was said." in silent
    assert "0 of" not in silent
    assert "Nothing was read." in client.get(f"/content/digests/{before_us.pk}/").content.decode()


def test_digests_are_planned_and_the_endpoint_is_set_up(browse):
    owner, group = world.owner(), talked()
    page = browse(f"/content/digests/plan/{group.community_id}/", owner)
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_text("Every day, about the day before")).to_be_visible()
    page.get_by_role("button", name="Make no more").click()
    expect(page.get_by_text("No digests are made regularly.")).to_be_visible()
    page.get_by_role("link", name="Have a model write").click()
    page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    page.get_by_label("Model").fill("qwen3")
    page.get_by_label("Key").fill("sk-secret")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A key is stored.")).to_be_visible()
    assert "sk-secret" not in page.content()
    page.get_by_role("button", name="Allow").first.click()
    expect(page.get_by_role("button", name="Allow no more")).to_be_visible()
    page.get_by_role("button", name="Let it answer once").click()
    expect(page.get_by_text("The endpoint did not answer in time.")).to_be_visible()
    page_ok(page, "endpoint")
