"""Roles that go round, for whoever may see their group."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound
from qunce.members import selectors as members
from qunce.playbooks.models import Rota, RotaTurn
from qunce.playbooks.types import TurnState


@dataclass(frozen=True, slots=True)
class Credit:
    """What somebody has done in a rota: turns kept, of them for others, and missed."""

    member_id: int
    name: str
    kept: int
    for_others: int
    missed: int
    away_from: date | None
    away_until: date | None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who has a turn, and who has it next; the note of the one before."""

    turn: RotaTurn
    following: RotaTurn | None
    handover: str


def visible_rotas(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Rota]:
    """Those that go round in communities where the actor holds the permission, by name."""
    homes = community.visible_communities(actor, permission).values("pk")
    return Rota.objects.filter(community__in=homes, ended_at=None).select_related("community").order_by("title", "id")


def rota(actor: Actor, rota_id: int, permission: Permission = Permission.VIEW) -> Rota:
    """One rota. NotFound where the actor does not see it, NotAllowed where he may not do this."""
    found = visible_rotas(actor).filter(pk=rota_id).first()
    if found is None:
        raise NotFound
    if not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def turns(actor: Actor, rota_id: int, *, since: date, until: date) -> list[RotaTurn]:
    """The turns of a stretch of days, first to last, both included."""
    return list(rota(actor, rota_id).turns.filter(day__range=(since, until)).order_by("day"))


def turns_of_today(actor: Actor, rotas: Collection[Rota]) -> dict[int, RotaTurn]:
    """Whose turn it is now in each of the rotas, where it is whatever day it is; by the rota's id."""
    found: dict[int, RotaTurn] = {}
    days = {
        each.pk: clock.today(each.community.zone) for each in rotas if actor.may(Permission.VIEW, each.community_id)
    }
    for turn in RotaTurn.objects.filter(rota__in=list(days), day__in=set(days.values())):
        if turn.day == days[turn.rota_id]:
            found[turn.rota_id] = turn
    return found


def credit(actor: Actor, rota_id: int) -> list[Credit]:
    """Who takes turns, in order, with what they have done so far."""
    found = rota(actor, rota_id)
    kept, missed = Q(state=TurnState.KEPT), Q(state=TurnState.MISSED)
    done = {
        row["member_id"]: row
        for row in found.turns.values("member_id")
        .order_by()
        .annotate(
            kept=Count("id", filter=kept),
            for_others=Count("id", filter=kept & ~Q(owed_by=F("member_id"))),
            missed=Count("id", filter=missed),
        )
    }
    places = list(found.places.order_by("position", "id"))
    named = rota_names(actor, [place.member_id for place in places])
    nothing = {"kept": 0, "for_others": 0, "missed": 0}
    people = []
    for place in places:
        row = done.get(place.member_id, nothing)
        name = named.get(place.member_id, "")
        counts = (row["kept"], row["for_others"], row["missed"])
        people.append(Credit(place.member_id, name, *counts, place.away_from, place.away_until))
    return people


def rota_names(actor: Actor, member_ids: Collection[int]) -> dict[int, str]:
    """What those of the members are called that the actor may see, by id."""
    return dict(members.visible_members(actor).filter(pk__in=set(member_ids)).values_list("pk", "name"))


def candidates(actor: Actor, group_id: int) -> list[tuple[int, str]]:
    """The people of a group who may take turns: member and name, each once, by name."""
    there = members.present_before(actor, {group_id: clock.now()})[group_id]
    return list(
        {
            identity.member_id: (identity.member_id, identity.name or identity.external_id) for identity in there
        }.values()
    )


def on_duty(actor: Actor, rota_id: int, day: date | None = None) -> OnDuty | None:
    """Who has the turn of a day (None: today there); None where nobody has."""
    found = rota(actor, rota_id)
    day = day or clock.today(found.community.zone)
    near = found.turns.order_by("day")
    turn = near.filter(day=day).first()
    if turn is None:
        return None
    before = near.filter(day__lt=day).exclude(handover="").last()
    return OnDuty(turn, near.filter(day__gt=day).first(), before.handover if before else "")


# ------------------------------------------------------------------ for playbooks: no guard
@dataclass(frozen=True, slots=True)
class Due:
    """Whose turn it is on a day. ``accepted``: they have said that they do it; ``settled``: it is over."""

    rota_id: int
    day: date
    member_id: int
    accepted: bool
    settled: bool


def turns_in(wanted: Collection[tuple[str, int, str, date]]) -> dict[str, Due]:
    """Whose turn it is, for each (key, group, name of the role, day), by key; without a name the group's first role.

    Two statements.
    """
    rows = Rota.objects.filter(group_id__in={each[1] for each in wanted}, ended_at=None).order_by("-id")
    first: dict[tuple[int, str], int] = {}
    for row in rows:
        first[row.group_id, row.title] = first[row.group_id, ""] = row.pk
    of_rota = {key: (first.get((group_id, name)), day) for key, group_id, name, day in wanted}
    ids = {rota_id for rota_id, _day in of_rota.values() if rota_id}
    turns = RotaTurn.objects.filter(rota__in=ids, day__in={day for _id, day in of_rota.values()})
    by_day = {(turn.rota_id, turn.day): turn for turn in turns}
    found: dict[str, Due] = {}
    for key, (rota_id, day) in of_rota.items():
        if rota_id and (turn := by_day.get((rota_id, day))):
            found[key] = Due(
                rota_id, day, turn.member_id, turn.state == TurnState.ACCEPTED, turn.settled_at is not None
            )
    return found
