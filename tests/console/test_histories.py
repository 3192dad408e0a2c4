"""Bringing a history in: handed in by drop or choice, looked at, taken over, followed, and taken back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from qunce.chat.models import Message
from qunce.community.models import Group
from qunce.insights.actions import imports, runs
from qunce.insights.importer import Source
from qunce.insights.models import Import
from qunce.insights.types import ImportState
from qunce.kernel import files
from qunce.kernel.actor import SYSTEM, Role
from tests.insights.taking import begun
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)

EVIL = "<script>alert(1)</script>"
BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def export(*said, name="读书会", key=1234):
    """A chat as Telegram Desktop writes it: (sender, text) a minute apart; None is a notice."""
    messages = []
    for number, (who, text) in enumerate(said, 1):
        at = BEGAN + timedelta(minutes=number)
        stamp = {"id": number, "date": at.strftime("%Y-%m-%dT%H:%M:%S"), "date_unixtime": str(int(at.timestamp()))}
        if who is None:
            messages.append({**stamp, "type": "service", "actor": "x", "action": "pin_message", "text": ""})
        else:
            messages.append({**stamp, "type": "message", "from": who, "from_id": f"user{who}", "text": text})
    chat = {"name": name, "type": "private_supergroup", "id": key, "messages": messages}
    return json.dumps(chat, ensure_ascii=False).encode()


SAID = [("张三", "大家好"), ("李四", "欢迎!"), (None, ""), ("王五", EVIL), ("张三", "明天几点?"), ("李四", "八点")]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "result.json"
    path.write_bytes(export(*SAID))
    return path


def handed_in(page, file):
    page.set_input_files("#history-file", str(file))
    page.wait_for_url("**/histories/new/**")
    return page


def test_a_history_is_handed_in_looked_at_taken_over_and_taken_back(browse, site, file):
    home, owner = world.a_community("书房"), world.owner()
    page = browse("/histories/", owner)
    page.get_by_text("Nothing was imported yet").wait_for()
    page_ok(page, "histories-empty")
    handed_in(page, file)
    page.get_by_role("heading", name="result.json").wait_for()
    expect(page.get_by_label("Format")).to_have_value("telegram")
    bubbles = page.locator(".phone-bubble")
    expect(bubbles.first).to_have_text("大家好")
    expect(bubbles.nth(2)).to_have_text(EVIL)
    expect(page.get_by_role("heading", name="5 messages of 3 people")).to_be_visible()
    expect(page.get_by_label("Name of the group")).to_have_value("读书会")
    page_ok(page, "history-new")
    page.get_by_label("Name of the group").fill("旧群")
    page.get_by_role("button", name="Import 5 messages").click()
    page.get_by_text("You can leave this page").wait_for()
    made = Import.objects.get()
    runs.run_import(import_id=made.pk)
    page.get_by_text("imported", exact=True).wait_for()
    assert Message.objects.count() == 5
    assert Group.objects.get(pk=made.group_id).name == "旧群"
    assert Group.objects.get(pk=made.group_id).community_id == home.pk
    page.get_by_text("Notices of the platform").click()
    page_ok(page, "history-done")
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("being taken back", exact=True).wait_for()
    runs.carry_out_undo(import_id=made.pk)
    page.get_by_text("taken back", exact=True).wait_for()
    assert not Message.objects.exists()


def test_what_is_no_history_says_what_can_be_read(browse, site, tmp_path):
    world.a_community()
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    page = handed_in(browse("/histories/", world.owner()), path)
    page.get_by_role("heading", name="cat.png").wait_for()
    page.get_by_text("in no format that Qunce reads").wait_for()
    expect(page.get_by_role("button", name="Import")).to_have_count(0)


def test_columns_of_a_table_are_given_their_meaning(client, tmp_path):
    home = world.a_community()
    client.force_login(world.owner())
    table = "zeit;wer;was\n2026-03-01 09:00;张三;大家好\n2026-03-01 09:01;李四;欢迎\n".encode()
    handed = client.post(
        "/histories/upload/", {"file": SimpleUploadedFile("t.csv", table)}, headers={"HX-Request": "true"}
    )["HX-Redirect"]
    asked = client.get(f"{handed}&format=csv")
    assert asked.status_code == 200
    assert list(asked.context["columns"]) == ["zeit", "wer", "was"]
    assert "zeit;wer;was" in asked.content.decode()
    columns = "&column_sent_at=zeit&column_sender=wer&column_text=was&zone=Asia/Shanghai"
    given = client.get(f"{handed}&format=csv{columns}")
    assert [shown for _line, shown in given.context["lines"]] == ["大家好", "欢迎"]
    shown = given.context
    form = {"file": shown["token"], "format": "csv", "chat": shown["chat"], "into": "new", "community": home.pk}
    form |= {"column_sent_at": "zeit", "column_sender": "wer", "column_text": "was", "zone": "Asia/Shanghai"}
    assert client.post("/histories/begin/", form).status_code == 302
    made = runs.run_import(import_id=Import.objects.get().pk)
    assert (made.state, made.stored) == (ImportState.DONE, 2)
    assert Message.objects.order_by("sent_at").first().sent_at == datetime(2026, 3, 1, 1, tzinfo=UTC)


def test_a_history_goes_into_a_group_that_is_here(browse, site, file):
    made = world.lively(groups=1, found=0)
    group = next(iter(made.groups.values()))
    page = handed_in(browse(f"/histories/?group={group.pk}", world.owner()), file)
    expect(page.get_by_label("A group that is here")).to_be_checked()
    expect(page.get_by_label("Group", exact=True)).to_have_value(str(group.pk))
    before = Group.objects.count()
    page.get_by_role("button", name="Import 5 messages").click()
    page.get_by_text("You can leave this page").wait_for()
    assert Import.objects.get().group_id == group.pk
    assert Group.objects.count() == before


def test_only_who_leads_the_community_sees_its_imports(client, file):
    home, other = world.a_community(), world.a_community()
    client.force_login(world.member_of_staff(roles={home.pk: Role.LEAD}))
    upload = SimpleUploadedFile("result.json", file.read_bytes())
    handed = client.post("/histories/upload/", {"file": upload}, headers={"HX-Request": "true"})
    look = client.get(handed["HX-Redirect"])
    assert EVIL not in look.content.decode()
    shown = look.context
    form = {"file": shown["token"], "format": shown["format"], "chat": shown["chat"], "into": "new", "zone": "UTC"}
    refused = client.post("/histories/begin/", {**form, "community": other.pk})
    assert refused.status_code in {403, 404}
    assert not Import.objects.exists()
    begun = client.post("/histories/begin/", {**form, "community": home.pk})
    assert begun.status_code == 302
    made = Import.objects.get()
    assert made.state == ImportState.WAITING
    assert "result.json" in client.get("/histories/").content.decode()
    client.force_login(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    assert client.get(f"/histories/{made.pk}/").status_code == 404
    assert client.post(f"/histories/{made.pk}/stop/").status_code in {403, 404}
    assert client.post("/histories/upload/", {"file": SimpleUploadedFile("a.json", b"{}")}).status_code == 403
    shown = client.get("/histories/").content.decode()
    assert "result.json" not in shown
    assert "brought in by those who lead" in shown
    assert 'href="/histories/"' not in client.get("/insights/").content.decode(), "a place that is empty for them"


def test_every_state_of_the_way_in_is_told_in_chinese(browse, site, tmp_path):
    """What people meet when it does not go as meant: each says what happened, and what to do."""
    world.a_community("书房")
    owner = world.owner("林芝")
    empty, strange, quiet, table = (tmp_path / name for name in ("空.json", "信.txt", "静.json", "表.csv"))
    empty.write_bytes(b"")
    strange.write_text("亲爱的:\n\n见信好。\n", encoding="utf-8")
    quiet.write_bytes(export((None, "")))
    table.write_text("甲,乙,丙\n2024-03-05 09:05:00,小明,你好\n2024-03-05 09:06:00,小红,好\n", encoding="utf-8")
    page = browse("/histories/", owner, language="zh-hans")
    page.set_input_files("#history-file", str(empty))
    page.locator("#notices").get_by_text("空.json").wait_for()
    expect(page.locator("output[data-told]")).to_have_text("")
    page.complaints.clear()  # the browser notes that an upload was refused
    page_ok(page, "histories-empty-file")
    for file, name in ((strange, "histories-unknown"), (quiet, "histories-quiet"), (table, "histories-mapping")):
        page.goto("/histories/")
        handed_in(page, file)
        page.get_by_role("heading", name=file.name).wait_for()
        page_ok(page, name)
    expect(page.locator("#column-sent_at option")).to_have_text(["无", "甲", "乙", "丙"])
    page.context.close()


def test_a_file_that_is_gone_and_a_failure_are_told(browse, site, file):
    home, owner = world.a_community("书房"), world.owner("林芝")
    stored = imports.keep_upload(actor=SYSTEM, name="result.json", content=[file.read_bytes()])
    made = begun(Source(file), home, importer="telegram", chat="-1000000001234", kept=stored.sha256)
    files.remove(stored.sha256)
    assert runs.run_import(import_id=made.pk).state == ImportState.FAILED
    for phone, dark in ((False, False), (True, True)):
        page = browse(f"/histories/{made.pk}/", owner, language="zh-hans", phone=phone, dark=dark)
        page.get_by_text("result.json").first.wait_for()
        expect(page.get_by_role("button", name="继续")).to_have_count(0)
        page_ok(page, f"histories-gone-{'phone' if phone else 'desk'}")
        page.context.close()
    Import.objects.filter(pk=made.pk).update(state="running", stored=1200, entries_done=1300, expected=5000)
    page = browse(f"/histories/{made.pk}/", owner, language="zh-hans", phone=True)
    page_ok(page, "histories-under-way")


def test_a_file_that_was_cut_off_says_so_and_what_is_there_can_be_taken(client):
    world.a_community("书房")
    client.force_login(world.owner())
    cut = export(*SAID)[:-120]
    handed = client.post(
        "/histories/upload/",
        {"file": SimpleUploadedFile("result.json", cut)},
        headers={"HX-Request": "true"},
    )
    look = client.get(handed["HX-Redirect"])
    assert look.context["unreadable"] == 1
    assert "1 record cannot be read. If the file was cut off" in look.content.decode()
    assert "Import 4 messages" in look.content.decode()


def test_files_are_shown_by_what_they_are(client, tmp_path):
    world.a_community("书房")
    client.force_login(world.owner())
    rows = json.loads(export(("张三", "看"), ("李四", "")))
    rows["messages"][0] |= {"photo": "(File not included)", "photo_file_size": 9}
    rows["messages"][1] |= {"file": "files/a.pdf", "file_name": "报告.pdf", "mime_type": "application/pdf"}
    upload = SimpleUploadedFile("result.json", json.dumps(rows).encode())
    handed = client.post("/histories/upload/", {"file": upload}, headers={"HX-Request": "true"})
    look = client.get(handed["HX-Redirect"]).content.decode()
    assert "[photo]看" in look
    assert "[file 报告.pdf]" in look
