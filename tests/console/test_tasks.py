"""Tasks, approvals, alerts, the group notice and one's own chat, as people use them in a browser."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.models import Delivery
from qunce.community import actions as community
from qunce.kernel import clock, events
from qunce.kernel.actor import SYSTEM, Role
from qunce.team import actions as team
from qunce.team.models import Alert, Approval, StaffChat, Task
from qunce.team.types import Severity
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def a_busy_team():
    """A community with tasks of every kind; who operates it, and its tasks by title."""
    made = world.lively(days=2)
    chen = world.member_of_staff(name="陈默", roles={made.home.pk: Role.OPERATOR})
    now = clock.now()
    plan = {
        "把周六签到名单发给分享嘉宾": (chen.pk, now - timedelta(hours=5), False),
        "替「晨读群」换上新的群公告": (None, now + timedelta(hours=3), True),
        "约三位新成员聊聊收获": (None, None, False),
        "准备下周的话题": (chen.pk, now + timedelta(days=2), False),
    }
    for title, (whom, due, wants_proof) in plan.items():
        team.create_task(
            actor=SYSTEM,
            title=title,
            community_id=made.home.pk,
            assignee_id=whom,
            due_at=due,
            details="欢迎来到晨读群\n每天早上七点,一起读一章。",
            wants_proof=wants_proof,
        )
    return made, chen, {task.title: task for task in Task.objects.all()}


def test_a_task_is_added_taken_done_with_a_picture_and_undone(browse):
    made, chen, tasks = a_busy_team()
    page = browse("/tasks/", chen)
    page.get_by_role("heading", name="2 tasks are yours").wait_for()
    page_ok(page, "tasks")
    page.get_by_text("Where, until when, and who").click()
    page.get_by_label("Due").fill("2030-01-01T09:00")
    page.get_by_label("What is to be done?").fill("给新人发欢迎语")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="给新人发欢迎语").wait_for()
    added = Task.objects.get(title="给新人发欢迎语")
    assert (added.community_id, added.due_at) == (made.home.pk, datetime(2030, 1, 1, 1, tzinfo=UTC))
    page.get_by_role("link", name="All open").click()
    wanted = tasks["替「晨读群」换上新的群公告"]
    page.goto(f"/tasks/{wanted.pk}/")
    page.get_by_role("button", name="Take").click()
    page.get_by_text("陈默 does it now.").wait_for()
    page.get_by_role("button", name="It is done").click()
    page.get_by_text("Say in a sentence what was done").wait_for()
    page_ok(page, "task")
    page.get_by_label("Picture or PDF").set_input_files(
        {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    )
    page.get_by_role("button", name="It is done").click()
    page.get_by_text("A picture or a PDF of at most 10 MB, please.").wait_for()
    page.get_by_label("Picture or PDF").set_input_files({"name": "截图.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_role("button", name="It is done").click()
    page.get_by_text(f"“{wanted.title}” is done.").wait_for()
    page.goto(f"/tasks/{wanted.pk}/")
    assert page.evaluate("document.querySelector('.task-proof').naturalWidth") == 1
    page_ok(page)
    page.get_by_role("button", name="Open again").click()
    page.get_by_text("The task is open again.").wait_for()
    wanted.refresh_from_db()
    assert (wanted.state, wanted.proof_id) == ("open", None)


def test_done_in_one_tap_and_undone_on_a_phone(browse):
    _made, chen, tasks = a_busy_team()
    page = browse("/tasks/", chen, phone=True, dark=True, language="zh-hans")
    shoot(page, "tasks-phone-dark")
    mine = tasks["准备下周的话题"]
    page.locator(".task-row", has_text=mine.title).locator(".btn-primary").click()
    page.locator(".notice-success form button").click()
    page.wait_for_url(f"**/tasks/{mine.pk}/")
    mine.refresh_from_db()
    assert mine.state == "open"


def test_a_task_that_a_colleague_takes_leaves_the_page_by_itself(browse):
    _made, chen, tasks = a_busy_team()
    page = browse("/tasks/?show=team", chen)
    free = tasks["约三位新成员聊聊收获"]
    page.locator("html[data-live=on]").wait_for()
    team.complete_task(actor=SYSTEM, task_id=free.pk)
    page.get_by_role("link", name=free.title).wait_for(state="detached")


def test_today_says_what_is_late_and_what_waits(browse):
    made, chen, _tasks = a_busy_team()
    viewer = world.member_of_staff(name="小周", roles={made.home.pk: Role.VIEWER})
    owner = world.member_of_staff(name="群主", roles={made.home.pk: Role.OWNER})
    team.request_role(actor=world.actor(viewer), community_id=made.home.pk, role=Role.OPERATOR, reason="想帮忙值晚班")
    team.raise_alert(
        key="x",
        severity=Severity.BROKEN,
        sentence="一半的消息没有送达",
        community_id=made.home.pk,
        url="/deliveries/?",
    )
    page = browse("/", owner)
    page.get_by_text("1 question waits for your yes or no").wait_for()
    page.get_by_text("一半的消息没有送达").wait_for()
    page.goto("/approvals/")
    page_ok(page, "approvals")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Nothing waits for your yes or no").wait_for()
    events.deliver_pending()
    assert world.actor(viewer).grants[made.home.pk] == Role.OPERATOR
    page.goto("/alerts/")
    page_ok(page, "alerts")
    page.get_by_role("button", name="I look after it").click()
    page.get_by_text("群主 looks after it").wait_for()
    assert Alert.objects.get().acknowledged_by == owner.pk
    page = browse("/", chen)
    page.get_by_text("1 task is overdue").wait_for()
    expect(page.get_by_text("一半的消息没有送达")).to_have_count(0)


def test_a_role_is_asked_for_and_taken_back(browse):
    home = world.a_community("城市书房")
    page = browse("/approvals/", world.member_of_staff(roles={home.pk: Role.VIEWER}))
    page.get_by_text("Ask for a role").click()
    page.get_by_label("Role").select_option("lead")
    page.get_by_role("button", name="Ask the owners").click()
    page.get_by_text("You are told what the owners decide.").wait_for()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back.", exact=True).wait_for()
    assert Approval.objects.get().state == "withdrawn"


def test_the_notice_is_written_seen_and_set(browse):
    made = world.lively(days=2)
    community.set_notice(
        actor=SYSTEM, community_id=made.home.pk, text="欢迎来到{群名}\n目标:{共同目标}", contact="小陈"
    )
    page = browse(f"/communities/{made.home.pk}/notice/", world.owner())
    page.get_by_role("heading", name="4 groups do not have their notice").wait_for()
    page.get_by_text("目标:一个月读完一本书").wait_for()
    page.locator("textarea[name=text]").fill("问 {联系人}")
    page.locator(".notice-shown", has_text="问 小陈").wait_for()
    page.locator("textarea[name=text]").fill("问 {谁}")
    page.locator("#preview").get_by_text("{谁}").wait_for()
    page.locator("textarea[name=text]").fill("欢迎来到{群名}\n问 {联系人}")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page_ok(page, "notice")
    page.get_by_role("button", name="Set it in 4 groups").click()
    page.get_by_text("4 groups get their notice.").wait_for()
    assert Delivery.objects.filter(key__startswith="notice:").count() == 4
    page.get_by_text("On its way").first.wait_for()
    page_ok(page)


def test_ones_own_chat_is_linked_by_a_code_said_in_a_room(browse):
    made = world.lively(days=2)
    me = world.member_of_staff(name="陈默", roles={made.home.pk: Role.OPERATOR})
    page = browse("/profile/", me)
    page.get_by_role("button", name="Link a chat").click()
    code = page.locator("#code").inner_text()
    page_ok(page, "profile")
    page.locator("html[data-live=on]").wait_for()
    chat.ingest(support.Batch(made.account.pk, support.Origin.LIVE, [support.said("!城市书房0", code, by="@me")]))
    page.get_by_text("Everybody in this room reads along.").wait_for()
    assert StaffChat.objects.get(staff=me).group_id == made.groups["城市书房 · 晨读群"].pk
    page.get_by_label("By mail").uncheck()
    page.get_by_label("Quiet from").fill("22:00")
    page.get_by_role("button", name="Reach me like this").click()
    page.get_by_text("Quiet hours need a beginning and an end.").wait_for()
    page.get_by_label("Quiet until").fill("07:30")
    page.get_by_role("button", name="Reach me like this").click()
    page.get_by_text("Saved.").wait_for()
    me.refresh_from_db()
    assert (me.by_mail, str(me.quiet_until)) == (False, "07:30:00")
    page.get_by_role("button", name="Unlink").click()
    page.get_by_text("Nothing is sent there any more.").wait_for()
    assert not StaffChat.objects.exists()
