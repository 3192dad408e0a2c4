"""Operations and files in the ledger: carried out once, refused where the platform cannot, repeated where that is safe."""

import pytest
from django.db import transaction

from qunce.chat import actions as chat
from qunce.chat.connector import Ambiguous, Permanent
from qunce.chat.models import Delivery, Message
from qunce.chat.stage import Planned
from qunce.chat.types import (
    OURS,
    Button,
    Content,
    DecideJoin,
    Delete,
    DeliveryState,
    Done,
    Edit,
    MakeInvitation,
    Media,
    Mute,
    MuteAll,
    Pin,
    Poll,
    Purpose,
    Readmit,
    Remove,
    SetNotice,
    Text,
    operation_from_json,
    operation_to_json,
)
from qunce.kernel import files
from tests.chat.support import lease
from tests.cli.test_gateway import no_stages, run_sending, states, wire, world

pytestmark = pytest.mark.django_db(transaction=True)
S = DeliveryState
__all__ = ["no_stages", "world"]

EVERY = [
    Edit("!a", "$1", Content((Text("新"), Button("看", "https://example.org"), Poll("去吗", ("去", "不去"))))),
    Delete("!a", "$1"),
    Pin("!a", "$1", on=False),
    SetNotice("!a", "本群公告"),
    Mute("!a", "@zhang", None),
    MuteAll("!a", on=True),
    Remove("!a", "@zhang", ban=True),
    Readmit("!a", "@zhang"),
    DecideJoin("!a", "@zhang", accept=False, reference="r", reason="满了"),
    MakeInvitation("!a", "海报"),
]


def able(kind, *answers, **more):
    """A wire that carries out operations of one kind."""
    made = wire(*answers, **more)
    type(made).capabilities = _with(type(made).capabilities, kind)

    async def perform(operation):
        made.asked.append(operation)
        answer = made.script.pop(0) if made.script else None
        if isinstance(answer, Exception):
            raise answer
        return answer or Done()

    made.perform = perform
    return made


def _with(capabilities, kind):
    from dataclasses import replace

    return replace(capabilities, performs=capabilities.performs | {kind})


def plan(made, group, operation, content="更换群公告"):
    with transaction.atomic():
        chat.plan(
            account_id=made.pk,
            planned=[
                Planned("op", group.pk, Content.of(content), Purpose.SERVICE, None, None, operation=operation),
            ],
        )


@pytest.mark.parametrize("operation", EVERY, ids=lambda each: type(each).__name__)
def test_what_is_stored_is_what_is_carried_out(operation):
    assert operation_from_json(operation_to_json(operation), "!a") == operation


def test_an_operation_is_carried_out_once_and_shows_nothing_in_the_group(world):
    made, groups = world
    plan(made, groups["!a"], MakeInvitation("!a", "海报"))
    connector = able(MakeInvitation, Done("https://t.me/+abc"))
    run_sending(made, connector, lambda: states() == [S.SENT])
    assert connector.asked == [MakeInvitation("!a", "海报")]
    assert connector.reached == []
    assert Delivery.objects.get().external_id == "https://t.me/+abc"
    assert not Message.objects.exists()


def test_what_the_platform_cannot_do_fails_without_touching_it(world):
    made, groups = world
    plan(made, groups["!a"], MuteAll("!a", on=True))
    connector = wire()
    run_sending(made, connector, lambda: states() == [S.FAILED])
    assert connector.asked == []
    assert "cannot" in Delivery.objects.get().reason


def test_after_a_crash_an_operation_is_repeated_and_a_message_is_not(world):
    made, groups = world
    plan(made, groups["!a"], SetNotice("!a", "本群公告"))
    with transaction.atomic():
        text = Planned("text", groups["!b"].pk, Content.of("早"), Purpose.REPLY, None, None)
        chat.plan(account_id=made.pk, planned=[text])
    epoch = lease(made)
    assert len(chat.claim(account_id=made.pk, epoch=epoch, limit=5)) == 2
    connector = able(SetNotice, idempotent_hours=0)
    run_sending(made, connector, lambda: states() == [S.SENT, S.UNKNOWN])
    assert connector.asked == [SetNotice("!a", "本群公告")]
    assert Delivery.objects.get(state=S.UNKNOWN).key == "text"


def test_a_broken_wire_lets_an_operation_be_tried_again(world):
    made, groups = world
    plan(made, groups["!a"], Pin("!a", "$1"))
    connector = able(Pin, Ambiguous("late"), Permanent("no right to pin"), idempotent_hours=0)
    run_sending(made, connector, lambda: states() == [S.FAILED])
    assert len(connector.asked) == 2
    assert Delivery.objects.get().reason == "no right to pin"


def test_our_files_reach_the_wire_with_their_bytes_and_a_missing_one_fails(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    made, groups = world
    stored = files.put(b"%PDF-1.7", name="案例.pdf", content_type="application/pdf")
    content = Content((Text("请看"), Media("file", f"{OURS}{stored.sha256}", "案例.pdf", "application/pdf", 8)))
    gone = Content((Media("image", f"{OURS}{'0' * 64}", "没了.png"),))
    with transaction.atomic():
        chat.plan(
            account_id=made.pk,
            planned=[
                Planned("there", groups["!a"].pk, content, Purpose.REPLY, None, None),
                Planned("gone", groups["!b"].pk, gone, Purpose.REPLY, None, None),
            ],
        )
    connector = wire()
    seen = {}

    async def send(outbound, plain=connector.send):
        seen.update(outbound.files)
        return await plain(outbound)

    connector.send = send
    run_sending(made, connector, lambda: states() == [S.FAILED, S.SENT])
    assert seen == {f"{OURS}{stored.sha256}": b"%PDF-1.7"}
    assert Delivery.objects.get(state=S.FAILED).key == "gone"
