"""Reads of what people carry over by hand: today's list per account, and what somebody holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from qunce.chat import policies
from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Account, Carrying, Delivery, Seat
from qunce.chat.selectors.accounts import one_account
from qunce.chat.types import Content, DeliveryState, Planable, operation_from_json
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound

_S = DeliveryState
MOST = 40
"""Entries of one account on the page at once; the rest moves up."""


# ------------------------------------------------------------------ who carries what
def accounts(actor: Actor, *, off: bool = False) -> list[Account]:
    """Accounts of whose messages the actor may carry some, by name. ``off``: those switched off, too."""
    found = Account.objects.filter(platform__in=carried_by_hand()).order_by("name", "pk")
    if not off:
        found = found.filter(enabled=True)
    if actor.communities(Permission.OPERATE) is not None:
        operated = Seat.objects.filter(left_at=None, group_id__in=_operated(actor)).values("account_id")
        found = found.filter(_of(actor) | Q(pk__in=operated))
    return list(found)


def _of(actor: Actor) -> Q:
    return Q(carrier_id=actor.id, carrier_id__isnull=False)


def _operated(actor: Actor) -> QuerySet[Any]:
    return community.visible_groups(actor, Permission.OPERATE).order_by().values("pk")


def has_list(actor: Actor) -> bool:
    """Whether there is an account whose messages the actor may carry over."""
    return bool(accounts(actor))


def may_carry(actor: Actor, account_id: int) -> bool:
    """Whether the actor may carry some of this account's messages."""
    return any(account.pk == account_id for account in accounts(actor))


def carried(actor: Actor) -> QuerySet[Delivery]:
    """Deliveries that the actor may carry over: of accounts that are theirs, and to groups that they operate.

    Of accounts that are switched off, too: what somebody has in hand is settled by what they did.
    """
    return _carried(actor, accounts(actor, off=True))


def _carried(actor: Actor, those: Collection[Account]) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(account_id__in=[account.pk for account in those])
    if actor.communities(Permission.OPERATE) is None:
        return found
    own = [account.pk for account in those if actor.id is not None and account.carrier_id == actor.id]
    return found.filter(Q(account_id__in=own) | Q(group_id__in=_operated(actor)))


def delivery_to_carry(actor: Actor, delivery_id: UUID) -> Delivery:
    """One of them; NotFound where the actor may not carry it."""
    found = carried(actor).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    return found


def carrying_of(delivery: Delivery) -> Carrying | None:
    """In whose hands a delivery is or was. For whoever may see the delivery."""
    return Carrying.objects.filter(delivery=delivery).first()


# ------------------------------------------------------------------ the list
@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be done on the phone. ``recall``: what it says is to be taken back there.

    ``holder``: who has it to themselves at this moment, where that is not the viewer.
    """

    delivery: Delivery
    group: str
    account: Account
    carrying: Carrying | None
    mine: bool
    holder: str

    @property
    def content(self) -> Content:
        """What is to be sent; of an operation, what it is about."""
        return Content.from_json(self.delivery.content)

    @property
    def operation(self) -> Planable | None:
        """What is to be done in the group instead of sending."""
        stored = self.delivery.operation
        return operation_from_json(stored, "") if stored else None

    @property
    def recall(self) -> bool:
        """Whether the message is to be taken back."""
        return self.delivery.state == _S.SENT and self.delivery.recall_wanted_at is not None

    @property
    def revocable(self) -> bool:
        """Whether who settled it may still take that back."""
        at = self.carrying.settled_at if self.carrying else None
        return self.mine and at is not None and clock.now() - at < policies.WORD_STANDS_AFTER


@dataclass(frozen=True, slots=True)
class Errands:
    """What is to be carried over for one account today, in order, and how far that has come.

    ``more``: entries that are due and not among ``entries``; ``later``: due later that day, the first at ``next``.
    """

    account: Account
    entries: Sequence[Entry]
    lately: Sequence[Entry]
    due: int
    later: int
    next: datetime | None
    done: int

    @property
    def total(self) -> int:
        """All that this day has had."""
        return self.done + self.due + self.later

    @property
    def more(self) -> int:
        """Entries that move up."""
        return self.due - len(self.entries)


def errands(actor: Actor, *, day: tuple[datetime, datetime], account_id: int | None = None) -> list[Errands]:
    """Each account's list of one day (its beginning and end), those with something to do first."""
    those = [each for each in accounts(actor) if account_id in {None, each.pk}]
    visible = _carried(actor, those)
    begin, end = day
    now = clock.now()
    due = visible.filter(_due(now))
    counts = _numbers(due)
    done = _numbers(
        visible.filter(carrying__settled_at__gte=begin, carrying__settled_at__lt=end).exclude(_recall(now))
    )
    soon = visible.filter(state=_S.PLANNED, not_before__gt=now, not_before__lt=end)
    later = _numbers(soon)
    firsts = dict(soon.order_by().values_list("account_id").annotate(Min("not_before")))
    found = []
    for account in those:
        open_ones = due.filter(account_id=account.pk).order_by("purpose", "not_before", "id")[:MOST]
        recent = visible.filter(
            account_id=account.pk,
            carrying__staff_id=actor.id,
            carrying__settled_at__gt=now - policies.WORD_STANDS_AFTER,
            state__in=[_S.SENT, _S.SKIPPED],
        ).exclude(_recall(now))
        found.append(
            Errands(
                account,
                _entries(actor, account, open_ones),
                _entries(actor, account, recent.order_by("-carrying__settled_at")[:MOST]),
                counts.get(account.pk, 0),
                later.get(account.pk, 0),
                firsts.get(account.pk),
                done.get(account.pk, 0),
            )
        )
    return sorted(found, key=lambda each: not each.due)


def entry(actor: Actor, delivery_id: UUID) -> Entry:
    """One entry as it is now, whatever has become of it."""
    delivery = delivery_to_carry(actor, delivery_id)
    account = Account.objects.get(pk=delivery.account_id)
    return _entries(actor, account, Delivery.objects.filter(pk=delivery.pk))[0]


def to_carry(actor: Actor) -> int:
    """How many entries are due now on the actor's lists."""
    those = accounts(actor)
    return _carried(actor, those).filter(_due(clock.now())).count() if those else 0


def due_by_account() -> dict[int, int]:
    """How many entries are due now, by account. No guard: not for pages."""
    ids = Account.objects.filter(platform__in=carried_by_hand(), enabled=True).values("pk")
    return _numbers(Delivery.objects.filter(_due(clock.now()), account_id__in=ids))


def _due(now: datetime) -> Q:
    in_time = Q(not_after=None) | Q(not_after__gte=now)
    planned = Q(state=_S.PLANNED, not_before__lte=now) & in_time
    return planned | Q(state=_S.CLAIMED) | _recall(now)


def _recall(now: datetime) -> Q:
    return Q(state=_S.SENT, recall_wanted_at__isnull=False, recall_after__lte=now)


def _numbers(deliveries: QuerySet[Delivery]) -> dict[int, int]:
    return dict(deliveries.order_by().values_list("account_id").annotate(Count("pk")))


def _entries(actor: Actor, account: Account, deliveries: QuerySet[Delivery]) -> list[Entry]:
    rows = list(deliveries)
    hands = Carrying.objects.in_bulk([row.pk for row in rows])
    names = community.group_names({row.group_id for row in rows})
    found = []
    for row in rows:
        hand = hands.get(row.pk)
        mine = hand is not None and hand.staff_id == actor.id
        held = row.state == _S.CLAIMED and hand is not None and hand.until > clock.now()
        holder = hand.name if hand is not None and held and not mine else ""
        found.append(Entry(row, names.get(row.group_id, ""), account, hand, mine, holder))
    return found


# ------------------------------------------------------------------ the groups of an account
@dataclass(frozen=True, slots=True)
class HandGroup:
    """A group that an account carried by hand is in, as a person entered it."""

    group: Group
    waiting: int


def groups_of(actor: Actor, account_id: int) -> list[HandGroup]:
    """The groups that the account is in now, by name, with how much waits for each. For operators of everything."""
    view = one_account(actor, account_id)
    if not view.by_hand:
        raise NotFound
    ids = Seat.objects.filter(account_id=account_id, left_at=None).values("group_id")
    waiting: Mapping[int, int] = dict(
        Delivery.objects.filter(account_id=account_id, state__in=[_S.PLANNED, _S.CLAIMED])
        .order_by()
        .values_list("group_id")
        .annotate(Count("pk"))
    )
    rows = community.visible_groups(actor).filter(pk__in=ids).select_related("community").order_by("name", "pk")
    return [HandGroup(row, waiting.get(row.pk, 0)) for row in rows]
