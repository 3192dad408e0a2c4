"""Reads of broadcasts: how one under way is getting on, and what a recall of it would do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from qunce.chat.connector import connectors
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.selectors.accounts import open_connector
from qunce.chat.types import Consent, DeliveryState, Recall
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound, QunceError

NO_ACCOUNT = gettext_noop("The account that sent it was removed.")
CANNOT_RECALL = gettext_noop("Its platform cannot take messages back.")
TOO_OLD = gettext_noop("It is too old for its platform to take it back.")
ENOUGH_TO_MEASURE = 5


def visible_broadcasts(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Broadcast]:
    """Broadcasts all of whose communities the actor may see, newest first."""
    allowed = actor.communities(permission)
    found = Broadcast.objects.order_by("-id")
    return found if allowed is None else found.filter(community_ids__contained_by=sorted(allowed))


def broadcast(actor: Actor, broadcast_id: int, permission: Permission = Permission.VIEW) -> Broadcast:
    """One broadcast. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_broadcasts(actor).filter(pk=broadcast_id).first()
    if found is None:
        raise NotFound
    for community_id in found.community_ids:
        actor.require(permission, community_id)
    return found


@dataclass(slots=True)
class Progress:
    """How many of a broadcast's targets are where; ``recalling``: sent, and to be taken back."""

    by_state: dict[DeliveryState, int]
    recalling: int = 0
    not_recalled: int = 0
    last_minute: int = 0

    @property
    def total(self) -> int:
        """All targets, skipped ones too."""
        return sum(self.by_state.values())

    @property
    def open(self) -> int:
        """Not decided yet."""
        return self.by_state[DeliveryState.PLANNED] + self.by_state[DeliveryState.CLAIMED]

    @property
    def held(self) -> int:
        """In a later wave, or held back because it was stopped."""
        return self.by_state[DeliveryState.HELD]

    @property
    def ahead(self) -> int:
        """Not decided yet, later waves included."""
        return self.open + self.held

    @property
    def is_moving(self) -> bool:
        """Whether something is still to happen by itself, unless the broadcast is stopped."""
        return bool(self.open or self.recalling or self.held)


def progress(broadcast_ids: Sequence[int]) -> dict[int, Progress]:
    """The progress of broadcasts that the caller may see, in one statement."""
    sent = Q(state=DeliveryState.SENT)
    found = {key: Progress(dict.fromkeys(DeliveryState, 0)) for key in broadcast_ids}
    counted = (
        Delivery.objects.filter(broadcast_id__in=list(broadcast_ids)).order_by().values_list("broadcast_id", "state")
    )
    for key, state, total, recalling, refused, last_minute in counted.annotate(
        Count("pk"),
        recalling=Count("pk", filter=sent & Q(recall_wanted_at__isnull=False)),
        refused=Count("pk", filter=sent & ~Q(recall_error="")),
        last_minute=Count("pk", filter=Q(sent_at__gt=clock.now() - timedelta(minutes=1))),
    ):
        found[key].by_state[DeliveryState(state)] = total
        found[key].recalling += recalling
        found[key].not_recalled += refused
        found[key].last_minute += last_minute
    return found


def under_way(actor: Actor) -> list[tuple[Broadcast, Progress]]:
    """Visible broadcasts of which something is still to be sent or taken back, newest first."""
    moving = (
        Q(state__in=[DeliveryState.PLANNED, DeliveryState.CLAIMED])
        | (Q(state=DeliveryState.HELD, broadcast__stopped_at=None) & ~Q(broadcast__consent=Consent.WAITING))
        | Q(state=DeliveryState.SENT, recall_wanted_at__isnull=False)
    )
    open_ones = Delivery.objects.filter(moving, broadcast__isnull=False).order_by().values("broadcast").distinct()
    found = list(visible_broadcasts(actor).filter(pk__in=open_ones))
    counted = progress([each.pk for each in found])
    return [(each, counted[each.pk]) for each in found]


def seconds_left(broadcast_id: int, now: Progress) -> float | None:
    """How long the rest will take: at the rate of the last minute, else at the pace of its slowest account.

    What has to wait for its hour is not counted in the latter. None where nothing is left, or an account cannot tell.
    """
    if not now.open:
        return None
    if now.last_minute >= ENOUGH_TO_MEASURE:
        return now.open * 60 / now.last_minute
    waiting = Delivery.objects.filter(
        broadcast_id=broadcast_id,
        state__in=[DeliveryState.PLANNED, DeliveryState.CLAIMED],
        not_before__lte=clock.now(),
    )
    return seconds_at_pace(dict(waiting.order_by().values_list("account_id").annotate(n=Count("pk"))))


def seconds_at_pace(counts: Mapping[int, int]) -> float | None:
    """How long accounts need for so many messages each, at their pace; None where none of them can tell."""
    accounts = Account.objects.in_bulk(list(counts))
    paces = [(n, _per_second(accounts.get(key))) for key, n in counts.items()]
    return max((n / pace for n, pace in paces if pace), default=None)


def _per_second(account: Account | None) -> float | None:
    if account is None:
        return None
    try:
        connector = open_connector(account)
    except QunceError:
        return None
    return connector.pace().per_second


# ------------------------------------------------------------------ when they speak
LONGEST_UNDER_WAY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class GoingOut:
    """A broadcast, or one wave of it, at the moment at which the first of its groups hears it."""

    broadcast: Broadcast
    at: datetime
    targets: int


def going_out(
    actor: Actor, since: datetime, until: datetime, *, group_ids: Collection[int] | None = None
) -> list[GoingOut]:
    """What has gone out or will go out by itself between two moments, by time; ``group_ids``: into these alone.

    What nobody has agreed to yet, and later waves than the next, have no moment.
    """
    alive = visible_broadcasts(actor).filter(created_at__gte=since - LONGEST_UNDER_WAY, created_at__lt=until)
    rows = alive.exclude(consent=Consent.WAITING).in_bulk()
    told = Delivery.objects.filter(broadcast_id__among=list(rows))
    if group_ids is not None:
        told = told.filter(group_id__among=list(group_ids))
    gone = told.exclude(state__in=[DeliveryState.HELD, DeliveryState.SKIPPED, DeliveryState.FAILED])
    counted = gone.order_by().values_list("broadcast_id", "wave")
    found = [
        GoingOut(rows[key], at, count)
        for key, _wave, at, count in counted.annotate(at=Min(Coalesce("sent_at", "not_before")), n=Count("pk"))
    ]
    held = told.filter(state=DeliveryState.HELD, broadcast__stopped_at=None, wave=F("broadcast__wave") + 1)
    for key, count in held.order_by().values_list("broadcast_id").annotate(Count("pk")):
        if (at := rows[key].next_wave_at) is not None:
            found.append(GoingOut(rows[key], at, count))
    return sorted((each for each in found if since <= each.at < until), key=lambda each: each.at)


# ------------------------------------------------------------------ taking back
@dataclass(frozen=True, slots=True)
class Recallable:
    """What a recall of a broadcast would do.

    ``sent``: how many are in their groups; ``waiting``: would not be sent; ``able``: are, or may be, in their
    groups and can be taken back; ``blocked``: those that cannot, by the reason (a message id).
    """

    sent: int
    waiting: int
    able: Sequence[UUID]
    blocked: Mapping[str, Sequence[UUID]]


def recallable(broadcast: Broadcast) -> Recallable:
    """Which of a broadcast's sent messages their platforms let us take back. For who may see the broadcast."""
    perhaps = Q(state=DeliveryState.PLANNED, first_claimed_at__isnull=False)
    decided = Q(state__in=[DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.CLAIMED])
    sent = Delivery.objects.filter(decided | perhaps, broadcast=broadcast)
    platforms = dict(Account.objects.values_list("pk", "platform"))
    able: list[UUID] = []
    blocked: dict[str, list[UUID]] = {}
    for key, account_id, sent_at in sent.order_by("id").values_list("pk", "account_id", "sent_at"):
        reason = _recall_obstacle(platforms.get(account_id, ""), sent_at)
        (blocked.setdefault(reason, []) if reason else able).append(key)
    untried = Q(state=DeliveryState.PLANNED, first_claimed_at=None) | Q(state=DeliveryState.HELD)
    waiting = Delivery.objects.filter(untried, broadcast=broadcast).count()
    return Recallable(sent.filter(state=DeliveryState.SENT).count(), waiting, able, blocked)


def _recall_obstacle(platform: str, sent_at: datetime | None) -> str:
    kind = connectors.get(platform)
    if kind is None:
        return NO_ACCOUNT
    if not kind.capabilities.can(Recall):
        return CANNOT_RECALL
    hours = kind.capabilities.recall_hours
    if hours is not None and sent_at is not None and clock.now() - sent_at > timedelta(hours=hours):
        return TOO_OLD
    return ""
