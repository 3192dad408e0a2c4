"""How many steps of playbooks a second one worker carries out, beside bare claims of the same rows, in turns."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connection
from pydantic import BaseModel

from qunce.chat import actions as chat
from qunce.chat.types import Batch, Checked, GroupSeen, MemberJoined, Origin, Selection, Sender
from qunce.community import actions as community
from qunce.community import selectors as groups_of
from qunce.community.types import CommunityProfile, GroupFilter, GroupState
from qunce.kernel import clock
from qunce.kernel import wire as columns
from qunce.kernel.actor import SYSTEM
from qunce.kernel.ids import new_ids
from qunce.kernel.live import connection_params
from qunce.playbooks import actions
from qunce.playbooks.step import Step, steps
from qunce.playbooks.types import Document, Done, Outcome, StepRun

START = datetime(2026, 11, 20, 4, tzinfo=UTC)
FAR = timedelta(days=300)
AT_ONCE = 1000
PORTION = 50_000


class Nothing(BaseModel):
    """A step without settings."""


class Pass(Step):
    """Does nothing at all: what is left is the engine."""

    title, icon, Config = "Pass", "player-play", Nothing

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """Through."""
        return [Done()] * len(steps)

    def summary(self, config: Any, language: str) -> str:
        """Never shown."""
        del config, language
        return ""


def measure(*, tracks: int, due: int, groups: int, members: int, rounds: int) -> dict[str, Any]:
    """Rates in alternating rounds, their medians and ratio; asserts that each due track took exactly one step.

    ``pass``: a step that does nothing; ``send``: one that plans a message to its member. ``ratio``: of the first,
    beside a claim, the two writes and a commit in plain SQL. ``…_per_cpu_second``: by the time that the worker and
    its server process were at work themselves, which other work on the machine changes little.
    """
    len(steps)
    steps._admit("bench_pass", sys.modules[__name__])  # noqa: SLF001 (a kind of ours for as long as this runs)
    _world(groups, members)
    with psycopg.connect(**connection_params(), autocommit=True) as wire:
        runs = {key: _run(wire, key, tracks // 2) for key in ("bench_pass", "send")}
        connection.ensure_connection()
        works: dict[str, tuple[int, Callable[[], None], int]] = {
            "pass": (runs["bench_pass"], _product, connection.connection.info.backend_pid),
            "send": (runs["send"], _product, connection.connection.info.backend_pid),
            "bare": (runs["bench_pass"], lambda: _bare(wire), wire.info.backend_pid),
        }
        rates: dict[str, list[float]] = {name: [] for name in works}
        by_cpu: dict[str, list[float]] = {name: [] for name in works}
        for number in range(rounds + 1):
            for name, (run_id, work, server) in works.items():
                _make_due(wire, run_id, due)
                at_work, started = _at_work(server), time.perf_counter()
                work()
                taken, worked = time.perf_counter() - started, _at_work(server) - at_work
                _check(wire, run_id, due, messages=name == "send")
                if number:  # the first round warms up
                    rates[name].append(due / taken)
                    by_cpu[name].append(due / worked)
    pairs = zip(rates["pass"], rates["bare"], strict=True)
    return {
        "tracks": tracks,
        "due": due,
        "groups": groups,
        "members": members,
        **{f"{name}_per_second": round(statistics.median(each)) for name, each in rates.items()},
        **{f"{name}_per_cpu_second": round(statistics.median(each)) for name, each in by_cpu.items()},
        "ratio": round(statistics.median(ours / bare for ours, bare in pairs), 3),
    }


def _at_work(server: int) -> float:
    """Seconds that this process, and (where the system tells) its server process, were at work."""
    seconds = time.process_time()
    with suppress(OSError):
        told = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _world(groups: int, members: int) -> None:
    """An account in adopted groups, and people in them."""
    account = chat.connect_account(actor=SYSTEM, platform="sandbox", name="bench", config={})
    chat.record_checked(account_id=account.pk, checked=Checked("@qunce", "bench"))
    chat.ingest(
        Batch(account.pk, Origin.LIVE, [GroupSeen(f"!r{number}", f"群 {number}") for number in range(groups)])
    )
    home = community.create_community(actor=SYSTEM, profile=CommunityProfile(name="bench"))
    found = groups_of.find_groups(SYSTEM, GroupFilter(state=GroupState.FOUND)).values_list("pk", flat=True)
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=list(found), read_back=False)
    joined = [
        MemberJoined(f"!r{number % groups}", Sender(f"@m{number}", f"成员 {number}"), START)
        for number in range(members)
    ]
    for first in range(0, members, AT_ONCE):
        chat.ingest(Batch(account.pk, Origin.LIVE, joined[first : first + AT_ONCE]))


def _run(wire: psycopg.Connection, key: str, tracks: int) -> int:
    """A run for members with so many tracks: as many times per member as it takes, all due in the far future."""
    with_ = {"text": {"zh": "你好，{member}！"}} if key == "send" else {}
    document = Document.model_validate(
        {
            "key": f"bench-{key.replace('_', '-')}",
            "title": "bench",
            "audience": "member",
            "steps": [
                {"id": "first", "do": key, "with_": with_},
                {"id": "second", "do": "bench_pass", "when": {"day": 400, "at": "09:00"}},
            ],
        }
    )
    playbook = actions.create_playbook(actor=SYSTEM, document=document)
    actions.publish(actor=SYSTEM, playbook_id=playbook.pk, edition=1)
    begins_at = clock.now() + FAR
    run = actions.begin_run(
        actor=SYSTEM,
        playbook_id=playbook.pk,
        selection=Selection(everywhere=True),
        submission=uuid4(),
        begins_at=begins_at,
    )
    pairs = wire.execute(
        "SELECT s.group_id, i.member_id FROM members_membership s JOIN members_identity i ON i.id = s.identity_id"
        " ORDER BY 1, 2"
    ).fetchall()
    left = islice(product(range(-(-tracks // len(pairs))), pairs), tracks)
    while some := list(islice(left, PORTION)):
        wire.cursor().execute(
            _TRACKS,
            [
                *(run.pk, run.version_id, begins_at),
                columns.uuids(new_ids(len(some))),
                columns.bigints([group_id for _number, (group_id, _member) in some]),
                columns.bigints([member_id for _number, (_group, member_id) in some]),
                columns.bigints([number for number, _pair in some]),
            ],
        )
    wire.execute("VACUUM ANALYZE playbooks_track")
    return run.pk


_TRACKS = """
INSERT INTO playbooks_track (id, run_id, version_id, group_id, member_id, occurrence, state, step, began_at, due_at,
next_at, waits_for, before_pause, attempts, reason, data)
SELECT t.id, r.run_id, r.version_id, t.group_id, t.member_id, t.number, 'due', 'first', r.at, r.at, r.at, '', '', 0,
'', '{}' FROM (SELECT %b::bigint, %b::bigint, %b::timestamptz) AS r(run_id, version_id, at),
unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::bigint[]) AS t(id, group_id, member_id, number)
"""


def _make_due(wire: psycopg.Connection, run_id: int, due: int) -> None:
    now = clock.now()
    wire.execute("TRUNCATE playbooks_execution, chat_deliverystep, chat_delivery CASCADE")
    wire.execute(
        "UPDATE playbooks_track SET state = 'due', step = 'first', began_at = %s, due_at = %s, next_at = %s"
        " WHERE id IN (SELECT id FROM playbooks_track WHERE run_id = %s ORDER BY id LIMIT %s)",
        [now, now, now, run_id, due],
    )
    wire.execute("VACUUM playbooks_track")
    wire.execute("CHECKPOINT")


def _product() -> None:
    while actions.advance(limit=AT_ONCE):
        pass


_CLAIM = """
SELECT id, run_id, due_at FROM playbooks_track WHERE state IN ('due', 'waiting') AND next_at <= %s
ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""


def _bare(wire: psycopg.Connection) -> None:
    """The same rows claimed, written and recorded, and nothing decided."""
    later = clock.now() + FAR
    while True:
        with wire.transaction():
            now = clock.now()
            rows = wire.execute(_CLAIM, [now, AT_ONCE]).fetchall()
            if not rows:
                return
            ids = [row[0] for row in rows]
            wire.execute(
                "UPDATE playbooks_track SET step = 'second', due_at = %s, next_at = %s WHERE id = ANY(%s)",
                [later, later, ids],
            )
            wire.execute(
                "INSERT INTO playbooks_execution (track_id, step, occurrence, run_id, state, due_at, began_at,"
                " ended_at, path, detail) SELECT unnest(%s::uuid[]), 'first', 0, %s, 'done', %s, %s, %s, '', ''",
                [ids, rows[0][1], now, now, now],
            )


def _check(wire: psycopg.Connection, run_id: int, due: int, *, messages: bool) -> None:
    counted = wire.execute(
        "SELECT (SELECT count(*) FROM playbooks_execution WHERE run_id = %s AND state = 'done'),"
        " (SELECT count(DISTINCT track_id) FROM playbooks_execution), (SELECT count(*) FROM chat_delivery)",
        [run_id],
    ).fetchone()
    if counted != (due, due, due if messages else 0):
        raise AssertionError(f"{due} tracks were due; executions, targets and messages are {counted}")
