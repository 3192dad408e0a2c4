"""What a connector promises besides plain messages: files, polls, operations, and being called."""

from uuid import uuid4

import pytest

from qunce.chat.connector import Connector, Permanent, Unproven
from qunce.chat.types import (
    OURS,
    Button,
    Call,
    Content,
    Done,
    GroupSeen,
    MakeInvitation,
    Media,
    Outbound,
    Poll,
    ReadHistory,
    Recall,
    Text,
)
from tests.connectors.bench import ERRORS, opened, text


async def test_sends_the_longest_text_whole(bench, kind):
    if kind.capabilities.by_hand:
        return
    async with opened(bench) as connector:
        group, words = bench.group(), "群" * kind.capabilities.longest_text
        await connector.send(text(group, words))
        assert bench.standing(group) in (None, [words])


@pytest.mark.parametrize("several", [1, 3])
async def test_sends_each_kind_of_file_that_it_promises(bench, kind, several):
    for media in () if kind.capabilities.by_hand else sorted(kind.capabilities.media):
        async with opened(bench) as connector:
            group = bench.group()
            files = {f"{OURS}{number}{media}": f"{media} {number}".encode() for number in range(several)}
            parts = [Media(media, ref, f"{number}.bin") for number, ref in enumerate(files)]
            sent = await connector.send(Outbound(str(uuid4()), group, Content((Text("看"), *parts)), files=files))
            assert sent.external_id
            assert bench.files(group) in (None, list(files.values()))
            with pytest.raises(Permanent):  # The file is not there: no half message.
                await connector.send(Outbound(str(uuid4()), group, Content((Text("看"), *parts))))
            assert bench.files(group) in (None, list(files.values()))


async def test_several_files_are_one_message_sent_and_taken_back_together(bench, kind):
    if kind.capabilities.by_hand or not kind.capabilities.can(Recall):
        return
    for media in sorted(kind.capabilities.media):
        async with opened(bench) as connector:
            group = bench.group()
            files = {f"{OURS}{number}": f"{media} {number}".encode() for number in range(3)}
            parts = (Text("看"), *(Media(media, ref, f"{ref[-1]}.bin") for ref in files))
            message = Outbound(str(uuid4()), group, Content(parts), files=files)
            sent = await connector.send(message)
            if kind.capabilities.idempotent_hours:
                assert (await connector.send(message)).external_id == sent.external_id
                assert bench.files(group) in (None, list(files.values()))
            for _ in range(2):
                await connector.perform(Recall(group, sent.external_id, message.delivery_id))
                assert bench.files(group) in (None, [])
                assert bench.standing(group) in (None, [])


async def test_sends_polls_and_buttons_where_it_promises_them(bench, kind):
    if kind.capabilities.by_hand:
        return
    async with opened(bench) as connector:
        if kind.capabilities.polls:
            poll = Poll("读哪一本?", ("红楼梦", "围城"), several=True)
            assert (await connector.send(Outbound(str(uuid4()), bench.group(), Content((poll,))))).external_id
        if kind.capabilities.buttons:
            parts = (Text("报名"), Button("打开", "https://example.org/join"))
            assert (await connector.send(Outbound(str(uuid4()), bench.group(), Content(parts)))).external_id


# ------------------------------------------------------------------ operations
def planable(kind):
    """What the ledger may ask of it; what a person does is tried with the person's page."""
    if kind.capabilities.by_hand:
        return []
    return sorted(kind.capabilities.performs - {Recall, ReadHistory}, key=lambda each: each.__name__)


async def test_carries_out_every_operation_that_it_promises_and_twice_is_once(bench, kind):
    for each in planable(kind):
        async with opened(bench) as connector:
            operation = bench.operation(each, bench.group())
            done = await connector.perform(operation)
            assert isinstance(done, Done), each
            assert bool(done.result) == isinstance(operation, MakeInvitation), each
            assert bench.carried_out(operation), each
            await connector.perform(operation)
            assert bench.carried_out(operation), each


@pytest.mark.parametrize("error", ERRORS)
async def test_tells_errors_of_operations_apart(bench, kind, error):
    if error in bench.impossible:
        return
    for each in planable(kind):
        with bench.refusing(error) as (connector, group):
            operation = bench.operation(each, group)
            try:
                with pytest.raises(error) as raised:
                    for _ in range(30):
                        await connector.perform(operation)
                assert str(raised.value), each
            finally:
                await connector.close()


# ------------------------------------------------------------------ being called
def receives(kind):
    return kind.receive is not Connector.receive


async def test_believes_no_call_that_proves_nothing(bench, kind):
    connector = bench.connector()
    calls = [Call({}, b""), Call({"authorization": "Bearer guess", "x-secret": "é"}, b"{}", "guess", "secret=guess")]
    if receives(kind):
        right = bench.call(b"{}")
        calls += [Call({key: f"{value}x" for key, value in right.headers.items()}, b"{}", right.path, "")]
    for call in calls:
        with pytest.raises(Unproven):
            await connector.receive(call)
    await connector.close()


async def test_reads_what_a_call_brings(bench, kind):
    if not receives(kind):
        return
    connector = bench.connector()
    for each in bench.recorded:
        arrival = await connector.receive(bench.call(bench.carrying(each.raw)))
        assert not arrival.unreadable, each.name
        told, meant = (
            [event for event in of if not isinstance(event, GroupSeen)] for of in (arrival.events, each.events)
        )
        assert told == meant, each.name  # that its group is there may be said besides
        assert {event for event in each.events if isinstance(event, GroupSeen)} <= set(arrival.events), each.name
    await connector.close()


async def test_what_a_call_brings_unreadable_is_kept_and_not_raised(bench, kind):
    if not receives(kind):
        return
    connector = bench.connector()
    bodies = [b"", b"\xff\x00", b"[]", b"7", b'"text"', b"{" * 100_000, *map(bench.carrying, bench.malformed)]
    for body in bodies:
        arrival = await connector.receive(bench.call(body))
        assert len(arrival.unreadable) == 1, body[:200]
        assert arrival.unreadable[0][1]
    await connector.close()
