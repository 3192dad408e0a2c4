"""Broadcasts with all that belongs to them: files, a trial, waves, later, quiet hours, counted links."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from playwright.sync_api import expect

from qunce.chat import actions
from qunce.chat.models import Account, Broadcast, Delivery, Link, Schedule
from qunce.chat.selectors import attention
from qunce.chat.types import Content, DeliveryState, Manner, Media, MessageReceived, Restraint, Sender, Waves
from qunce.community import actions as community
from qunce.kernel import clock, events, files
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.models import StoredFile
from tests.chat import probe, support
from tests.console.test_broadcasts import SEE, rooms, send, settle
from tests.support import world
from tests.support.browser import page_ok, shoot, wait_until

S = DeliveryState
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
PERSON = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def test_with_a_picture_tried_first_and_then_in_waves(browse):
    groups = rooms("a", "b", "c")
    community.tag_groups(actor=SYSTEM, group_ids=[groups["c"].pk], add=["试点"])
    page = browse("/broadcasts/new/", world.owner())
    page.get_by_label("Text", exact=True).fill("Hello {group}, from {staff}")
    page.get_by_text("Every group that I operate").click()
    page.locator("input[type=file]").set_input_files({"name": "海报.png", "mimeType": "image/png", "buffer": PNG})
    page.locator("#attachment img").wait_for()
    page.locator("#beside img").wait_for()
    page.locator("input[type=file]").set_input_files(
        [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": f"第{n}页".encode()} for n in range(9)]
    )
    page.get_by_text("At most 9 files go along.").wait_for()
    expect(page.locator(".attached")).to_have_count(9)
    for _number in range(7):
        page.locator(".attached").last.get_by_role("button", name="Take it off").click()
    wait_until(page, "document.querySelectorAll('#beside .attachment-file').length === 1")
    page.get_by_text("Mention everybody in the group").click()
    page.get_by_text("In waves").click()
    page.get_by_label("First to so many groups").fill("1")
    page.get_by_label("or first to groups with this tag").select_option("试点")
    page.get_by_label("Then to so many at a time").fill("1")
    page_ok(page, "campaign-compose")
    page.get_by_role("button", name=SEE).click()
    page.get_by_role("heading", name="This is what 3 groups get").wait_for()
    page.get_by_text("First 1 group, then the others: 3 waves in all.").wait_for()
    page.get_by_text("@所有人 Hello 群 a, from 林芝").wait_for()
    page.get_by_label("Find a group").first.fill("群 c")
    page.keyboard.press("Enter")
    page.get_by_text("@所有人 Hello 群 c, from 林芝").wait_for()
    assert page.locator("#preview-phone img").evaluate("picture => picture.naturalWidth") == 1
    page_ok(page, "campaign-preview")
    page.get_by_label("Group to try it in").select_option(label="群 b")
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("It is on its way to “群 b”, as a trial.").wait_for()
    trial = Delivery.objects.get()
    assert (trial.group_id, trial.purpose) == (groups["b"].pk, 2)
    page.get_by_role("button", name="Send to 3 groups").click()
    page.get_by_role("heading", name="Reached 0 of 3 groups").wait_for()
    broadcast = Broadcast.objects.latest("id")
    assert dict(Delivery.objects.filter(broadcast=broadcast).values_list("group_id", "wave")) == {
        groups["c"].pk: 0,
        groups["a"].pk: 1,
        groups["b"].pk: 2,
    }
    stored = Content.from_json(Delivery.objects.filter(broadcast=broadcast).first().content)
    assert [part.name for part in stored.parts if isinstance(part, Media)] == ["海报.png", "0.txt"]
    page_ok(page, "campaign-under-way")


def test_what_stopped_by_itself_says_why_and_goes_on(browse):
    rooms("a", "b", "c")
    broadcast = send(manner=Manner(waves=Waves(first=1, size=1, failed=1)))
    settle(broadcast, 1, S.FAILED, detail="No.")
    actions.look_after_waves()
    page = browse(f"/broadcasts/{broadcast.pk}/", world.owner(), dark=True)
    page.get_by_role("heading", name="Stopped by itself after 0 groups").wait_for()
    page.get_by_text("1 message failed. Look into the groups").wait_for()
    page_ok(page, "campaign-stopped")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("dialog").get_by_role("button", name="Go on").click()
    page.get_by_text("It goes on with 0 groups.").wait_for()
    broadcast.refresh_from_db()
    assert broadcast.stopped_at is None


def test_for_later_it_is_planned_and_called_off(browse):
    rooms("a", "b")
    page = browse("/broadcasts/new/", world.owner())
    page.get_by_label("Text", exact=True).fill("Good morning, {group}: {weekday}")
    page.get_by_text("Every group that I operate").click()
    page.get_by_text("Again and again").click()
    page.get_by_role("button", name=SEE).click()
    page.get_by_text("Say when.").first.wait_for()
    tomorrow = clock.today("Asia/Shanghai") + timedelta(days=1)
    page.get_by_label("Day, or first day").fill(tomorrow.isoformat())
    page.locator("[name=starts]").fill("08:30")
    page.get_by_label("Sun").uncheck()
    page_ok(page, "campaign-later")
    page.get_by_role("button", name=SEE).click()
    page.get_by_text("Mondays, Tuesdays, Wednesdays, Thursdays, Fridays, Saturdays at 08:30").wait_for()
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("heading", name="Goes out next: ").wait_for()
    page_ok(page, "campaign-planned")
    schedule = Schedule.objects.get()
    assert schedule.next_at >= clock.now()
    page.goto("/broadcasts/")
    page.get_by_role("heading", name="To come").wait_for()
    page_ok(page, "campaigns-to-come")
    page.get_by_role("link", name="Good morning").click()
    page.get_by_role("button", name="Call it off").click()
    page.get_by_role("dialog").get_by_role("button", name="Call it off").click()
    page.get_by_text("It was called off.").wait_for()
    page.get_by_role("heading", name="Called off").wait_for()


def test_quiet_hours_are_decided_by_the_community(browse):
    groups = rooms("a")
    home = groups["a"].community_id
    page = browse(f"/communities/{home}/", world.member_of_staff(roles={home: Role.LEAD}))
    page.get_by_role("link", name="Quiet hours").click()
    page.get_by_label("Quiet from").fill("23:00")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Quiet hours have a beginning and an end.").wait_for()
    page.get_by_label("Quiet until").fill("07:00")
    page.get_by_label("Broadcasts a day").fill("2")
    page_ok(page, "quiet-hours")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    decided = attention.restraint(SYSTEM, home)
    assert (decided.quiet_from, decided.quiet_until, decided.daily_cap) == (time(23), time(7), 2)


def test_a_failed_message_is_tried_again_alone(browse):
    rooms("a", "b")
    broadcast = send()
    settle(broadcast, 1, S.FAILED, detail="No.")
    page = browse("/deliveries/", world.owner())
    page.get_by_role("link", name="群 a").click()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("It is tried again.").wait_for()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["planned", "planned"]


def test_the_sandbox_shows_pictures_and_files(browse):
    groups = rooms("a")
    account = Account.objects.get()
    picture = files.put(PNG, name="海报.png", content_type="image/png")
    paper = files.put(b"%PDF", name="章程.pdf", content_type="application/pdf")
    said = Content.of("看这里")
    for n, (stored, kind) in enumerate([(picture, "image"), (paper, "file")]):
        media = Media(kind, f"file:{stored.pk}", stored.name, stored.content_type, stored.size)
        parts = (*said.parts, media)
        sender = Sender(account.external_id, "Qunce", is_bot=True)
        support.live(account, MessageReceived("a", f"x{n}", clock.now(), sender, Content(parts).plain, parts))
    page = browse(f"/sandbox/{groups['a'].pk}/", world.owner())
    page.locator("#talk img").wait_for()
    assert page.locator("#talk img").evaluate("picture => picture.naturalWidth") == 1
    page.get_by_role("link", name="章程.pdf").wait_for()
    page_ok(page, "sandbox-files")


# ------------------------------------------------------------------ without a browser
@pytest.mark.django_db
def test_only_pictures_are_shown_and_only_to_who_is_signed_in(client):
    picture = files.put(PNG, name="a.png", content_type="image/png")
    page = files.put(b"<script>alert(1)</script>", name="a.html", content_type="text/html")
    assert client.get(f"/files/{picture.pk}").status_code == 302
    client.force_login(world.owner())
    shown = client.get(f"/files/{picture.pk}")
    assert (shown["Content-Type"], shown.content) == ("image/png", PNG)
    assert shown["Content-Disposition"].startswith("inline")
    handed = client.get(f"/files/{page.pk}")
    assert handed["Content-Type"] == "application/octet-stream"
    assert handed["Content-Disposition"].startswith("attachment")
    assert handed["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/files/{'0' * 64}").status_code == 404


@pytest.mark.django_db
def test_what_calls_itself_a_picture_and_is_none_is_a_file(client):
    client.force_login(world.owner())
    rooms("a")
    odd = SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", content_type="image/png")
    assert "a.png" in client.post("/broadcasts/new/attach/", {"file": odd}).content.decode()
    assert StoredFile.objects.get().content_type == "application/octet-stream"
    large = SimpleUploadedFile("b.bin", b"0" * (20 * 1024 * 1024 + 1))
    assert "larger than 20" in client.post("/broadcasts/new/attach/", {"file": large}).content.decode()
    assert StoredFile.objects.count() == 1
    viewer = world.member_of_staff(everywhere=Role.VIEWER)
    client.force_login(viewer)
    assert client.post("/broadcasts/new/attach/", {"file": odd}).status_code == 403


@pytest.mark.django_db
@override_settings(BASE_URL="https://q.example")
def test_a_counted_link_leads_anybody_to_its_address_and_says_nothing_else(client):
    rooms("a", "b")
    broadcast = send("看 https://a.cn/x", manner=Manner(counted=True))
    link = Link.objects.first()
    answer = client.get(f"/l/{link.token}?next=https://evil.example", headers=PERSON)
    assert (answer.status_code, answer["Location"]) == (302, "https://a.cn/x")
    assert not answer.cookies
    assert answer["Referrer-Policy"] == "no-referrer"
    client.head(f"/l/{link.token}", headers=PERSON)
    client.get(f"/l/{link.token}", headers={**PERSON, "sec-purpose": "prefetch"})
    client.get(f"/l/{link.token}", headers={"user-agent": "TelegramBot (like TwitterBot)"})
    assert client.get("/l/nothing").status_code == 404
    link.refresh_from_db()
    assert link.clicks == 1
    client.force_login(world.owner())
    page = client.get(f"/broadcasts/{broadcast.pk}/").content.decode()
    assert "1 click" in page
    assert "https://a.cn/x" in page
    table = client.get(f"/broadcasts/{broadcast.pk}/results.csv").content.decode()
    assert ",1," in table


@pytest.mark.django_db
def test_who_has_to_wait_is_told_before(client):
    with probe.installed():
        groups = support.adopted(support.account("probe"), "a", "b")
        home = groups["a"].community
        local = clock.now().astimezone(ZoneInfo(home.zone))
        night = Restraint((local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time(), 1)
        actions.set_restraint(actor=SYSTEM, community_id=home.pk, restraint=night)
        client.force_login(world.owner())
        written = {"text": "x", "whom": "everywhere", "submission": "0198f0c0-0000-7000-8000-000000000001"}
        page = client.post("/broadcasts/new/", {**written, "step": "preview"}).content.decode()
        assert "2 groups wait: Quiet hours of its community." in page


def test_a_large_one_waits_for_a_lead(browse):
    groups = rooms("a", "b", "c")
    home = groups["a"].community_id
    lead = world.member_of_staff("何欢", roles={home: Role.LEAD})
    page = browse(f"/communities/{home}/broadcasts/", lead)
    page.get_by_label("Approval above so many groups").fill("2")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    operator = world.member_of_staff("陈默", roles={home: Role.OPERATOR})
    page = browse("/broadcasts/new/", operator)
    page.get_by_label("Text", exact=True).fill("今晚八点 {group}")
    page.get_by_text("Every group that I operate").click()
    page.get_by_role("button", name=SEE).click()
    page.get_by_text("More than 2 groups: a lead has to approve it first").wait_for()
    page_ok(page, "consent-preview")
    page.get_by_role("button", name="Ask for approval").click()
    page.get_by_role("heading", name="Waits for approval").wait_for()
    page.get_by_text("You asked for this: somebody else decides.").wait_for()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    asked = browse("/approvals/", lead, language="zh-hans")
    shoot(asked, "consent-approvals")
    asked.goto("/approvals/")
    asked.locator("main a[href^='/broadcasts/']").click()
    asked.locator(".consent").wait_for()
    page_ok(asked, "consent-broadcast")
    asked.locator(".consent summary").click()
    asked.locator(".consent input[name=reason]").fill("写得太急")
    asked.locator(".consent .btn-outline-danger").click()
    events.deliver_pending()
    page.get_by_role("heading", name="Not approved").wait_for()
    page.get_by_text("写得太急").wait_for()
    page_ok(page, "consent-refused")
    broadcast = Broadcast.objects.get()
    assert set(broadcast.deliveries.values_list("state", flat=True)) == {S.SKIPPED}
