"""Who speaks in sessions, and who has a turn next. No guard: for what runs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from qunce.kernel.folding import normalise
from qunce.members import selectors as members
from qunce.playbooks.models import RotaTurn

_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Following:
    """Somebody with a turn to come."""

    member_id: int
    day: date


def following(wanted: Collection[tuple[str, int, date]]) -> dict[str, list[Following]]:
    """The turns after a day of a role, each person once, by key: for each (key, role, day)."""
    found: dict[str, list[Following]] = {}
    for key, rota_id, day in wanted:
        rows = RotaTurn.objects.filter(rota=rota_id, day__gt=day, settled_at=None).order_by("day")
        people: dict[int, date] = {}
        for member_id, on in rows.values_list("member_id", "day")[:_AHEAD]:
            people.setdefault(member_id, on)
        found[key] = [Following(member_id, on) for member_id, on in people.items()]
    return found


def named_in(group_id: int, name: str) -> list[int]:
    """The identities of those of a group who are called so; none where nobody, or somebody else as well, is."""
    wanted = normalise(name.strip().lstrip("@"))
    people = members.addressed(set(members.people_here([group_id])))
    return [each.identity_id for each in people.values() if normalise(each.name) == wanted]


def has_turn(group_id: int, identity_id: int, day: date) -> bool:
    """Whether somebody has the turn of a day, in any role of the group."""
    person = members.who({identity_id}).get(identity_id)
    mine = RotaTurn.objects.filter(rota__group_id=group_id, rota__ended_at=None, day=day)
    return person is not None and mine.filter(member_id=person.member_id).exists()
