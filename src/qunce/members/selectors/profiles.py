"""What the team knows of members: tags, notes, who cares for them and what is next.

Everything is kept with the member it was put on; a profile shows what all who were merged into one have.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, QuerySet

from qunce.kernel.actor import Actor, Permission
from qunce.members.models import Entry, Identity, Member, Tag
from qunce.members.selectors.people import visible_members
from qunce.members.types import Colleague, EntryKind, NextStep


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as the team knows them. ``merged``: who was merged into them, in that order."""

    member: Member
    tags: Sequence[str] = ()
    is_core: bool = False
    is_team: bool = False
    named: Colleague | None = None
    named_at: datetime | None = None
    step: NextStep | None = None
    merged: Sequence[Member] = field(default_factory=tuple)


def together(rows: Sequence[Member]) -> Profile:
    """The profile of members as one person; the first one is who it will be."""
    first = rows[0]
    tags = dict.fromkeys(tag for row in rows for tag in row.tags)
    named = next((row for row in rows if row.named_id is not None), None)
    stepping = next((row for row in rows if row.step), None)
    step = None
    if stepping is not None:
        by = Colleague(stepping.step_by_id, stepping.step_by_name) if stepping.step_by_id is not None else None
        step = NextStep(stepping.step, stepping.step_due, by)
    return Profile(
        first,
        tuple(tags),
        any(row.is_core for row in rows),
        any(row.is_team for row in rows),
        Colleague(named.named_id, named.named_name) if named is not None and named.named_id is not None else None,
        named.named_at if named is not None else None,
        step,
        tuple(rows[1:]),
    )


def team_identities() -> frozenset[int]:
    """Whoever is marked as one of our own people, in all their accounts. No guard: for the pipeline."""
    ours = Member.objects.filter(is_team=True).values("root_id")
    return frozenset(Identity.objects.filter(member__root_id__in=ours).values_list("pk", flat=True))


def all_of(member_ids: Iterable[int]) -> dict[int, list[Member]]:
    """Each of the members, who are nobody's, with all who were merged into them; in the order of merging."""
    found: dict[int, list[Member]] = defaultdict(list)
    for row in Member.objects.filter(root__in=list(member_ids)).defer("keys").order_by("merged_at", "pk"):
        found[row.root_id].append(row)
    for key, rows in found.items():
        rows.sort(key=lambda row: row.pk != key)
    return found


def profiles(members: Collection[Member]) -> dict[int, Profile]:
    """What is known of members that the caller may see, by id; one statement."""
    return {key: together(rows) for key, rows in all_of([each.pk for each in members]).items()}


def profile(member: Member) -> Profile:
    """What is known of a member that the caller may see."""
    return profiles([member])[member.pk]


def preview(member: Member, other: Member) -> Profile:
    """What would be known of a member with the other one merged into them; the caller may see both."""
    rows = all_of([member.pk, other.pk])
    return together([*rows[member.pk], *rows[other.pk]])


def entries(member: Member) -> list[Entry]:
    """All that was written down about a member that the caller may see, latest first."""
    return list(Entry.objects.filter(member__root=member.pk).select_related("member").order_by("-at", "-pk"))


def tags(actor: Actor, text: str = "", most: int = 200) -> list[str]:
    """Tags that members have, to choose from; for whoever sees any members."""
    if not actor.may_anywhere(Permission.VIEW):
        return []
    return list(Tag.objects.filter(name__icontains=text).order_by("name").values_list("name", flat=True)[:most])


def _visible_roots(actor: Actor, rows: QuerySet[Member]) -> list[Member]:
    return list(visible_members(actor).filter(pk__in=rows.values("root")).order_by("sort_key", "id"))


def cared_for(actor: Actor) -> list[Profile]:
    """The core members that the actor may see, by name, with who is named for each; our own people apart."""
    found = profiles(_visible_roots(actor, Member.objects.filter(is_core=True)))
    return [each for each in found.values() if not each.is_team]


def next_steps(actor: Actor, staff_id: int) -> list[Profile]:
    """Members whose next step is this person's, the most urgent first."""
    roots = _visible_roots(actor, Member.objects.filter(step_by_id=staff_id).exclude(step=""))
    mine = [
        each
        for each in profiles(roots).values()
        if each.step is not None and each.step.by is not None and each.step.by.id == staff_id
    ]
    return sorted(mine, key=lambda each: (each.step is None or each.step.due is None, each.step and each.step.due))


def notes(member_ids: Collection[int]) -> dict[int, list[Entry]]:
    """The notes about members that the caller may see, by id, oldest first."""
    found: dict[int, list[Entry]] = defaultdict(list)
    rows = Entry.objects.filter(kind=EntryKind.NOTE, member__root__in=list(member_ids)).select_related("member")
    for row in rows.order_by("at", "pk"):
        found[row.member.root_id].append(row)
    return found


def last_notes(member_ids: Collection[int]) -> dict[int, datetime]:
    """When something was last noted about members that the caller may see, by id."""
    rows = Entry.objects.filter(kind=EntryKind.NOTE, member__root__in=list(member_ids)).order_by()
    return dict(rows.values_list("member__root").annotate(Max("at")))
