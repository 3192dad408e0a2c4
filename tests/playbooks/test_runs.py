"""Runs: who begins, who may decide, and what people do with what runs."""

from datetime import timedelta
from uuid import uuid4

import pytest

from qunce.chat.models import Account
from qunce.chat.types import MemberJoined, Selection, Sender
from qunce.community import actions as community
from qunce.kernel import audit, clock, events
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.playbooks import actions, selectors
from qunce.playbooks.actions.engine import GROUP_IS_GONE, MEMBER_IS_GONE
from qunce.playbooks.models import Execution, Playbook, Run, Track
from qunce.playbooks.types import RunState, TrackState
from tests.chat import support as chat_support
from tests.playbooks import support
from tests.playbooks.support import START, begun, document, go, groups, published, said, step
from tests.support import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_start():
    with clock.at(START):
        yield


def tracks(run):
    return list(Track.objects.filter(run=run).order_by("pk"))


def account():
    return Account.objects.order_by("pk").first()


# ------------------------------------------------------------------ writing and publishing
def test_a_draft_is_written_published_and_never_changes_again():
    row = actions.create_playbook(actor=SYSTEM, document=document(step("a", text="one"), key="welcome"))
    first = actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    changed = document(step("a", text="two"), key="welcome")
    assert actions.change_draft(actor=SYSTEM, playbook_id=row.pk, edition=1, document=changed).edition == 2
    assert actions.change_draft(actor=SYSTEM, playbook_id=row.pk, edition=2, document=changed).edition == 2
    with pytest.raises(Conflict):
        actions.change_draft(actor=SYSTEM, playbook_id=row.pk, edition=1, document=changed)
    second = actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=2)
    assert (first.number, second.number) == (1, 2)
    assert [each.document["steps"][0]["with_"]["text"] for each in selectors.versions(SYSTEM, row.pk)] == [
        "two",
        "one",
    ]
    with pytest.raises(Conflict, match="Nothing has changed"):
        actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=2)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (document, "at least one step"),
        (lambda: document(step("a"), step("a")), "there twice"),
        (lambda: document(step("a", "nothing")), "cannot be carried out"),
        (lambda: document(step("a", seconds="soon")), "cannot be carried out"),
        (lambda: document(step("a", paths={"left": [step("b")]})), "never takes the path"),
        (lambda: document(step("a"), on="never"), "Nothing in Qunce starts"),
        (lambda: document(step("a"), needs=["points"]), "does not have yet: points"),
    ],
)
def test_what_cannot_be_carried_out_stays_a_draft(written, why):
    row = actions.create_playbook(actor=SYSTEM, document=written())
    with pytest.raises(Invalid, match=why):
        actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)


def test_a_key_is_taken_once_per_community_and_a_copy_finds_another():
    home, other = world.a_community(), world.a_community()
    first = actions.create_playbook(actor=SYSTEM, document=document(step("a"), key="same"), community_id=home.pk)
    with pytest.raises(Invalid):
        actions.create_playbook(actor=SYSTEM, document=document(step("a"), key="same"), community_id=home.pk)
    assert actions.duplicate_playbook(actor=SYSTEM, playbook_id=first.pk, community_id=other.pk).key == "same"
    assert actions.duplicate_playbook(actor=SYSTEM, playbook_id=first.pk, community_id=home.pk).key == "same-2"


def test_who_may_write_publish_and_see():
    home = world.a_community()
    people = {role: world.actor(person) for role, person in world.everyone(home.pk).items()}
    operator, viewer = people[Role.OPERATOR], people[Role.VIEWER]
    ours = actions.create_playbook(actor=operator, document=document(step("a")), community_id=home.pk)
    assert actions.publish(actor=operator, playbook_id=ours.pk, edition=1).number == 1
    with pytest.raises(NotAllowed):
        actions.create_playbook(actor=viewer, document=document(step("a")), community_id=home.pk)
    with pytest.raises(NotAllowed):
        actions.create_playbook(actor=operator, document=document(step("a")))
    everybodys = actions.create_playbook(actor=SYSTEM, document=document(step("a")))
    lead, keen = (world.actor(world.member_of_staff(everywhere=role)) for role in (Role.LEAD, Role.OPERATOR))
    with pytest.raises(NotAllowed):
        actions.publish(actor=operator, playbook_id=everybodys.pk, edition=1)
    with pytest.raises(NotAllowed):
        actions.publish(actor=keen, playbook_id=everybodys.pk, edition=1)
    assert actions.publish(actor=lead, playbook_id=everybodys.pk, edition=1).number == 1
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    assert set(selectors.visible_playbooks(viewer)) == {ours, everybodys}
    assert set(selectors.visible_playbooks(stranger)) == {everybodys}
    with pytest.raises(NotFound):
        selectors.playbook(stranger, ours.pk)
    assert Playbook.objects.count() == 2


# ------------------------------------------------------------------ who begins
def test_a_run_begins_at_its_time_and_once_however_often_the_form_comes():
    found = groups(2)
    row = published(document(step("a", text="a"), step("b", text="b", when={"day": 1, "at": "09:00"})))
    form = {"playbook_id": row.pk, "selection": Selection(group_ids=(found[0].pk,)), "submission": uuid4()}
    run = actions.begin_run(actor=SYSTEM, begins_at=START + DAY, **form)
    assert actions.begin_run(actor=SYSTEM, begins_at=START + DAY, **form) == run
    go(START + 2 * HOUR)
    assert tracks(run) == []
    go(START + DAY + HOUR)  # an hour late: day 0 is still when it should have begun
    assert [track.began_at for track in tracks(run)] == [START + DAY]
    assert said() == ["a"]
    entry = audit.visible_to(SYSTEM).filter(action="run.begun").get()
    assert audit.say(entry) == "Qunce put the playbook “读书七日” to work (groups: 1)."


def test_groups_that_fit_later_join_where_it_grows_and_leave_when_they_are_released():
    found = groups(2)
    community.tag_groups(actor=SYSTEM, group_ids=[found[0].pk], add=["vip"])
    tagged = Selection(tags=("vip",))
    steps = [step("a", text="a"), step("b", "hold", event="x")]
    growing = begun(found, *steps, selection=tagged)
    fixed = begun(found, *steps, selection=tagged, grows=False)
    go(START)
    community.tag_groups(actor=SYSTEM, group_ids=[found[1].pk], add=["vip"])
    go(START + DAY)
    assert [(track.group_id, track.began_at) for track in tracks(growing)] == [
        (found[0].pk, START),
        (found[1].pk, START + DAY),
    ]
    assert len(tracks(fixed)) == 1
    community.release_groups(actor=SYSTEM, group_ids=[found[0].pk])
    community.archive_groups(actor=SYSTEM, group_ids=[found[1].pk])
    events.deliver_pending()
    assert {(track.state, track.reason) for track in tracks(growing)} == {(TrackState.STOPPED, GROUP_IS_GONE)}
    assert set(Execution.objects.filter(step="b").values_list("state", flat=True)) == {"skipped"}


def test_a_recurring_trigger_begins_each_time_and_never_ends():
    found = groups(2)
    run = begun(found, step("tick", text="tick"), on="ticks", begins_at=START + timedelta(minutes=1))
    for minutes in (0, 30, 61, 90, 125):
        go(START + timedelta(minutes=minutes))
    assert sorted(track.occurrence for track in tracks(run)) == [2026112002] * 2 + [2026112003] * 2
    assert len(said()) == 4
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING


def test_what_is_said_begins_a_target_once():
    (group,) = groups(1)
    everyone = begun([group], step("a", text="group"), on="hears", with_={"text": "开始"})
    each = begun([group], step("a", text="member"), on="hears", with_={"text": "开始"}, audience="member")
    paused = begun([group], step("a"), on="hears", with_={"text": "开始"})
    actions.pause_run(actor=SYSTEM, run_id=paused.pk)
    lines = [("@zhang", "我要开始"), ("@li", "开始吧"), ("@zhang", "开始开始"), ("@wang", "再说"), ("@bot", "开始")]
    chat_support.live(
        account(),
        *(
            chat_support.said(group.external_id, text, by=by, name=by, at=START, is_bot=by == "@bot")
            for by, text in lines
        ),
    )
    assert len(tracks(everyone)) == 1
    assert len(tracks(each)) == 2
    assert tracks(paused) == []
    assert tracks(each)[0].data["start"]["text"] == "我要开始"
    go(START)
    assert sorted(said()) == ["group", "member", "member"]


def test_a_pipeline_without_listening_runs_asks_nothing(django_assert_num_queries):
    (group,) = groups(1)
    begun([group], step("a"))
    from qunce.chat.stage import Inflow
    from qunce.kernel import revisions
    from qunce.playbooks.subscribers import PlaybookSteps

    stage = PlaybookSteps()
    inflow = Inflow(1, START, revisions.current(), ())
    stage.run(inflow)
    with django_assert_num_queries(0):
        stage.run(inflow)


def test_members_are_followed_one_by_one_without_bots_and_our_own_people():
    (group,) = groups(1)
    people = ["@a", "@b", "@bot"]
    chat_support.live(
        account(),
        *(MemberJoined(group.external_id, Sender(key, key, is_bot=key == "@bot"), START - DAY) for key in people),
    )
    from qunce.chat.types import MemberLeft

    run = begun([group], step("a", text="hi"), step("b", text="b", when={"after": "PT1H"}), audience="member")
    go(START)
    assert len(tracks(run)) == 2
    chat_support.live(account(), MemberLeft(group.external_id, Sender("@a", "@a"), START + timedelta(minutes=5)))
    go(START + HOUR)
    assert sorted((track.state, track.reason) for track in tracks(run)) == [
        (TrackState.DONE, ""),
        (TrackState.STOPPED, MEMBER_IS_GONE),
    ]


def test_begin_needs_an_operator_and_groups_that_it_reaches():
    mine, other = groups(1), groups(1)
    operator = world.actor(world.member_of_staff(roles={mine[0].community_id: Role.OPERATOR}))
    viewer = world.actor(world.member_of_staff(roles={mine[0].community_id: Role.VIEWER}))
    run = begun([*mine, *other], step("a"), actor=operator)
    assert run.community_ids == [mine[0].community_id]
    with pytest.raises(Invalid):
        begun(mine, step("a"), actor=viewer)
    go(START)
    assert [track.group_id for track in tracks(run)] == [mine[0].pk]
    stranger = world.actor(world.member_of_staff(roles={other[0].community_id: Role.OWNER}))
    with pytest.raises(NotFound):
        actions.pause_run(actor=stranger, run_id=run.pk)
    with pytest.raises(NotAllowed):
        actions.pause_run(actor=viewer, run_id=run.pk)
    assert list(selectors.visible_runs(viewer)) == [run]
    assert list(selectors.visible_runs(stranger)) == []


def test_variables_are_asked_for():
    (group,) = groups(1)
    variables = {"host": {"label": "Host", "required": True}}
    with pytest.raises(Invalid, match="host"):
        begun([group], step("a"), variables=variables)
    with pytest.raises(Invalid, match="nobody"):
        begun([group], step("a"), variables=variables, values={"host": "x", "nobody": "y"})


# ------------------------------------------------------------------ what people decide
def test_a_paused_run_stands_still_and_what_is_late_then_goes_by_its_rule():
    (group,) = groups(1)
    run = begun(
        [group],
        step("a", text="a", when={"day": 1, "at": "09:00"}),
        step("b", text="b", when={"day": 3, "at": "09:00"}),
    )
    go(START)
    actions.pause_run(actor=SYSTEM, run_id=run.pk, reason="假期")
    go(START + DAY)
    go(START + 2 * DAY)
    assert said() == []
    actions.resume_run(actor=SYSTEM, run_id=run.pk)
    go(START + 2 * DAY)
    go(START + 3 * DAY)
    assert said() == ["b"]


def test_a_stopped_run_does_nothing_more():
    found = groups(3)
    run = begun(found, step("a", text="a"), step("w", "hold", event="x"), step("b", text="b"))
    go(START)
    assert actions.stop_run(actor=SYSTEM, run_id=run.pk, reason="取消") == 3
    assert actions.wake(event=f"x:{found[0].pk}", data={}) == 0
    go(START + DAY)
    assert said() == ["a"] * 3
    assert {(track.state, track.reason) for track in tracks(run)} == {(TrackState.STOPPED, "取消")}
    with pytest.raises(Conflict):
        actions.resume_run(actor=SYSTEM, run_id=run.pk)


def test_some_targets_are_paused_skipped_and_stopped():
    found = groups(4)
    run = begun(found, step("a", text="a", when={"after": "PT1H"}), step("b", text="b", when={"after": "PT1H"}))
    go(START)
    paused, skipped, stopped, _free = found
    assert actions.pause_tracks(actor=SYSTEM, run_id=run.pk, which=actions.Which(group_ids=(paused.pk,))) == 1
    assert actions.skip_step(actor=SYSTEM, run_id=run.pk, which=actions.Which(group_ids=(skipped.pk,))) == 1
    ids = (Track.objects.get(run=run, group_id=stopped.pk).pk,)
    assert actions.stop_tracks(actor=SYSTEM, run_id=run.pk, which=actions.Which(track_ids=ids)) == 1
    go(START + HOUR)
    go(START + 2 * HOUR)
    assert [len(said(group)) for group in found] == [0, 1, 0, 2]
    assert actions.resume_tracks(actor=SYSTEM, run_id=run.pk) == 1
    go(START + 2 * HOUR)
    assert said(paused) == ["a"]


def test_a_pause_keeps_what_was_waited_for_and_a_skip_leaves_the_wait():
    found = groups(2)
    run = begun(found, step("w", "hold", event="x"), step("b", text="b"))
    go(START)
    actions.pause_tracks(actor=SYSTEM, run_id=run.pk)
    actions.wake(event=f"x:{found[0].pk}", data={"yes": 1})
    actions.skip_step(actor=SYSTEM, run_id=run.pk, which=actions.Which(group_ids=(found[1].pk,)))
    go(START + HOUR)
    assert said() == []
    actions.resume_tracks(actor=SYSTEM, run_id=run.pk)
    go(START + HOUR)
    assert [said(group) for group in found] == [["b"], ["b"]]
    assert sorted(Execution.objects.filter(step="w").values_list("state", flat=True)) == ["done", "skipped"]


def test_a_failed_step_is_done_again_by_a_person_and_leaves_both_on_record():
    (group,) = groups(1)
    run = begun([group], step("a", "break", reason="no"), step("b", text="b"))
    go(START)
    support.Break.run, kept = support.Say.run, support.Break.run
    try:
        actions.redo_step(actor=SYSTEM, track_id=tracks(run)[0].pk)
        go(START)
    finally:
        support.Break.run = kept
    assert said() == ["a", "b"]
    assert list(Execution.objects.filter(step="a").order_by("occurrence").values_list("occurrence", "state")) == [
        (0, "failed"),
        (1, "done"),
    ]


def test_a_step_is_done_again_without_what_came_after_it():
    (group,) = groups(1)
    steps = [step("a", text="a"), step("b", text="b"), step("c", text="c", when={"day": 5, "at": "09:00"})]
    run = begun([group], *steps)
    go(START)
    actions.redo_step(actor=SYSTEM, track_id=tracks(run)[0].pk, step="a")
    go(START + HOUR)
    assert said() == ["a", "b", "a"]
    (track,) = tracks(run)
    assert (track.step, track.next_at) == ("c", START + 5 * DAY)
    with pytest.raises(Invalid):
        actions.redo_step(actor=SYSTEM, track_id=track.pk, step="c")


def test_failed_steps_are_done_again_all_at_once():
    found = groups(3)
    run = begun(found, step("a", "break", reason="no"))
    go(START)
    assert selectors.standings([run.pk])[run.pk].needs_person == 3
    assert actions.retry_failed(actor=SYSTEM, run_id=run.pk, step="a") == 3
    go(START)
    assert Execution.objects.filter(run_id=run.pk, step="a", state="failed").count() == 6


def test_who_operates_one_group_of_a_run_decides_about_it_alone():
    mine, other = groups(1), groups(1)
    run = begun([*mine, *other], step("w", "hold", event="x"))
    go(START)
    operator = world.actor(world.member_of_staff(roles={mine[0].community_id: Role.OPERATOR}))
    viewer = world.actor(world.member_of_staff(roles={mine[0].community_id: Role.VIEWER}))
    assert actions.stop_tracks(actor=operator, run_id=run.pk) == 1
    assert {track.group_id: track.state for track in tracks(run)}[other[0].pk] == TrackState.WAITING
    with pytest.raises((NotAllowed, NotFound)):
        actions.stop_tracks(actor=viewer, run_id=run.pk)
    assert [track.group_id for track in selectors.tracks_of_group(viewer, mine[0].pk)] == [mine[0].pk]
