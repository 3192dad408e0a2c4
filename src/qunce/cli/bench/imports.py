"""How many messages of a history are read and stored a second, beside live messages without reactions, in turns."""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from django.conf import settings

from qunce.chat import actions as chat
from qunce.chat.actions.ingest import stages
from qunce.chat.actions.recognition import memory
from qunce.chat.types import Batch, Checked, GroupSeen, MessageReceived, Origin, Sender
from qunce.cli.bench import exports
from qunce.community import actions as community
from qunce.community import selectors as groups_of
from qunce.community.types import HISTORY, CommunityProfile, GroupFilter, GroupState
from qunce.insights.actions import imports, runs
from qunce.insights.importer import Source
from qunce.insights.policies.histories import Taking
from qunce.insights.selectors import histories
from qunce.insights.types import Entry, Options
from qunce.kernel.actor import SYSTEM
from qunce.kernel.live import connection_params

TABLES = (
    "chat_message",
    "chat_grouphour",
    "chat_memberday",
    "chat_searchbacklog",
    "insights_import",
    "insights_importedstay",
)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 500


def measure(*, messages: int, members: int, rounds: int) -> dict[str, Any]:
    """Rates in alternating rounds, their medians, and how storing a history compares with storing what is live.

    ``taken_over``: reading, storing and the account of it together. Asserts what each round has stored.
    """
    settings.INBOUND_STAGES = []
    stages.cache_clear()
    home = community.create_community(actor=SYSTEM, profile=CommunityProfile(name="bench", zone="UTC"))
    account_id = _account(home.pk)
    rates: dict[str, list[float]] = {"read": [], "stored": [], "taken over": [], "live": []}
    with TemporaryDirectory() as folder, psycopg.connect(**connection_params(), autocommit=True) as wire:
        path = Path(folder, "bench.txt")
        with path.open("w", encoding="utf-8") as file:
            file.writelines(
                f"[{at:%Y-%m-%d %H:%M:%S}] <{who}> {text}\n" for at, who, text in _made(messages, members)
            )
        source, key = Source(path), histories.recognise(source=Source(path))
        formats = exports.measure(folder=Path(folder), messages=messages // 4, members=members, rounds=rounds)
        turns: list[tuple[str, Callable[[], float]]] = [
            ("read", lambda: _read(source, key, messages)),
            ("stored", lambda: _stored(source, key, home.pk, messages)),
            ("live", lambda: _heard(account_id, messages, members)),
            ("taken over", lambda: _taken_over(source, key, home.pk, messages)),
        ]
        for number in range(rounds + 1):
            for name, run in turns:
                _empty(wire)
                seconds = run()
                if number:  # the first round warms up: caches, plans, partitions
                    rates[name].append(messages / seconds)
    return {
        "messages": messages,
        "members": members,
        **{f"{name.replace(' ', '_')}_per_second": round(statistics.median(each)) for name, each in rates.items()},
        "ratio": round(statistics.median(a / b for a, b in zip(rates["stored"], rates["live"], strict=True)), 3),
        "formats": formats,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _made(messages: int, members: int) -> Iterator[tuple[datetime, str, str]]:
    """The same history each time: half a year of talk."""
    step = timedelta(days=180) / messages
    for number in range(messages):
        at = (BEGIN + number * step).replace(microsecond=0)
        yield at, f"member{number * 7919 % members}", f"第 {number} 条: 今天读第三章, 晚上八点一起讨论, see you there"


def _account(community_id: int) -> int:
    account = chat.connect_account(actor=SYSTEM, platform="sandbox", name="bench", config={})
    chat.record_checked(account_id=account.pk, checked=Checked("@qunce", "bench"))
    chat.ingest(Batch(account.pk, Origin.LIVE, [GroupSeen("!room", "群")]))
    found = groups_of.find_groups(SYSTEM, GroupFilter(state=GroupState.FOUND)).values_list("pk", flat=True)
    chat.adopt(actor=SYSTEM, community_id=community_id, group_ids=list(found), read_back=False)
    return account.pk


def _read(source: Source, key: str, messages: int) -> float:
    start = time.perf_counter()
    _check(sum(isinstance(entry, MessageReceived) for entry in _entries(source, key)), messages)
    return time.perf_counter() - start


def _entries(source: Source, key: str) -> Iterator[Entry]:
    kind, reading = histories.importer(key), histories.reading_of(Options(zone="UTC"))
    return kind.read(source, kind.chats(source, reading)[0].key, reading)


def _stored(source: Source, key: str, community_id: int, messages: int) -> float:
    """What is read already, stored in portions."""
    group = community.found_history_group(actor=SYSTEM, community_id=community_id, external_id="bench", name="bench")
    portions = list(Taking("bench:", Options()).portions(_entries(source, key)))
    start = time.perf_counter()
    stored = sum(
        chat.record_history(group_id=group.pk, platform=HISTORY, events=portion.events).stored for portion in portions
    )
    chat.settle_history(group_id=group.pk)
    took = time.perf_counter() - start
    _check(stored, messages)
    return took


def _taken_over(source: Source, key: str, community_id: int, messages: int) -> float:
    chats = histories.chats(source=source, importer_key=key, options=Options(zone="UTC"))
    run = imports.begin_import(
        actor=SYSTEM, source=source, importer_key=key, chat=chats[0].key, community_id=community_id
    )
    start = time.perf_counter()
    run = runs.run_import(import_id=run.pk, source=source)
    took = time.perf_counter() - start
    _check(run.stored, messages)
    return took


def _heard(account_id: int, messages: int, members: int) -> float:
    events = [
        MessageReceived("!room", f"m{number}", at, Sender(who, who), text)
        for number, (at, who, text) in enumerate(_made(messages, members))
    ]
    start = time.perf_counter()
    stored = sum(
        chat.ingest(Batch(account_id, Origin.LIVE, events[first : first + BATCH])).stored
        for first in range(0, messages, BATCH)
    )
    took = time.perf_counter() - start
    _check(stored, messages)
    return took


def _empty(wire: psycopg.Connection) -> None:
    memory.forget()
    wire.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    wire.execute("CHECKPOINT")


def _check(found: int, expected: int) -> None:
    if found != expected:
        raise AssertionError(f"{found} messages, expected {expected}")
