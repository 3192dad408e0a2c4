"""Core members and when something was last heard from them or noted about them: nobody core is forgotten."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Max

from qunce.chat.models import MemberDay
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.members import policies
from qunce.members import selectors as members
from qunce.members.selectors import Profile

LOOK_BACK = 90


@dataclass(frozen=True, slots=True)
class Care:
    """A core member. ``said``: the day of their last message (None: not lately); ``noted``: the last note."""

    profile: Profile
    said: date | None
    noted: datetime | None
    is_named: bool

    @property
    def last(self) -> datetime | None:
        """The last contact, whichever way."""
        said = datetime.combine(self.said, time(), UTC) if self.said else None
        return max(filter(None, (said, self.noted)), default=None)

    @property
    def is_overdue(self) -> bool:
        """Whether they wait for a word; whoever was named lately has the time that is due."""
        begun = self.profile.named_at if self.is_named else None
        last = max(filter(None, (self.last, begun)), default=None)
        return last is None or clock.now() - last > policies.OVERDUE


def core_members(
    actor: Actor, *, active_staff: Collection[int], staff_id: int | None = None, days: int = LOOK_BACK
) -> list[Care]:
    """The core members that the actor may see, those who wait longest first.

    ``staff_id``: only those for whom this person is named. ``active_staff``: whose naming counts; who works here no
    more cares for nobody. ``days``: how far back messages are looked for.
    """
    cared = members.cared_for(actor)
    if staff_id is not None:
        cared = [each for each in cared if each.named is not None and each.named.id == staff_id]
    ids = [each.member.pk for each in cared]
    said = _last_days(actor, ids, days)
    noted = members.last_notes(ids)
    found = [
        Care(each, said.get(each.member.pk), noted.get(each.member.pk), _is_named(each, active_staff))
        for each in cared
    ]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda care: (not care.is_overdue, care.last or never))


def _is_named(profile: Profile, active_staff: Collection[int]) -> bool:
    return profile.named is not None and profile.named.id in active_staff


def _last_days(actor: Actor, member_ids: Sequence[int], days: int) -> Mapping[int, date]:
    """The day on which each of the members last said something in a group that the actor may see."""
    stays = members.stays(actor, member_ids)
    whose = {stay.identity_id: stay.identity.member_id for stay in stays}
    rows = (
        MemberDay.objects.filter(
            group_id__among={stay.group_id for stay in stays},
            day__gte=clock.now().date() - timedelta(days=days),
            identity_id__among=list(whose),
        )
        .values_list("identity_id")
        .annotate(Max("day"))
    )
    last: dict[int, date] = {}
    for identity_id, day in rows if whose else ():
        key = whose[identity_id]
        last[key] = max(day, last.get(key, day))
    return last
