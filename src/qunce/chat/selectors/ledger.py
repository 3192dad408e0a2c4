"""Reads of deliveries as people look at them: what was sent where, what failed and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from qunce.chat.models import Account, Broadcast, Delivery, DeliveryStep
from qunce.chat.types import Content, DeliveryState
from qunce.community import selectors as community
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound

TROUBLE = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


def visible_deliveries(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Delivery]:
    """Deliveries to groups of communities in which the actor holds ``permission``, none to people's private chats."""
    if actor.communities(permission) is None:
        return Delivery.objects.exclude(group_id__in=community.private_chats())
    return Delivery.objects.filter(group_id__in=community.visible_groups(actor, permission).values("pk"))


def deliveries_of(actor: Actor, broadcast: Broadcast, *, state: str = "", text: str = "") -> QuerySet[Delivery]:
    """A visible broadcast's deliveries in the order in which they were planned.

    ``state``: one of DeliveryState, or ``recalling`` or ``refused`` (a recall). ``text``: in the group's name.
    """
    found = Delivery.objects.filter(broadcast=broadcast).order_by("id")
    if state == "recalling":
        found = found.filter(state=DeliveryState.SENT, recall_wanted_at__isnull=False)
    elif state == "refused":
        found = found.filter(state=DeliveryState.SENT).exclude(recall_error="")
    elif state:
        found = found.filter(state=state)
    return _to_groups_named(actor, found, text)


def find_deliveries(
    actor: Actor, *, states: Sequence[str], account_id: int | None = None, text: str = ""
) -> QuerySet[Delivery]:
    """Deliveries in one of the states that the actor may see, newest first."""
    found = visible_deliveries(actor).filter(state__in=states).order_by("-id")
    if account_id is not None:
        found = found.filter(account_id=account_id)
    return _to_groups_named(actor, found, text)


def latest_to(actor: Actor, group_id: int, limit: int = 8) -> list[Delivery]:
    """What was sent to a group lately, or is to be, newest first."""
    return list(visible_deliveries(actor).filter(group_id=group_id).order_by("-created_at")[:limit])


def trouble(actor: Actor) -> dict[str, int]:
    """How many deliveries have failed and of how many the outcome is unknown, by state."""
    counted = visible_deliveries(actor).filter(state__in=TROUBLE).order_by().values_list("state")
    return {state.value: 0 for state in TROUBLE} | dict(counted.annotate(Count("pk")))


def _to_groups_named(actor: Actor, deliveries: QuerySet[Delivery], text: str) -> QuerySet[Delivery]:
    if not text:
        return deliveries
    return deliveries.filter(group_id__in=community.visible_groups(actor).filter(name__icontains=text).values("pk"))


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with the names of what it refers to; empty where that is gone."""

    delivery: Delivery
    group: str
    account: str
    platform: str

    @property
    def content(self) -> Content:
        """What it says, part by part."""
        return Content.from_json(self.delivery.content)

    @property
    def text(self) -> str:
        """What it says."""
        return self.content.plain


def named(deliveries: Iterable[Delivery]) -> list[DeliveryView]:
    """Deliveries that the caller may see, with names; two statements."""
    rows = list(deliveries)
    groups = community.group_names({row.group_id for row in rows})
    accounts = Account.objects.in_bulk({row.account_id for row in rows})
    return [
        DeliveryView(
            row,
            groups.get(row.group_id, ""),
            accounts[row.account_id].name if row.account_id in accounts else "",
            accounts[row.account_id].platform if row.account_id in accounts else "",
        )
        for row in rows
    ]


def in_portions(deliveries: QuerySet[Delivery], size: int = 1000) -> Iterator[DeliveryView]:
    """All of them with names, read portion by portion: for files of any length."""
    last: UUID | None = None
    while rows := list(deliveries.filter(Q(pk__gt=last) if last else Q()).order_by("id")[:size]):
        yield from named(rows)
        last = rows[-1].pk


def delivery(actor: Actor, delivery_id: UUID) -> tuple[DeliveryView, list[DeliveryStep]]:
    """One delivery with its history, oldest step first."""
    found = visible_deliveries(actor).filter(pk=delivery_id).select_related("broadcast").first()
    if found is None:
        raise NotFound
    return named([found])[0], list(found.steps.order_by("id"))
