"""The pages of the library, in a browser: from an empty one to a keyword that brings a file."""

import re

import pytest

from qunce.chat.models import Delivery
from qunce.console.chat import sandbox
from qunce.content import actions, selectors
from qunce.content.models import Item, ItemUse
from qunce.content.types import ItemKind
from qunce.desk import actions as desk
from qunce.desk.types import RuleDraft
from qunce.kernel.actor import SYSTEM
from qunce.kernel.models import Heartbeat
from tests.content.support import article, document, published, stored
from tests.support import world
from tests.support.browser import page_ok, wait_until_true
from tests.support.gateway import running

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_member_writes_a_keyword_and_gets_the_file_and_it_is_counted(browse, tmp_path):
    owner = world.owner()
    room = sandbox.set_up(world.actor(owner))
    page = browse("/content/", owner)
    page.get_by_role("heading", name="The library is empty").wait_for()
    page_ok(page, "library-empty")
    page.get_by_role("link", name=re.compile("^File")).click()
    page.get_by_label("Title").fill("案例")
    page.locator("#preview").get_by_text("案例").wait_for()
    page.get_by_label("Add files").set_input_files({"name": "四个群.pdf", "mimeType": "x/y", "buffer": b"%PDF-1.7"})
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("heading", name="Nobody has got it yet").or_(
        page.get_by_text("Nobody has got it yet")
    ).wait_for()
    page.locator("details.menu summary").last.click()
    page.get_by_role("link", name="Answer a keyword with it").last.click()
    page.get_by_label("Keywords").fill("案例")
    page.locator("#preview").get_by_text("四个群.pdf").wait_for()
    page_ok(page, "rule-item")
    page.get_by_role("button", name="Make the rule").click()
    page.get_by_role("heading", name=re.compile("answer by keyword")).wait_for()
    with running(tmp_path / "gateway.log"):
        wait_until_true(page, Heartbeat.objects.filter(role="gateway").exists)
        page.goto(f"/sandbox/{room}/")
        page.get_by_label("Message", exact=True).fill("案例")
        page.get_by_role("button", name="Send").click()
        wait_until_true(page, Delivery.objects.filter(state="sent").exists)
        page.reload()
        page.get_by_text("四个群.pdf").first.wait_for()
    use = ItemUse.objects.get()
    assert (use.way, use.key) == ("keyword", Delivery.objects.get().key)
    page.goto(f"/content/{use.item_id}/")
    page.get_by_role("row", name=re.compile("By keyword 1 1")).wait_for()
    page_ok(page, "item-used")


def test_the_library_is_searched_written_and_compared(browse):
    owner = world.owner()
    published("怎么提问", body="# 第一步\n\n说清楚", tags=("新手",))
    published("书单", kind=ItemKind.LINK)
    published("旧资料", kind=ItemKind.FILE, files=(stored(),))
    page = browse("/content/", owner)
    page.get_by_label("Search").fill("zmtw")
    page.get_by_role("link", name="书单").wait_for(state="detached")
    page.get_by_role("link", name="怎么提问").wait_for()
    page.get_by_label("怎么提问", exact=True).check()
    page.get_by_label("Tags for the chosen ones").fill("精选")
    page.get_by_role("button", name="Put on").click()
    page.get_by_text("The tags of 1 item are changed.").wait_for()
    page_ok(page, "library")
    row = Item.objects.get(title="怎么提问")
    page.goto(f"/content/{row.pk}/edit/")
    page.locator("#id_body").fill("# 第一步\n\n**先搜一遍**")
    page.locator("#preview strong", has_text="先搜一遍").wait_for()
    actions.change_item(
        actor=SYSTEM,
        item_id=row.pk,
        edition=row.edition,
        document=document("怎么提问", body="别人的"),
        key=row.key,
        openness=row.openness,
    )
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_text("As the item is now").wait_for()
    assert "先搜一遍" in page.locator("#id_body").input_value()
    page_ok(page, "item-conflict")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name="怎么提问", level=1).wait_for()
    page.get_by_role("link", name="Version 1").click()
    page.locator(".diff ins", has_text="先搜一遍").wait_for()
    assert "u00a0" not in page.locator(".diff").inner_text()
    page_ok(page, "item-version")
    page.goto(f"/content/{row.pk}/")
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Take down").click()
    page.get_by_label("Why").fill("要改")
    page.locator("#take-down").get_by_role("button", name="Take down").click()
    page.get_by_text("It was taken down: 要改").wait_for()
    assert selectors.state_of(Item.objects.get(pk=row.pk)) == "down"


def test_a_rule_warns_where_its_item_is_gone_and_a_broadcast_begins_with_one(browse):
    owner = world.owner()
    world.lively(groups=1, found=0)
    row, draft = published("拆书案例", summary="四个群"), article("草稿")
    rule = desk.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=("案例",), answer="", item_id=draft.pk))
    page = browse(f"/keyword-replies/{rule.pk}/", owner)
    page.get_by_text("“草稿” of the library does not go along at present.").wait_for()
    page.get_by_text("The rule says nothing.").wait_for()
    page_ok(page, "rule-without-item")
    page.goto(f"/content/{row.pk}/")
    page.get_by_role("link", name="Send to groups").click()
    assert page.locator("#id_text").input_value().startswith("拆书案例\n四个群\n正文")
    page.get_by_text("It passes on “拆书案例” of the library").wait_for()
    page_ok(page, "broadcast-item")
