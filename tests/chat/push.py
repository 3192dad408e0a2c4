"""Sending broadcasts in tests."""

from uuid import uuid4

from qunce.chat import actions, selectors
from qunce.chat.models import Account, Delivery, Seat
from qunce.chat.types import Content, Selection
from qunce.community import actions as community
from qunce.community.models import Group
from qunce.community.types import FoundGroup
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Role
from tests.chat import support

EVERYWHERE = Selection(everywhere=True)
OPERATOR = Actor(id=2, name="Wei", grants={None: Role.OPERATOR})


def send(text="Hello {group}", selection=EVERYWHERE, actor=OPERATOR, **more):
    return actions.send_broadcast(
        actor=actor, text=text, selection=selection, submission=more.pop("submission", uuid4()), **more
    )


def texts(broadcast):
    rows = Delivery.objects.filter(broadcast=broadcast).order_by("id")
    return [Content.from_json(row.content).plain for row in rows]


def states(broadcast):
    return {s: n for s, n in selectors.progress([broadcast.pk])[broadcast.pk].by_state.items() if n}


def only_account():
    return Account.objects.get()


def claimed(limit=10):
    account = only_account()
    epoch = support.lease(account)
    return actions.claim(account_id=account.pk, epoch=epoch, limit=limit)


def settle(claims, state, **more):
    outcomes = [actions.Outcome(claim.id, state, **more) for claim in claims]
    account = only_account()
    actions.settle(account_id=account.pk, epoch=account.lease.epoch, outcomes=outcomes)


def crowd(number, home, platform):
    """So many groups of one community, all read by the only account; returns their ids by room. Quick, not by hand."""
    found = community.record_found(
        platform=platform, found=[FoundGroup(f"many{n}", f"many {n}", member_count=n) for n in range(number)]
    )
    now = clock.now()
    Group.objects.filter(pk__among=found.values()).update(community=home, adopted_at=now)
    account = only_account()
    Seat.objects.bulk_create(Seat(account=account, group_id=key, reads=True, joined_at=now) for key in found.values())
    return found
