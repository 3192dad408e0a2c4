"""Roles that go round on the stage of a rehearsal: copies of those of real groups, or ones that do not exist.

Only within the rehearsal's transaction, which is rolled back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from qunce.community.types import GroupFacts
from qunce.kernel import clock
from qunce.members import selectors as members
from qunce.members.actions.clones import copies_of
from qunce.playbooks import policies
from qunce.playbooks.models import Rota, RotaPlace, RotaTurn
from qunce.playbooks.types import Had, Place

EVERY_DAY = list(range(7))


@dataclass(slots=True)
class _Going:
    """A rota of the stage: who takes turns in it, and those that are given already."""

    rota: Rota
    today: date
    places: Sequence[Place]
    turns: list[RotaTurn] = field(default_factory=list)


def members_in_rotas(group_ids: Sequence[int]) -> list[int]:
    """Who takes turns in groups."""
    places = RotaPlace.objects.filter(rota__group_id__in=group_ids, rota__ended_at=None)
    return sorted(set(places.values_list("member_id", flat=True)))


def copy_rotas(*, groups: Mapping[int, int], until: date) -> None:
    """Copy what goes round in groups into their copies (original → copy), with turns from today up to a day.

    Who is not among the copied people takes no turn.
    """
    rotas = Rota.objects.filter(group_id__in=list(groups), ended_at=None).select_related("community").order_by("id")
    found = list(rotas.prefetch_related("places", "turns"))
    copies = copies_of(groups=groups, member_ids=members_in_rotas(list(groups)))
    going = []
    for row in found:
        people = {member: copy for (group_id, member), copy in copies.items() if group_id == groups[row.group_id]}
        today = clock.today(row.community.zone)
        going.append(
            _Going(
                _rota(row, groups[row.group_id]),
                today,
                [
                    Place(people[each.member_id], each.away_from, each.away_until)
                    for each in sorted(row.places.all(), key=lambda place: (place.position, place.pk))
                    if each.member_id in people
                ],
                [
                    RotaTurn(
                        day=each.day,
                        state=each.state,
                        member_id=people[each.member_id],
                        owed_by=people[each.owed_by],
                    )
                    for each in row.turns.all()
                    if each.day >= today and each.member_id in people and each.owed_by in people
                ],
            )
        )
    _put(going, until)


def simulate_rotas(
    *, roles: Collection[str], groups: Sequence[GroupFacts], people: Mapping[int, Sequence[int]], until: date
) -> None:
    """Let roles go round every day among people who do not exist (identities by group)."""
    named = members.who({key for those in people.values() for key in those})
    now = clock.now()
    _put(
        [
            _Going(
                Rota(
                    community_id=each.community_id,
                    group_id=each.id,
                    title=title or _("Host of the day"),
                    weekdays=EVERY_DAY,
                    created_at=now,
                ),
                now.astimezone(each.zone).date(),
                [Place(named[key].member_id) for key in people.get(each.id, ())],
            )
            for each in groups
            for title in sorted(roles)
        ],
        until,
    )


def _rota(row: Rota, group_id: int) -> Rota:
    return Rota(
        community=row.community,
        group_id=group_id,
        title=row.title,
        duties=row.duties,
        weekdays=row.weekdays,
        created_at=row.created_at,
    )


def _put(going: Sequence[_Going], until: date) -> None:
    Rota.objects.bulk_create([each.rota for each in going])
    places, turns = [], []
    for each in going:
        places += [
            RotaPlace(rota=each.rota, member_id=place.member_id, position=number)
            for number, place in enumerate(each.places)
        ]
        given = {turn.day for turn in each.turns}
        had = [Had(turn.owed_by, turn.day) for turn in each.turns]
        free = [day for day in policies.days(each.rota.weekdays, each.today, until) if day not in given]
        for turn in each.turns:
            turn.rota = each.rota
        turns += each.turns
        turns += [
            RotaTurn(rota=each.rota, day=turn.day, member_id=turn.member_id, owed_by=turn.member_id)
            for turn in policies.next_turns(each.places, had, free)
        ]
    RotaPlace.objects.bulk_create(places)
    RotaTurn.objects.bulk_create(turns)
