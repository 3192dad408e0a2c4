"""The pages of keyword replies, in a browser."""

import re
from dataclasses import replace
from datetime import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import expect

from qunce.content import actions as content
from qunce.desk import actions, selectors
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.types import Hours, Match, RuleDraft
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM, Role
from tests.chat.support import account, adopted
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = RuleDraft(
    keywords=("报名", "怎么参加", "sign up"),
    answer="{name}，你好！回复“我要参加”和你的城市，就能在{group}领到编号。",
    cooldown_seconds=300,
)


def rule(**changes):
    return actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, **changes))


def a_group():
    return adopted(account(), "!夜读")["!夜读"]


def test_the_first_rule_starts_from_an_example(browse):
    page = browse("/keyword-replies/", world.owner())
    page.get_by_role("heading", name="Nothing is answered by keyword").wait_for()
    page_ok(page, "rules-empty")
    page.get_by_role("link", name="Start from an example").click()
    page.get_by_label("Keywords").wait_for()
    assert "Hello 林芝" in page.locator("#preview").inner_text()
    page.get_by_label("Answer", exact=True).fill("Write to us, ")
    page.get_by_role("button", name="{name}").click()
    page.locator("#preview").get_by_text("Write to us, 林芝").wait_for()
    page_ok(page, "rule-new")
    page.get_by_role("button", name="Make the rule").click()
    page.get_by_role("heading", name="One rule answers by keyword").wait_for()
    assert KeywordRule.objects.get().answer == "Write to us, {name}"


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(browse):
    page = browse("/keyword-replies/new/", world.owner())
    page.get_by_label("Keywords").fill("报名")
    page.get_by_label("Answer", exact=True).fill("Dear {nmae}")
    page.locator("#preview").get_by_text("There is no variable {nmae}.").wait_for()
    page.get_by_label("In one group").check()
    page.get_by_role("button", name="Make the rule").click()
    page.locator("#id_group_error").get_by_text("Choose a group.").wait_for()
    page.get_by_label("In all groups").check()
    page.get_by_role("button", name="Make the rule").click()
    page.locator("#id_answer_error").get_by_text("Variables are {name} {昵称}").wait_for()
    expect(page.get_by_label("Answer", exact=True)).to_have_value("Dear {nmae}")
    expect(page.get_by_label("Keywords")).to_have_value("报名")
    page_ok(page, "rule-wrong")
    assert not KeywordRule.objects.exists()


def test_the_list_is_searched_filtered_and_switched(browse):
    group = a_group()
    first = rule()
    rule(keywords=("课程表",), answer="在群公告里。", group_id=group.pk, match=Match.EXACT)
    rule(keywords=tuple(f"词{n}" for n in range(7)), answer="x", community_id=group.community_id)
    KeywordUse.objects.create(rule=first, group_id=group.pk, last_at=clock.now(), times=1204)
    page = browse("/keyword-replies/", world.owner())
    page_ok(page, "rules")
    page.keyboard.press("/")
    page.keyboard.type("课程")
    page.get_by_text("在群公告里。").wait_for()
    page.get_by_text("1,204 times").wait_for(state="detached")
    assert "q=" in page.url
    page.get_by_role("switch", name="“课程表” answers").click()
    page.get_by_role("switch", name="“课程表” answers", checked=False).wait_for()
    assert len(selectors.live_rules()) == 2
    page.get_by_label("Search").fill("")
    page.get_by_label("State").select_option("Off")
    page.get_by_text("词0").wait_for(state="detached")
    page.get_by_label("State").select_option("On and off")
    page.get_by_label("Where it counts").select_option("In all groups")
    page.get_by_text("课程表").wait_for(state="detached")
    page.get_by_label("Search").fill("no such thing")
    page.get_by_text("No rule is like this").wait_for()
    page_ok(page, "rules-none-found")


def test_the_list_follows_what_others_change(browse):
    rule()
    page = browse("/keyword-replies/", world.owner())
    page.wait_for_selector("html[data-live=on]")
    rule(keywords=("新规则",))
    page.get_by_text("新规则").wait_for()


def test_trying_says_what_is_answered_and_why(browse):
    group = a_group()
    rule(answer="far")
    near = rule(keywords=("报名",), group_id=group.pk)
    off = rule(keywords=("名",))
    actions.set_rule_enabled(actor=SYSTEM, rule_id=off.pk, enabled=False)
    page = browse("/keyword-replies/", world.owner())
    page.get_by_label("Somebody writes").fill("怎么 报名？")
    tried = page.locator("#tried")
    tried.get_by_text("This is answered.").wait_for()
    said = tried.inner_text()
    assert "林芝，你好！回复“我要参加”和你的城市，就能在群 !夜读领到编号。" in said
    assert "A rule nearer to the group comes first." in said
    assert "Switched off" in said
    assert "怎么报名?" in said
    page_ok(page, "rules-tried")
    KeywordUse.objects.create(rule=near, group_id=group.pk, last_at=clock.now(), times=1)
    page.get_by_label("Somebody writes").fill("报名！")
    tried.get_by_text("the rule has answered in this group a moment ago").wait_for()
    assert "in 5 minutes" in tried.inner_text()
    page.get_by_label("Somebody writes").fill("再见")
    tried.get_by_text("no rule is met.").wait_for()


def test_a_rule_with_everything_is_made_and_shown_before_it_is_saved(browse):
    group = a_group()
    older = rule(keywords=("案例",), answer="older", group_id=group.pk)
    page = browse(f"/keyword-replies/new/?group={group.pk}", world.owner(), language="zh-hans")
    page.locator("#id_keywords").fill("案例")
    page.locator("#id_answer").fill("{昵称}，{社群}有 {人数} 人")
    page.locator("details summary").last.click()
    page.locator("textarea[name=variants]").last.fill("第二种说法")
    page.locator("[data-another]").click()
    page.locator("textarea[name=variants]").last.fill("第三种说法")
    page.locator("#id_uploads").set_input_files(
        {"name": "案例.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    )
    page.locator("[name=when][value=hours]").check()
    page.locator("#id_away").fill("九点再来")
    preview = page.locator("#preview")
    preview.get_by_text("九点再来").wait_for()
    shown = preview.inner_text()
    for expected in (f"林芝，{group.community.name}有 3 人", "第二种说法", "第三种说法", "案例.pdf"):
        assert expected in shown
    expect(preview.locator(f"a[href='/keyword-replies/{older.pk}/']")).to_have_count(1)
    page_ok(page, "rule-everything-zh")
    page.locator("#rule-form .btn-primary").click()
    page.wait_for_url("**/keyword-replies/")
    made = selectors.draft_of(KeywordRule.objects.exclude(pk=older.pk).get())
    assert (made.variants, made.away) == (("第二种说法", "第三种说法"), "九点再来")
    assert made.hours == Hours((0, 1, 2, 3, 4), time(9), time(18))
    assert [file.name for file in made.files] == ["案例.pdf"]
    page_ok(page, "rules-everything-zh")


def test_an_error_elsewhere_keeps_the_file(client):
    client.force_login(world.owner())
    typed = {"keywords": "x", "match": "contains", "answer": "{nmae}", "reach": "everywhere", "cooldown": 0}
    upload = SimpleUploadedFile("案例.pdf", b"%PDF-")
    page = client.post("/keyword-replies/new/", {**typed, "uploads": upload}).content.decode()
    (token,) = re.findall(r'name="kept" value="([^"]+)"', page)
    assert "案例.pdf" in page
    client.post("/keyword-replies/new/", {**typed, "answer": "", "kept": token})
    made = KeywordRule.objects.get()
    assert [file["name"] for file in made.files] == ["案例.pdf"]
    answer = client.get(f"/keyword-replies/{made.pk}/files/{made.files[0]['sha256']}/")
    assert (answer.content, answer["X-Content-Type-Options"]) == (b"%PDF-", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    client.post("/keyword-replies/new/", {**typed, "answer": "", "kept": token[:-2]})
    assert KeywordRule.objects.count() == 1


def test_a_table_is_looked_at_and_imported(browse):
    made = rule()
    page = browse("/keyword-replies/", world.owner())
    page.get_by_role("link", name="Import", exact=True).click()
    page_ok(page, "rules-import")
    table = f"id,keywords,answer,match\n{made.pk},报名,新的回答,\n,价格,八十,\n,报名(,x,pattern\n"
    page.get_by_label("Table (CSV)").set_input_files(
        {"name": "rules.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("heading", name="2 lines can be imported").wait_for()
    page.get_by_text("at character 3: this bracket is never closed.").wait_for()
    page_ok(page, "rules-plan")
    actions.change_rule(actor=SYSTEM, rule_id=made.pk, draft=replace(DRAFT, cooldown_seconds=1), seen=made.changed_at)
    page.get_by_role("button", name="Import the 2 good lines").click()
    page.get_by_text("Somebody changed the rules while you were looking").wait_for()
    page.get_by_role("button", name="Import the 2 good lines").click()
    page.get_by_text("One rule is made. One is changed.").wait_for()
    assert set(KeywordRule.objects.values_list("answer", flat=True)) == {"新的回答", "八十"}
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert "新的回答" in download.value.path().read_text()


def test_a_member_opens_the_link_to_a_file(settings):
    settings.BASE_URL = "https://qunce.example.org"
    file = content.take_file(actor=SYSTEM, name="案例.html", content=[b"<script>"])
    path = files.link(file.sha256, name=file.name).removeprefix(settings.BASE_URL)
    answer = Client().get(path, HTTP_HOST="localhost")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (
        200,
        b"<script>",
        "application/octet-stream",
    )
    assert Client().get(f"{path[:-2]}x/", HTTP_HOST="localhost").status_code == 404


def test_two_people_edit_and_nothing_is_lost(browse):
    made = rule()
    page = browse(f"/keyword-replies/{made.pk}/", world.owner())
    page.get_by_label("Answer", exact=True).fill("mine")
    actions.change_rule(actor=SYSTEM, rule_id=made.pk, draft=replace(DRAFT, answer="theirs"), seen=made.changed_at)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Somebody changed this rule after you opened it").wait_for()
    assert "theirs" in page.locator(".notice-wait").inner_text()
    expect(page.get_by_label("Answer", exact=True)).to_have_value("mine")
    page_ok(page, "rule-conflict")
    assert KeywordRule.objects.get().answer == "theirs"
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert KeywordRule.objects.get().answer == "mine"


def test_deleting_is_asked_once_and_undone(browse):
    made = rule(group_id=a_group().pk, cooldown_seconds=77)
    page = browse(f"/keyword-replies/{made.pk}/", world.owner(), dark=True)
    expect(page.get_by_label("Silence after an answer").locator("option:checked")).to_have_text("77 seconds")
    page_ok(page, "rule-dark")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_text("You can undo this").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("The rule for “报名” is deleted.").wait_for()
    assert selectors.live_rules() == []
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("The rule is back.").wait_for()
    assert len(selectors.live_rules()) == 1
    page_ok(page, "rules-dark")


def test_who_may_only_look_sees_no_button(browse):
    group = a_group()
    made = rule(community_id=group.community_id)
    viewer = world.member_of_staff(roles={group.community_id: Role.VIEWER})
    page = browse("/keyword-replies/", viewer)
    expect(page.get_by_role("link", name="New rule")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)
    page.get_by_role("link", name="报名").click()
    page.get_by_label("Answer", exact=True).wait_for()
    expect(page.get_by_label("Answer", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page_ok(page, "rule-looked-at")
    client = Client()
    client.force_login(viewer)
    for address in ("switch/", "delete/", "restore/"):
        assert client.post(f"/keyword-replies/{made.pk}/{address}").status_code == 403
    assert client.get("/keyword-replies/new/").status_code == 403


def test_a_community_s_operator_is_not_offered_all_groups(browse):
    group = a_group()
    other = adopted(account(), "!other")["!other"]
    operator = world.member_of_staff(roles={group.community_id: Role.OPERATOR})
    page = browse(f"/keyword-replies/new/?group={group.pk}", operator)
    expect(page.get_by_label("In all groups")).to_have_count(0)
    expect(page.get_by_label("In one group")).to_be_checked()
    expect(page.get_by_label("Group", exact=True).locator("option")).to_have_text([group.name])
    client = Client()
    client.force_login(operator)
    typed = {"keywords": "x", "match": "exact", "answer": "y", "reach": "group", "cooldown": 0, "group": other.pk}
    assert client.post("/keyword-replies/new/", typed).status_code == 404
    typed["reach"] = "everywhere"
    assert client.post("/keyword-replies/new/", typed).status_code == 403
    assert not KeywordRule.objects.exists()


def test_a_list_costs_the_same_however_long(client, django_assert_max_num_queries):
    client.force_login(world.owner())
    group = a_group()
    rule(community_id=group.community_id)
    for number in range(30):
        rule(keywords=(f"词{number}",), group_id=group.pk if number % 2 else None)
    with django_assert_max_num_queries(20) as first:
        client.get("/keyword-replies/")
    for number in range(30, 60):
        rule(keywords=(f"词{number}",), community_id=group.community_id)
    with django_assert_max_num_queries(len(first)):
        assert client.get("/keyword-replies/").status_code == 200
