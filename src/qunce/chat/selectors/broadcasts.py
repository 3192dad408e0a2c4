"""Reads of broadcasts: whom one would reach with which text, and how one under way is getting on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.connector import connectors
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.selectors.accounts import open_connector
from qunce.chat.types import DeliveryState, Recall, Selection
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.kernel import clock, variables
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound, QunceError

NO_SEAT = gettext_noop("None of our accounts is in this group any more.")
SWITCHED_OFF = gettext_noop("Its account is switched off.")
UNKNOWN_COUNT = gettext_noop("Its platform does not say how many members it has.")
NO_ACCOUNT = gettext_noop("The account that sent it was removed.")
CANNOT_RECALL = gettext_noop("Its platform cannot take messages back.")
TOO_OLD = gettext_noop("It is too old for its platform to take it back.")
ENOUGH_TO_MEASURE = 5
TOO_LONG = gettext_noop("The text is longer than its platform takes.")


# ------------------------------------------------------------------ before: whom it would reach
@dataclass(slots=True)
class Target:
    """One group of a selection: what it would be sent, by which account, or the obstacle (a message id)."""

    group_id: int
    group: str
    members: int | None
    community_id: int
    community: str
    zone: str
    languages: Sequence[str]
    platform: str
    account_id: int | None = None
    obstacle: str = ""
    text: str = ""


def selectable(actor: Actor, selection: Selection) -> QuerySet[Any]:
    """The adopted groups of a selection in the communities that the actor operates, by name."""
    text = "" if selection.group_ids else selection.text
    found = community.find_groups(actor, GroupFilter(text=text), Permission.OPERATE)
    if selection.is_empty:
        return found.none()
    if selection.group_ids:
        return found.filter(pk__in=selection.group_ids)
    if selection.community_ids:
        found = found.filter(community__in=selection.community_ids)
    return found.filter(tags__overlap=list(selection.tags)) if selection.tags else found


def targets(actor: Actor, selection: Selection, text: str, *, most: int | None = None) -> list[Target]:
    """The selection's groups with the text for each, and why some cannot be reached; a few statements in all.

    ``most``: only the first ones. Raises Invalid where the text cannot be filled in.
    """
    cut = parse_text(text)
    fields = ("pk", "name", "member_count", "community_id", "community__name", "community__zone")
    rows = selectable(actor, selection).values_list(*fields, "community__languages", "platform")
    found = [Target(*row) for row in rows[:most]]
    seats = seats_of([target.group_id for target in found])
    days: dict[tuple[str, str], tuple[str, str]] = {}
    for target in found:
        target.account_id, target.obstacle = seats.get(target.group_id, (None, NO_SEAT))
        if "members" in cut.variables and target.members is None:
            target.obstacle = target.obstacle or UNKNOWN_COUNT
        target.text = cut.fill(_values(target, days))
        longest = connectors[target.platform].capabilities.longest_text if target.platform in connectors else 0
        if len(target.text) > longest:
            target.obstacle = target.obstacle or TOO_LONG
    return found


def parse_text(text: str) -> variables.FillableText:
    """The text cut at its variables. Raises Invalid, naming the variables that there are."""
    if not text.strip():
        raise Invalid(_("Write what is to be sent."), field="text")
    try:
        return variables.fillable(text, policies.VARIABLES)
    except variables.BadTextError as error:
        known = variables.known(policies.VARIABLES)
        if error.name:
            said = _("There is no variable {%(name)s}.") % {"name": error.name}
        else:
            said = _("A brace stands alone.")
        fix = _("Variables are %(known)s; for a brace itself write it twice.") % {"known": known}
        raise Invalid(said, fix=fix, field="text") from None


def _values(target: Target, days: dict[tuple[str, str], tuple[str, str]]) -> Mapping[str, str]:
    language = (*target.languages, settings.LANGUAGE_CODE)[0]
    if (target.zone, language) not in days:
        today = clock.today(target.zone)
        with translation.override(language):
            days[target.zone, language] = (
                formats.date_format(today, "MONTH_DAY_FORMAT"),
                formats.date_format(today, "l"),
            )
    date, weekday = days[target.zone, language]
    return {
        "group": target.group,
        "members": "" if target.members is None else str(target.members),
        "community": target.community,
        "date": date,
        "weekday": weekday,
    }


def seats_of(group_ids: Sequence[int]) -> dict[int, tuple[int | None, str]]:
    """Which account would send to each group (the reading one if it can), or why none can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (s.group_id) s.group_id, s.account_id, s.left_at IS NULL, a.enabled"
            " FROM chat_seat s JOIN chat_account a ON a.id = s.account_id WHERE s.group_id = ANY(%s)"
            " ORDER BY s.group_id, s.left_at IS NULL DESC, a.enabled DESC, s.reads DESC, s.account_id",
            [list(group_ids)],
        )
        rows = cursor.fetchall()
    return {
        group_id: (account_id, "" if present and enabled else SWITCHED_OFF if present else NO_SEAT)
        for group_id, account_id, present, enabled in rows
    }


# ------------------------------------------------------------------ broadcasts
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
    def is_moving(self) -> bool:
        """Whether something is still to happen by itself."""
        return bool(self.open or self.recalling)


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
    moving = Q(state__in=[DeliveryState.PLANNED, DeliveryState.CLAIMED]) | Q(
        state=DeliveryState.SENT, recall_wanted_at__isnull=False
    )
    open_ones = Delivery.objects.filter(moving, broadcast__isnull=False).order_by().values("broadcast").distinct()
    found = list(visible_broadcasts(actor).filter(pk__in=open_ones))
    counted = progress([each.pk for each in found])
    return [(each, counted[each.pk]) for each in found]


def seconds_left(broadcast_id: int, now: Progress) -> float | None:
    """How long the rest will take: at the rate of the last minute, else at the pace of its slowest account.

    None where nothing is left, or an account cannot tell.
    """
    if not now.open:
        return None
    if now.last_minute >= ENOUGH_TO_MEASURE:
        return now.open * 60 / now.last_minute
    waiting = Delivery.objects.filter(
        broadcast_id=broadcast_id, state__in=[DeliveryState.PLANNED, DeliveryState.CLAIMED]
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
    waiting = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.PLANNED, first_claimed_at=None).count()
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
