"""How many messages a second go through the whole pipeline, beside the bare limit, in turns."""

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from qunce.chat import actions as chat
from qunce.chat.types import Batch, Checked, GroupSeen, Origin
from qunce.cli.bench import load, stages
from qunce.cli.bench.bare import TABLES, Bare
from qunce.community import actions as community
from qunce.community import selectors as groups_of
from qunce.community.types import CommunityProfile, GroupFilter, GroupState
from qunce.desk import actions as desk
from qunce.desk.types import RuleDraft
from qunce.kernel.actor import SYSTEM
from qunce.kernel.live import connection_params

PRODUCT = (
    "chat_message",
    "chat_grouphour",
    "chat_memberday",
    "chat_deliverystep",
    "chat_delivery",
    "desk_keyworduse",
    "desk_answer",
    "desk_matter",
    "chat_searchbacklog",
)
BARE = ("bare_message", "bare_hour", "bare_day", "bare_reply")


def measure(*, messages: int, groups: int, members: int, rules: int, rounds: int) -> dict[str, Any]:
    """Rates of both in alternating rounds, their medians and ratio; asserts what each round has stored.

    ``stages``: how much more work a message is with each stage, as a factor, where a playbook is at work and idle.
    """
    account_id = _world(groups, rules)
    with psycopg.connect(**connection_params(), autocommit=True) as wire:
        wire.execute(TABLES)
        bare = Bare(wire, [load.keyword(number) for number in range(rules)])
        ours: list[float] = []
        theirs: list[float] = []
        rates = {"product": ours, "bare": theirs}
        warm = load.make(messages=20_000, groups=groups, members=members, rules=rules, seed=0)
        for number in range(rounds + 1):
            # The first round warms up: caches, plans, files.
            made = (
                load.make(messages=messages, groups=groups, members=members, rules=rules, seed=number)
                if number
                else warm
            )
            for name, run, tables in (
                ("product", lambda made=made: _product(account_id, made), PRODUCT),
                ("bare", lambda made=made: bare.run(made.batches), BARE),
            ):
                _empty(wire, tables)
                seconds = _timed(run)
                _check(wire, name, made)
                if number:
                    rates[name].append(messages / seconds)
        stages.put_to_work()
        _empty(wire, PRODUCT)
        costs = stages.costs(lambda: _product(account_id, made))
    return {
        "messages": messages,
        "groups": groups,
        "members": members,
        "rules": rules,
        "per_second": [round(rate) for rate in ours],
        "bare_per_second": [round(rate) for rate in theirs],
        "median": round(statistics.median(ours)),
        "bare_median": round(statistics.median(theirs)),
        "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 3),
        "stages": {name: round(factor, 3) for name, factor in costs.items()},
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _world(groups: int, rules: int) -> int:
    """An account that reads ``groups`` adopted rooms, and ``rules`` keyword rules."""
    account = chat.connect_account(actor=SYSTEM, platform="sandbox", name="bench", config={})
    chat.record_checked(account_id=account.pk, checked=Checked("@qunce", "bench"))
    rooms = [GroupSeen(f"!room{number}", f"群 {number}") for number in range(groups)]
    chat.ingest(Batch(account.pk, Origin.LIVE, rooms))
    home = community.create_community(actor=SYSTEM, profile=CommunityProfile(name="bench"))
    found = groups_of.find_groups(SYSTEM, GroupFilter(state=GroupState.FOUND)).values_list("pk", flat=True)
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=list(found), read_back=False)
    for number in range(rules):
        desk.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=(load.keyword(number),), answer="收到，{name}"))
    return account.pk


def _product(account_id: int, made: load.Load) -> None:
    for batch in made.batches:
        chat.ingest(Batch(account_id, Origin.LIVE, batch))


def _timed(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _empty(wire: psycopg.Connection, tables: tuple[str, ...]) -> None:
    wire.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    wire.execute("CHECKPOINT")


def _check(wire: psycopg.Connection, name: str, made: load.Load) -> None:
    """Each distinct message once, each counted, each question answered."""
    message, hour, day, reply = (PRODUCT[0], PRODUCT[1], PRODUCT[2], PRODUCT[4]) if name == "product" else BARE
    stored = wire.execute(
        f"SELECT (SELECT count(*) FROM {message}), (SELECT sum(messages) FROM {hour}),"  # noqa: S608 (our names)
        f" (SELECT sum(messages) FROM {day}), (SELECT count(*) FROM {reply})"
    ).fetchone()
    expected = (made.distinct, made.distinct, made.distinct, made.asking)
    if stored != expected:
        raise AssertionError(f"{name}: stored {stored}, expected {expected}")
