"""A member's turns, as their own pages show them: the link is the guard, and shows one member in one community."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.members.selectors import Visit
from qunce.playbooks.models import Rota, RotaPlace, RotaTurn, TurnOffer
from qunce.playbooks.selectors.rotas import candidates
from qunce.playbooks.types import TurnState

OPEN = (TurnState.PLANNED, TurnState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Named:
    """A turn with who has it, as the group knows them."""

    turn: RotaTurn
    name: str


@dataclass(frozen=True, slots=True)
class Mine:
    """A turn of the visitor; ``offer_made``: what they have offered it for, ``offered_to``: whom, by name."""

    turn: RotaTurn
    offer_made: TurnOffer | None = None
    offered_to: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that somebody would like to give to the visitor; ``other``: for which of theirs."""

    offer: TurnOffer
    name: str


@dataclass(slots=True)
class OwnRota:
    """A role in which the visitor takes turns. ``asked``: the turns that others would like to give to them."""

    rota: Rota
    group: str
    place: RotaPlace
    today: date
    mine: list[Mine] = field(default_factory=list)
    others: list[Named] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def people(self) -> list[tuple[int, str]]:
        """The others who take turns."""
        return [(key, name) for key, name in self.names.items() if key != self.place.member_id]


def own_places(visit: Visit) -> QuerySet[RotaPlace]:
    """The visitor's places in roles that go round in the link's community."""
    return RotaPlace.objects.filter(
        member_id=visit.member.pk, rota__community=visit.link.community_id, rota__ended_at=None
    ).select_related("rota__community")


def takes_turns(visit: Visit) -> bool:
    """Whether the visitor takes turns anywhere there."""
    return own_places(visit).exists()


def own_rotas(visit: Visit) -> list[OwnRota]:
    """Every role in which the visitor takes turns, with their turns to come and what is offered to them."""
    places = list(own_places(visit).order_by("rota__title", "pk"))
    groups = {each.pk: each.name for each in community.groups_in_order(SYSTEM, [row.rota.group_id for row in places])}
    return [_own(place, groups.get(place.rota.group_id, "")) for place in places]


def _own(place: RotaPlace, group: str) -> OwnRota:
    rota = place.rota
    today = clock.today(rota.community.zone)
    there = dict(candidates(SYSTEM, rota.group_id))
    order = rota.places.order_by("position", "pk").values_list("member_id", flat=True)
    names = {key: there[key] for key in order if key in there}
    shown = OwnRota(rota, group, place, today, names=names)
    turns = list(rota.turns.filter(day__gte=today, state__in=OPEN).order_by("day"))
    offers = {offer.turn_id: offer for offer in standing(turns)}
    for turn in turns:
        offer = offers.get(turn.pk)
        if turn.member_id == place.member_id:
            shown.mine.append(Mine(turn, offer, names.get(offer.to_member or 0, "") if offer else ""))
        elif turn.member_id in names:
            shown.others.append(Named(turn, names[turn.member_id]))
        if offer and offer.by_member != place.member_id and offer.to_member in {None, place.member_id}:
            shown.asked.append(Asked(offer, names.get(offer.by_member, "")))
    return shown


def standing(turns: Sequence[RotaTurn]) -> list[TurnOffer]:
    """The offers of these turns that still hold: neither turn has got into other hands since."""
    ids = [turn.pk for turn in turns]
    rows = TurnOffer.objects.filter(turn__in=ids).select_related("turn", "other").order_by("turn__day")
    return [row for row in rows if holds(row)]


def holds(offer: TurnOffer) -> bool:
    """Whether the turns are whose they were when it was made."""
    mine = offer.turn.member_id == offer.by_member and offer.turn.state in OPEN
    other = offer.other
    return mine and (other is None or (other.member_id == offer.to_member and other.state in OPEN))
