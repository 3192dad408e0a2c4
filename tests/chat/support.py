"""A small world for the tests of the chat context: one account, its groups, and batches for them."""

from datetime import UTC, datetime, timedelta
from itertools import count

from qunce.chat import actions as chat
from qunce.chat.actions import leases
from qunce.chat.models import Account, Lease
from qunce.chat.types import Batch, GroupSeen, MessageReceived, Origin, Sender
from qunce.community import actions as community
from qunce.community.models import Group
from qunce.community.types import CommunityProfile
from qunce.kernel import clock, revisions
from qunce.kernel.actor import SYSTEM

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
_numbers = count(1)


def account(platform="sandbox", **fields):
    made = Account.objects.create(
        platform=platform,
        name="群秘书",
        external_id=fields.pop("external_id", f"@qunce{next(_numbers)}"),
        state_at=clock.now(),
        created_at=clock.now(),
        **fields,
    )
    Lease.objects.create(account=made)
    revisions.bump("accounts")
    return made


def lease(made, holder="here"):
    """Take the account, whoever holds it; returns the epoch."""
    Lease.objects.filter(account=made).update(until=None)
    taken = dict(leases.acquire_leases(holder=holder, room_for=100))
    return taken[made.pk]


def adopted(made, *rooms, zone="Asia/Shanghai"):
    """Rooms found by the account and adopted into a community of their own; returns groups by room."""
    chat.ingest(Batch(made.pk, Origin.LIVE, [GroupSeen(room, f"群 {room}", member_count=3) for room in rooms]))
    home = community.create_community(
        actor=SYSTEM, profile=CommunityProfile(name=f"读书会 {next(_numbers)}", zone=zone)
    )
    ours = Group.objects.filter(platform=made.platform, external_id__in=rooms)
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=list(ours.values_list("pk", flat=True)))
    return {group.external_id: group for group in ours.all()}


def said(room, text, *, by="@zhang", at=NOON, key=None, name="张三", **more):
    return MessageReceived(
        group=room,
        external_id=key or f"$m{next(_numbers)}",
        sent_at=at,
        sender=Sender(by, name, is_bot=more.pop("is_bot", False)),
        text=text,
        **more,
    )


def live(made, *events, **more):
    return chat.ingest(Batch(made.pk, Origin.LIVE, events, **more))


def minutes(number):
    return timedelta(minutes=number)
