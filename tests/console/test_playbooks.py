"""The pages of playbooks: begin from a text, arrange the steps, publish, begin a run, follow and steer it."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from qunce.chat.types import Selection
from qunce.kernel.actor import SYSTEM, Role
from qunce.playbooks import actions, selectors
from qunce.playbooks.actions.rehearsals import carry_out_rehearsal
from qunce.playbooks.models import KeptRehearsal, Playbook, Run, Track
from qunce.playbooks.policies.moments import written as moment_written
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.types import RunState, TrackState
from tests.chat import support
from tests.steps.bench import HOUR, START, Bench
from tests.support import world
from tests.support.browser import page_ok, wait_until
from tests.support.filled import filled

TEXT = """\
# written by hand
key: three-days
title: {zh: 三天同行, en: Three days together}
goal: {zh: 每个人说一句, en: Everybody says something}
evidence: {zh: 一半人说过话, en: Half of them have spoken}
steps:
  - id: hello
    when: day 0 20:00
    do: send
    text: {zh: "大家好，{group}", en: "Hello {group}"}
  - id: question
    when: day 1 20:00   # in the evening
    do: ask
    text: {zh: 今天学到了什么？, en: What have you learned today?}
    for: 24h
    silent:
      - id: nudge
        do: send
        text: {zh: 说一句就好, en: A word is enough}
  - id: thanks
    when: day 3 20:00
    do: send
    text: {zh: 谢谢大家, en: Thank you all}
"""


def drafted(text=TEXT, **more):
    return actions.create_playbook(actor=SYSTEM, document=read(text), text=text, **more)


def rooms(*names):
    """A sandbox account with adopted rooms; returns the groups by room."""
    made = support.account("sandbox", external_id="bot:Qunce", state="working")
    return support.adopted(made, *names)


def begun(row, **more):
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=row.edition)
    run = actions.begin_run(
        actor=SYSTEM, playbook_id=row.pk, selection=Selection(everywhere=True), submission=uuid4(), **more
    )
    actions.look_for_starts()
    return run


@pytest.fixture
def client(db):
    browser = Client()
    browser.force_login(world.owner())
    return browser


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def edit(client, row, **given):
    row.refresh_from_db()
    return client.post(url("playbook_edit", row.pk), {"edition": row.edition, **given}).content.decode()


def steps(row):
    row.refresh_from_db()
    return {step.id: step for step in selectors.document_of(row).walk()}


def when(row, step):
    return moment_written(steps(row)[step].when)


# ---------------------------------------------------------------- the editor
def test_a_step_is_moved_and_the_text_keeps_its_comments(client):
    row = drafted()
    said = edit(client, row, op="move", step="thanks", day="5", hour="9")
    assert "day 5 at 09:00" in said
    assert when(row, "thanks") == "day 5 09:00"
    assert "# in the evening" in row.text
    assert "# written by hand" in row.text
    edit(client, row, op="move", step="thanks", days="-1", hours="1")
    assert when(row, "thanks") == "day 4 10:00"


def test_a_moved_step_takes_its_place_among_its_neighbours(client):
    row = drafted()
    edit(client, row, op="move", step="thanks", day="0", hour="9")
    row.refresh_from_db()
    assert [step.id for step in selectors.document_of(row).steps] == ["thanks", "hello", "question"]


def test_a_step_on_a_path_is_moved_by_how_long_it_waits(client):
    row = drafted()
    edit(client, row, op="move", step="nudge", days="0", hours="3")
    assert when(row, "nudge") in {"3h", "day 1 23:00", "day 2 23:00"}
    assert "nudge" in {step.id for step in steps(row)["question"].paths["silent"]}


def test_what_was_taken_out_is_put_back(client):
    row = drafted()
    before = row.document
    edit(client, row, op="remove", step="question")
    assert set(steps(row)) == {"hello", "thanks"}
    edit(client, row, op="restore", document=json.dumps(before))
    assert set(steps(row)) == {"hello", "question", "nudge", "thanks"}


def test_going_back_does_not_undo_what_somebody_else_did(client):
    row = drafted()
    said = client.post(
        url("playbook_edit", row.pk), {"op": "restore", "document": "{}", "edition": row.edition - 1}
    ).content.decode()
    assert "Somebody else has changed" in said
    assert len(steps(row)) == 4


def test_a_copy_has_ids_of_its_own(client):
    row = drafted()
    edit(client, row, op="duplicate", step="question")
    assert {"question-2", "nudge-2"} <= set(steps(row))


def test_a_step_is_added_on_a_path(client):
    row = drafted()
    edit(client, row, op="add", do="send", of="question", path="answered")
    assert [step.do for step in steps(row)["question"].paths["answered"]] == ["send"]


def form_of(client, row, step):
    """What the form of a step would post if nothing were changed."""
    given = {}
    for name, value in filled(client.get(url("playbook_step", row.pk, step)).content.decode(), within="step-form"):
        given.setdefault(name, []).append(value)
    return given


def test_the_form_of_a_step_changes_nothing_but_what_was_changed(client):
    row = drafted()
    for step in ("hello", "question", "nudge", "thanks"):
        answer = client.post(url("playbook_step", row.pk, step), form_of(client, row, step))
        assert "Saved in the draft." in answer.content.decode(), answer.content.decode()
    row.refresh_from_db()
    assert selectors.document_of(row) == read(TEXT)
    given = {
        **form_of(client, row, "hello"),
        "with_text_en": "Good evening",
        "way": "weekdays",
        "weekdays": ["0", "4"],
    }
    client.post(url("playbook_step", row.pk, "hello"), given)
    assert steps(row)["hello"].with_["text"] == {"zh": "大家好，{group}", "en": "Good evening"}
    assert when(row, "hello") == "mon,fri 20:00"


def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed(client):
    row = drafted()
    given = {**form_of(client, row, "question"), "with_open_for_amount": "-1", "step_id": "hello"}
    said = client.post(url("playbook_step", row.pk, "question"), given).content.decode()
    assert "Another step has this name already." in said
    assert 'value="-1"' in said
    assert "question" in steps(row)


def test_two_people_at_one_step_lose_nothing(client):
    row = drafted()
    given = {**form_of(client, row, "hello"), "with_text_en": "Mine"}
    edit(client, row, op="move", step="hello", day="0", hour="8")
    answer = client.post(url("playbook_step", row.pk, "hello"), given).content.decode()
    assert "Somebody else has changed this step" in answer
    assert "Mine" in answer
    assert "Hello {group}" in steps(row)["hello"].with_["text"]["en"]


# ---------------------------------------------------------------- the text
def test_a_text_that_cannot_be_read_says_the_line_and_keeps_what_was_typed(client):
    row = drafted()
    bad = TEXT.replace("    do: ask", "    do: ask\n    whenever: day 9")
    answer = client.post(
        url("playbook_text", row.pk), {"text": bad.replace("when: day 3 20:00", "when: someday"), "edition": 1}
    )
    said = answer.content.decode()
    assert "This text is no playbook yet" in said
    assert "Line 22" in said
    assert "someday" in said
    assert len(steps(row)) == 4


def test_a_text_is_saved_unless_somebody_was_quicker(client):
    row = drafted()
    mine = TEXT.replace("Thank you all", "Thanks")
    actions.change_draft(
        actor=SYSTEM,
        playbook_id=row.pk,
        edition=1,
        document=read(TEXT.replace("Hello", "Hi")),
        text=TEXT.replace("Hello", "Hi"),
    )
    said = client.post(url("playbook_text", row.pk), {"text": mine, "edition": 1}).content.decode()
    assert "Somebody else has changed this playbook" in said
    assert "Thanks" in said
    assert "Hi {group}" in said
    client.post(url("playbook_text", row.pk), {"text": mine, "edition": 2})
    assert steps(row)["thanks"].with_["text"]["en"] == "Thanks"
    got = client.get(url("playbook_export", row.pk))
    assert got.content.decode() == mine


# ---------------------------------------------------------------- publishing, beginning, steering
def test_from_a_text_to_a_run(client):
    rooms("A", "B")
    answer = client.post(url("playbook_new"), {"title": "早安", "audience": "group", "key": "good-morning"})
    row = Playbook.objects.get()
    assert answer["Location"] == url("playbook", row.pk)
    client.post(url("playbook_text", row.pk), {"text": TEXT, "edition": row.edition})
    row.refresh_from_db()
    found = client.get(url("playbook_publish", row.pk)).context
    accepted = [each.key for each in found["warnings"]]
    assert not found["errors"]
    client.post(url("playbook_publish", row.pk), {"edition": row.edition, "accepted": accepted})
    given = {"whom": "everywhere", "grows": "on", "submission": str(uuid4()), "step": "preview"}
    shown = client.post(url("run_begin", row.pk), given)
    assert [each.title for each in shown.context["coming"]][:1] == ["Send a message"]
    assert shown.context["count"] == 2
    assert not Run.objects.exists()
    client.post(url("run_begin", row.pk), {**given, "step": "begin"})
    client.post(url("run_begin", row.pk), {**given, "step": "begin"})
    run = Run.objects.get()
    actions.look_for_starts()
    board = client.get(url("run", run.pk)).context
    assert [line.row.group for line in board["lines"]] == ["A", "B"] or len(board["lines"]) == 2
    assert [column.id for column in board["columns"]] == ["hello", "question", "nudge", "thanks"]


def test_a_run_is_steered_from_its_board(client):
    rooms("A", "B")
    run = begun(drafted())
    first = Track.objects.order_by("pk").first()
    client.post(url("run_act", run.pk, "pause-some"), {"tracks": [str(first.pk)]})
    first.refresh_from_db()
    assert first.state == TrackState.PAUSED
    answer = client.post(
        url("run_act", run.pk, "resume-some"), {"tracks": [str(first.pk)], "state": "paused", "q": "A", "at": ""}
    )
    assert answer.url == f"{url('run', run.pk)}?state=paused&q=A", "one sees the same lines again"
    found = client.get(url("run", run.pk), {"q": "a"}).context
    assert [line.row.group for line in found["lines"]] == ["群 A"]
    client.post(url("run_act", run.pk, "skip"), {"tracks": [str(first.pk)]})
    first.refresh_from_db()
    assert (first.state, first.step) == (TrackState.DUE, "question")
    client.post(url("run_act", run.pk, "skip"))
    assert Track.objects.filter(step="hello").count() == 1
    client.post(url("run_act", run.pk, "pause"), {"reason": "假期"})
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert "假期" in client.get(url("run", run.pk)).content.decode()
    client.post(url("run_act", run.pk, "resume"))
    client.post(url("run_act", run.pk, "stop"))
    run.refresh_from_db()
    assert run.state == RunState.ENDED


def test_a_step_is_offered_what_was_answered_before_it(client):
    row = drafted()
    offered = dict(client.get(url("playbook_step", row.pk, "nudge")).context["variables"])
    assert {name for name in offered if name.startswith("question.")} == {
        "question.count",
        "question.names",
        "question.answers",
    }
    assert "how many have answered" in offered["question.count"]
    assert "suggestions.thanks" in offered
    before = dict(client.get(url("playbook_step", row.pk, "hello")).context["variables"])
    assert not [name for name in before if name.startswith("question.")]


def test_a_run_is_moved_to_a_new_version(client):
    rooms("A", "B")
    row = drafted()
    run = begun(row)
    edit(client, row, op="remove", step="hello")
    row.refresh_from_db()
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=row.edition)
    shown = client.get(url("run_move", run.pk)).context
    assert [(each.count, each.before, each.after) for each in shown["groups"]] == [
        (2, "Send a message", "Ask for answers")
    ] or shown["groups"][0].count == 2
    client.post(url("run_move", run.pk))
    assert set(Track.objects.values_list("step", flat=True)) == {"question"}


# ---------------------------------------------------------------- in a browser
def test_the_timeline_by_mouse_and_keyboard(browse, transactional_db):
    rooms("A")
    row = drafted()
    page = browse(f"/playbooks/{row.pk}/", world.owner())
    page_ok(page, "playbook")
    card = page.locator('.dayplan-table [data-step="thanks"]')
    to = page.locator('.dayplan-table tbody td[data-day="4"][data-hour="18"]').first
    card.drag_to(to)
    page.locator('.dayplan-table td[data-day="4"][data-hour="18"] [data-step="thanks"]').wait_for()
    assert when(row, "thanks") == "day 4 18:00"
    page.locator('.dayplan-table [data-step="thanks"]').focus()
    page.keyboard.press("ArrowUp")
    page.locator('.dayplan-table td[data-hour="17"] [data-step="thanks"]').wait_for()
    wait_until(page, "document.activeElement.dataset.step === 'thanks'")
    page.keyboard.press("Delete")
    page.locator('.dayplan-table [data-step="thanks"]').wait_for(state="detached")
    page.keyboard.press("Control+z")
    page.locator('.dayplan-table [data-step="thanks"]').wait_for()
    page.locator('.dayplan-table [data-step="hello"]').click()
    page.locator("#panel").get_by_text("Hello").first.wait_for()
    page_ok(page, "playbook-step")
    page.locator('#panel textarea[name="with_text_en"]').fill("Good evening, {group}")
    page.locator("#phone").get_by_text("Good evening, A group of yours").wait_for()
    page.locator("#panel").get_by_role("button", name="Save").click()
    page.locator("#panel").get_by_text("Saved in the draft.").wait_for()
    page.locator('.dayplan-table [data-step="hello"]').get_by_text("Good evening").wait_for()
    assert steps(row)["hello"].with_["text"]["en"] == "Good evening, {group}"
    assert not page.complaints


def test_a_rehearsal_in_a_process_of_its_own(transactional_db):
    rooms("A", "B")
    row = drafted()
    browser = Client()
    browser.force_login(world.owner())
    given = {"whom": "everywhere", "days": "6", "submission": str(uuid4())}
    answer = browser.post(url("playbook_rehearse", row.pk), given)
    kept = KeptRehearsal.objects.get()
    assert answer["Location"] == url("rehearsal", kept.pk)
    assert "waits for a worker" in browser.get(url("rehearsal", kept.pk)).content.decode()
    carry_out_rehearsal(rehearsal_id=kept.pk)
    shown = browser.get(url("rehearsal", kept.pk))
    acts = shown.context["acts"]
    assert [scene.groups for act in acts for scene in act.scenes if "Hello" in scene.step][:1] == [2]
    assert not Run.objects.exists(), "nothing of it stays"
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=row.edition)
    begins = browser.get(url("run_begin", row.pk), {"rehearsal": kept.pk}).context["form"]
    assert begins.initial["whom"] == "everywhere"
    kept.refresh_from_db()
    stranger = Client()
    stranger.force_login(world.member_of_staff(everywhere=Role.OWNER))
    assert stranger.get(url("rehearsal", kept.pk)).status_code == 404


def test_a_board_on_a_phone_and_what_it_says(browse, transactional_db):
    groups = rooms("城市书房 晨读群", "B")
    run = begun(drafted())
    held = Track.objects.get(group_id=groups["B"].pk)
    Track.objects.filter(pk=held.pk).update(state=TrackState.FAILED, reason="Its account is switched off.")
    page = browse(f"/playbooks/runs/{run.pk}/", world.owner())
    page.get_by_text("Its account is switched off.").wait_for()
    page_ok(page, "board")
    page.get_by_role("link", name="Needs you").click()
    page.locator("table.board tbody tr").first.wait_for()
    expect(page.locator("table.board tbody tr")).to_have_count(1)
    page.goto("/playbooks/")
    page_ok(page, "playbooks")
    page.goto(f"/groups/{groups['B'].pk}/")
    page.get_by_role("link", name="Three days together").wait_for()
    page.goto("/")
    page.get_by_text("1 target needs you").wait_for()


def test_who_has_not_answered_stays_unfolded_while_answers_come(browse, transactional_db):
    bench = Bench()
    bench.begin([{"id": "ask", "do": "ask", "with_": {"text": "今天读了几页？", "for": "72h"}}])
    bench.go()
    bench.deliver()
    page = browse(reverse("console:run_call", args=[bench.run.pk, "ask"]), world.owner())
    page.locator("html[data-live=on]").wait_for()
    page.get_by_text("3 people").click()
    bench.say("三十页", at=START + HOUR)
    page.get_by_text("2 people").wait_for()
    expect(page.locator(".silent", has_text="李四")).to_be_visible()
