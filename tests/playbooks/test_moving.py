"""Running tracks move to another version; boards; what was planned beside what happens."""

from datetime import timedelta

import pytest

from qunce.chat.models import Account
from qunce.chat.types import MemberJoined, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions, selectors
from qunce.playbooks.models import Call, CallAnswer, Track
from qunce.playbooks.types import TrackState
from tests.chat import support as chat_support
from tests.playbooks.support import START, begun, document, go, groups, said, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_start():
    with clock.at(START):
        yield


def tracks(run):
    return list(Track.objects.filter(run=run).order_by("pk"))


# ------------------------------------------------------------------ another version
def moved(run, *steps):
    row = run.playbook
    changed = document(*steps, key=row.key)
    row = actions.change_draft(actor=SYSTEM, playbook_id=row.pk, edition=row.edition, document=changed)
    return actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=row.edition)


def test_tracks_keep_their_version_until_they_are_moved_and_do_nothing_twice():
    found = groups(3)
    run = begun(
        found, step("a", text="a1"), step("b", text="b1", when={"day": 1, "at": "09:00"}), step("c", text="c1")
    )
    go(START)
    moved(run, step("new", text="new"), step("c", text="c2", when={"day": 2, "at": "09:00"}), step("a", text="a2"))
    go(START + HOUR)
    assert said() == ["a1"] * 3
    (line,) = selectors.move_preview(SYSTEM, run.pk)
    assert (line.step, line.to, line.count) == ("b", "c", 3)
    assert actions.move_tracks(actor=SYSTEM, run_id=run.pk) == 3
    go(START + DAY)
    go(START + 2 * DAY)
    assert said() == ["a1"] * 3 + ["c2"] * 3
    assert {track.state for track in tracks(run)} == {TrackState.DONE}
    assert selectors.move_preview(SYSTEM, run.pk) == []


def test_a_move_continues_a_wait_of_the_same_kind_and_leaves_another():
    found = groups(2)
    same = begun(found, step("w", "hold", event="x"), step("b", text="b1"))
    other = begun(found, step("w", "hold", event="x"), step("b", text="c1"))
    go(START)
    moved(same, step("w", "hold", event="x"), step("b", text="b2"))
    moved(other, step("w", text="never"), step("b", text="c2"))
    for run in (same, other):
        actions.move_tracks(actor=SYSTEM, run_id=run.pk)
    go(START + HOUR)
    assert said() == ["c2"] * 2
    for group in found:
        actions.wake(event=f"x:{group.pk}", data={})
    go(START + HOUR)
    assert said() == ["c2"] * 2 + ["b2"] * 2


def test_a_move_says_what_is_past_for_whom():
    run = begun(
        groups(2),
        step("a", text="a"),
        step("q", "fork", path="left", paths={"left": [step("b", "hold", event="x"), step("c", text="c")]}),
        step("d", text="d"),
    )
    go(START)
    (old,) = {track.step for track in tracks(run)}
    assert old == "b"
    moved(
        run,
        step("early", text="early"),
        step("a", text="a"),
        step(
            "q",
            "fork",
            path="left",
            paths={"left": [step("b2", text="b2"), step("c", text="c")], "right": [step("r", text="r")]},
        ),
        step("later", text="later"),
        step("d", text="d"),
    )
    (line,) = selectors.move_preview(SYSTEM, run.pk)
    assert (line.to, line.misses) == ("c", ("early", "b2")), "neither what comes, nor what was never on their way"
    run.playbook.refresh_from_db()
    moved(run, step("a", text="a"), step("e", text="e"))
    (line,) = selectors.move_preview(SYSTEM, run.pk)
    assert (line.to, line.misses) == ("", ("e",)), "put in place of what is gone: they are through before it"


# ------------------------------------------------------------------ boards
def test_a_board_shows_targets_beside_steps_page_by_page(django_assert_max_num_queries):
    found = groups(7)
    only = [["test_named", {"text": found[0].external_id[-1]}]]
    run = begun(found, step("a", text="a", only_if=only), step("w", "hold", event="x"))
    go(START)
    with django_assert_max_num_queries(8):
        page = selectors.board(SYSTEM, run.pk, size=5)
    assert [spec.id for spec in page.steps] == ["a", "w"]
    assert len(page.targets) == 5
    states = {row.track.group_id: row.executions["a"].state for row in page.targets}
    assert states[found[0].pk] == "done"
    assert set(states.values()) == {"done", "skipped"}
    rest = selectors.board(SYSTEM, run.pk, cursor=page.rows.older, size=5)
    assert len(rest.targets) == 2
    waiting = selectors.TrackFilter(states=(TrackState.WAITING,), group_id=found[1].pk)
    assert [row.group for row in selectors.board(SYSTEM, run.pk, waiting).targets] == [found[1].name]
    named = selectors.TrackFilter(text=found[2].name[-3:])
    assert [row.group for row in selectors.board(SYSTEM, run.pk, named).targets] == [found[2].name]
    assert selectors.step_counts(SYSTEM, run.pk)["w", "waiting"] == 7
    assert selectors.standings([run.pk])[run.pk].counts == {TrackState.WAITING: 7}


def test_the_plan_stands_beside_what_happens():
    (group,) = groups(1)
    people = [MemberJoined(group.external_id, Sender(f"@{n}", f"{n}"), START - DAY) for n in range(15)]
    chat_support.live(Account.objects.get(), *people)
    run = begun([group], step("a", text="a"), plan={"takes_part": 0.5})
    assert selectors.adoption(SYSTEM, run.pk).takes_part is None
    call = {"run_id": run.pk, "step": "a", "group_id": group.pk, "opens_at": START, "closes_at": START + HOUR}
    track = "00000000-0000-0000-0000-000000000001"
    asked = [
        Call.objects.create(key=f"k{n}", track_id=track, member_id=n, closed_at=START + HOUR, **call)
        for n in range(5)
    ]
    Call.objects.create(key="open", track_id=track, member_id=9, closed_at=None, **call)
    CallAnswer.objects.create(call=asked[0], identity_id=1, text="在", sent_at=START, message_id=track)
    found = selectors.adoption(SYSTEM, run.pk)
    assert (found.calls, found.asked, found.answered, found.takes_part) == (5, 5, 1, 0.2)
    assert found.far_below
    whole = Call.objects.create(key="all", track_id=track, member_id=None, closed_at=START + HOUR, **call)
    CallAnswer.objects.bulk_create(
        CallAnswer(call=whole, identity_id=n, text="在", sent_at=START, message_id=track) for n in range(9)
    )
    assert selectors.adoption(SYSTEM, run.pk).takes_part == 10 / 20
