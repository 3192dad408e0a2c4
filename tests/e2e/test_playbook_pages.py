"""Playbooks as people work with them in a browser: written, published, put right where they failed, and done by hand."""

from datetime import timedelta
from uuid import uuid4

from qunce.chat import actions as chat
from qunce.chat.models import Account, Delivery
from qunce.chat.selectors import schedules
from qunce.chat.types import Rhythm, Selection
from qunce.kernel import clock, events, live, revisions
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions, selectors
from qunce.playbooks.models import Playbook, Run, Track
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.types import TrackState
from tests.chat import support
from tests.playbooks.support import go
from tests.support import world
from tests.support.browser import held, page_ok, wait_until_true

TEXT = """\
key: evening
title: {zh: 晚间剧本, en: Evenings}
steps:
  - {id: hello, do: send, text: {zh: 晚上好, en: Good evening}}
  - {id: later, when: day 2 20:00, do: send, text: {zh: 又见面了, en: Here again}}
"""
VISIT = """\
key: visit
title: {zh: 走访, en: Visits}
steps:
  - id: look
    do: task
    task: "Look into {group}"
    within: 4h
    whom: starter
    proof: true
    done:
      - {id: told, do: send, text: 有人来看过大家}
"""


def begun(text, actor=SYSTEM):
    """A playbook that is at work in every group, and has done what is due."""
    row = actions.create_playbook(actor=SYSTEM, document=read(text, selectors.vocabulary()), text=text)
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    run = actions.begin_run(actor=actor, playbook_id=row.pk, selection=Selection(everywhere=True), submission=uuid4())
    go()
    return run


def switched(account, *, on):
    Account.objects.filter(pk=account.pk).update(enabled=on)
    revisions.bump("accounts")


def ids(row):
    return [step.id for step in selectors.document_of(Playbook.objects.get(pk=row.pk)).walk()]


def test_a_playbook_is_begun_written_undone_and_published(browse):
    support.adopted(support.account(state="working"), "A")
    page = browse("/playbooks/new/", world.owner())
    page.get_by_label("Title").fill("晚间剧本")
    page.get_by_role("button", name="Begin").first.click()
    page.get_by_text("This playbook has no steps yet.").wait_for()
    row = Playbook.objects.get()
    page.locator("html[data-live=on]").wait_for()
    page.get_by_text("Add a step").click()
    live.touch(f"playbook:{row.pk}")
    page.wait_for_timeout(1500)  # what somebody else changed does not close an open menu
    page.get_by_role("button", name="Send a message", exact=True).click()
    page.locator("#panel textarea").first.fill("晚上好，{group}")
    page.locator("#phone").get_by_text("晚上好，A group of yours").wait_for()
    _, let_go = held(page, "/editor/")
    page.locator("#panel").get_by_role("button", name="Save").click()
    page.locator("#panel").get_by_text("Saved in the draft.").wait_for()
    card = page.locator(".dayplan-table [data-step]")
    card.focus()
    page.keyboard.press("Control+d")
    wait_until_true(page, lambda: card.count() == 2)
    page.get_by_role("button", name="Undo").click()
    wait_until_true(page, lambda: card.count() == 1)
    let_go()
    assert "晚上好，{group}" in str(Playbook.objects.get().document), (
        "one change is undone, not what was saved before"
    )
    page.locator(".dayplan-table [data-step]").focus()
    page.keyboard.press("Control+d")
    wait_until_true(page, lambda: card.count() == 2)
    page.goto(f"/playbooks/{row.pk}/publish/")
    page.get_by_role("heading", name="The first version").wait_for()
    for box in page.locator("input[name=accepted]").all():
        box.check()
    page.get_by_role("button", name="Publish it").click()
    page.wait_for_url(f"**/playbooks/{row.pk}/")
    assert len(ids(row)) == 2
    assert selectors.latest_of([row.pk])[row.pk].number == 1
    assert not page.complaints


def test_what_failed_is_opened_and_done_once_more(browse):
    first, second = (support.account(state="working") for _ in range(2))
    support.adopted(first, "A")
    group = support.adopted(second, "B")["B"]
    switched(second, on=False)
    run = begun(TEXT)
    page = browse(f"/playbooks/runs/{run.pk}/", world.owner())
    page.locator("html[data-live=on]").wait_for()
    page.get_by_role("link", name="Needs you").click()
    page.locator("table.board .group-under").get_by_text("Its account is switched off.").wait_for()
    page.get_by_role("link", name=group.name).click()
    page.get_by_role("heading", name=group.name).wait_for()
    page_ok(page, "track")
    switched(second, on=True)
    page.get_by_role("button", name="Once more").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("It is done once more.").wait_for()
    page.goto(f"/playbooks/runs/{run.pk}/")
    page.locator("html[data-live=on]").wait_for()
    go()
    page.get_by_role("link", name="Needs you").wait_for(state="detached")
    assert Delivery.objects.filter(group_id=group.pk).count() == 1
    row = page.locator("table.board tbody tr", has_text=group.name)
    row.get_by_role("checkbox").check()
    page.get_by_text("1 chosen").wait_for()
    page.locator(".board-bar").get_by_role("button", name="Pause").click()
    row.get_by_text("Paused").first.wait_for()
    assert set(Track.objects.values_list("state", flat=True)) == {TrackState.DUE, TrackState.PAUSED}
    assert not page.complaints


def test_a_planned_broadcast_is_dragged_to_another_day_and_moved_on_a_phone(browse):
    support.adopted(support.account(state="working"), "A")
    begun(TEXT)
    today = clock.today("Asia/Shanghai")
    first = today.replace(day=15) if today.day < 12 else (today.replace(day=1) + timedelta(days=45)).replace(day=15)
    rhythm = Rhythm(first, clock.now().time().replace(hour=9, minute=0), "Asia/Shanghai", ())
    row = chat.plan_broadcast(
        actor=SYSTEM, text="周末见", selection=Selection(everywhere=True), rhythm=rhythm, submission=uuid4()
    )
    page = browse(f"/calendar/?day={first}", world.owner())
    entry = page.locator(".calendar-grid [data-moves-schedule]")
    after = first + timedelta(days=4)
    entry.drag_to(page.locator(f'.calendar-grid td[data-day="{after}"]'))
    page.locator(f'.calendar-grid td[data-day="{after}"] [data-moves-schedule]').wait_for()
    row.refresh_from_db()
    assert schedules.rhythm_of(row).first == after
    page.get_by_role("link", name="Week", exact=True).click()
    page.locator(".calendar-week").wait_for()
    page_ok(page, "calendar-week")
    page.close()
    phone = browse(f"/calendar/?show=agenda&day={after}", world.owner(), phone=True, dark=True)
    phone.get_by_label("Another day").fill(f"{first}")
    phone.get_by_role("button", name="Move").click()
    wait_until_true(phone, lambda: schedules.rhythm_of(type(row).objects.get(pk=row.pk)).first == first)
    assert not phone.complaints


def test_a_task_of_a_playbook_is_done_with_proof_on_a_phone_and_the_playbook_goes_on(browse):
    home = support.adopted(support.account(state="working"), "A")["A"]
    chen = world.member_of_staff("陈默", roles={home.community_id: "operator"})
    run = begun(VISIT, world.actor(chen))
    page = browse("/", chen, phone=True)
    page.get_by_role("navigation").get_by_role("link", name="Tasks").last.click()
    page_ok(page, "tasks-of-playbooks")
    page.get_by_role("link", name="Look into").first.click()
    page.get_by_role("heading", name="Look into").wait_for()
    page.get_by_role("link", name="To where it comes from").click()
    page.get_by_role("heading", name=home.name).wait_for()
    page.go_back()
    page.get_by_role("button", name="It is done").click()
    page.get_by_text("Say in a sentence what was done").wait_for()
    page.get_by_label("What was done").fill("看过了，都好")
    page.get_by_label("Picture or PDF").set_input_files(
        {"name": "截图.png", "mimeType": "image/png", "buffer": world.PNG}
    )
    page.get_by_role("button", name="It is done").click()
    page.get_by_text("is done.").wait_for()
    events.deliver_pending()
    go()
    assert Delivery.objects.get().content[0]["text"] == "有人来看过大家"
    go()
    assert Run.objects.get(pk=run.pk).ended_at is not None
    assert not page.complaints
