"""One group's facts: its messages, people and turns as columns, from which every metric is computed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from qunce.chat.selectors import columns as said
from qunce.chat.selectors.columns import Columns, Counted, Observation
from qunce.community import selectors as community
from qunce.insights.policies import staff, texts
from qunce.insights.policies.naming import Names, as_written
from qunce.insights.policies.zones import DAY, local_seconds
from qunce.insights.selectors.understanding import Week, understand
from qunce.insights.types import Facts, Mark, Stretch
from qunce.kernel.actor import SYSTEM, Actor
from qunce.members.selectors import columns as members
from qunce.members.selectors.columns import Speaker

LEAD_DAYS = 31


def zone_of(group_id: int) -> ZoneInfo:
    """The zone that a group's days are counted in."""
    return ZoneInfo(community.zones(SYSTEM, [group_id]).get(group_id, "UTC"))


def stretch_of(group_id: int) -> Stretch | None:
    """From the first day of which anything is known to the last; to today where the group is read now."""
    counted = said.counted([group_id]).get(group_id)
    if counted is None:
        return None
    return known_stretch(counted, said.observation(group_id), zone_of(group_id))


def known_stretch(counted: Counted, observation: Observation, zone: ZoneInfo) -> Stretch:
    """The same from what is at hand already."""
    first = counted.first.astimezone(zone).date()
    read = datetime.fromtimestamp(observation.until, UTC) if observation.until else counted.last
    last = max(counted.last, read).astimezone(zone).date()
    return Stretch(first, (last - first).days + 1)


def visible_stretch(actor: Actor, group_id: int) -> Stretch | None:
    """`stretch_of` a group that the actor may see."""
    community.group(actor, group_id)
    return stretch_of(group_id)


def visible_facts(actor: Actor, group_id: int, stretch: Stretch, *, lead_days: int = LEAD_DAYS) -> Facts:
    """`facts` of a group that the actor may see."""
    community.group(actor, group_id)
    return facts(group_id, stretch, lead_days=lead_days)


def facts(
    group_id: int,
    stretch: Stretch,
    *,
    lead_days: int = LEAD_DAYS,
    raw_senders: bool = False,
    zone: ZoneInfo | None = None,
    keep: Callable[[Sequence[Week]], None] | None = None,
    with_texts: bool = False,
) -> Facts:
    """What was said in a group over a stretch. No guard: not for pages.

    ``lead_days``: so many days before the stretch are read too, to be looked back at. ``raw_senders``: each identity
    is a person of its own. ``zone``: other than the group's. ``keep`` is given what was understood anew.
    ``with_texts``: what was said comes along.
    """
    zone = zone or zone_of(group_id)
    week = week_of(stretch.first)
    begin = midnight(min(stretch.first - timedelta(days=lead_days), week - timedelta(days=1)), zone)
    found = said.columns(group_id, begin, midnight(stretch.last + timedelta(days=1), zone))
    people = _People(found, raw_senders=raw_senders)
    days = np.floor_divide(local_seconds(found.at, zone), DAY).astype(np.int64)
    day = (days - (stretch.first - date(1970, 1, 1)).days).astype(np.int32)
    lead = int(np.searchsorted(day, 0))
    understood = understand(group_id, found, people.person, people.names, days=days, lead=lead)
    if keep:
        keep(understood.fresh)
    present, turns = members.stays_since(group_id, begin)
    joined_at, joined_person = people.turns([(each.joined_at, each.identity_id) for each in turns], begin)
    left_at, left_person = people.turns([(each.left_at, each.identity_id) for each in turns], begin)
    is_staff, is_guess = _staff(group_id, people, zone, raw_senders=raw_senders)
    return Facts(
        group_id=group_id,
        zone=zone,
        stretch=stretch,
        lead=lead,
        at=found.at,
        day=day,
        person=people.person,
        parent=understood.parent,
        inferred=(understood.parent >= 0) & (found.answers < 0),
        marks=understood.marks,
        ours=found.ours,
        people=people.ids,
        names=people.names,
        is_bot=people.is_bot,
        is_staff=is_staff,
        first_at=_first_at(group_id, people, found, begin, zone),
        joined_at=joined_at,
        joined_person=joined_person,
        left_at=left_at,
        left_person=left_person,
        ids=found.ids,
        addressed=people.addressed(found, understood.marks, lead),
        present=_present(present, joined_at, left_at, stretch, zone),
        observed=observed_days(group_id, stretch, zone),
        staff_is_guessed=is_guess,
        texts=found.texts if with_texts else (),
    )


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


# ------------------------------------------------------------------ people
class _People:
    """The speakers of some columns: members, or identities where raw senders are asked for."""

    def __init__(self, found: Columns, *, raw_senders: bool) -> None:
        identities, which = np.unique(found.identity, return_inverse=True)
        self.identities: list[int] = identities.tolist()
        known = members.speakers(self.identities)
        self.speakers: list[Speaker] = [known[identity] for identity in self.identities]
        owners = np.array([owner(each, raw_senders=raw_senders) for each in self.speakers], np.int64)
        ids, first, place = np.unique(owners, return_index=True, return_inverse=True)
        self.ids: list[int] = ids.tolist()
        self.names = [self.speakers[index].name for index in first.tolist()]
        self.place = dict(zip(self.identities, place.tolist(), strict=True))
        self.person = place[which].astype(np.int32) if which.size else np.zeros(0, np.int32)
        self.is_bot = np.array([self.speakers[index].is_bot for index in first.tolist()], np.bool_)
        self.is_staff = np.array([self.speakers[index].is_staff for index in first.tolist()], np.bool_)

    def turns(
        self, found: Sequence[tuple[datetime | None, int]], since: datetime
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Moments since then, in order, and who it was: -1 where they never spoke."""
        inside = sorted(
            (at.timestamp(), self.place.get(identity, -1)) for at, identity in found if at and at >= since
        )
        moments = np.array([at for at, _ in inside], np.float64)
        return moments, np.array([person for _, person in inside], np.int32)

    def addressed(self, found: Columns, marks: NDArray[np.uint16], since: int) -> NDArray[np.int32]:
        """Whom each message addresses, by mention, by name, or in a greeting."""
        who = np.full(found.at.size, -1, np.int32)
        names = Names(self.names)
        for index, text in enumerate(found.texts[since:], since):
            if ":" in text or "@" in text or "," in text or "：" in text or "，" in text:
                who[index] = names.addressed(text)
        for index in np.flatnonzero((marks & int(Mark.GREETING)) != 0).tolist():
            if who[index] < 0:
                who[index] = names.any_of(texts.greets(found.texts[index]))
        external = {as_written(each.external_id, each.name): self.place[each.identity_id] for each in self.speakers}
        external |= {each.external_id: self.place[each.identity_id] for each in self.speakers}
        for index, mentioned in found.mentions.items():
            who[index] = next((external[each] for each in mentioned if each in external), who[index])
        return who


def owner(speaker: Speaker, *, raw_senders: bool) -> int:
    """Whose words an identity's are."""
    return speaker.identity_id if raw_senders else speaker.member_id


def _first_at(group_id: int, people: _People, found: Columns, begin: datetime, zone: ZoneInfo) -> NDArray[np.float64]:
    """When each first spoke: exactly where that is among the columns, else the beginning of that day."""
    first = np.full(len(people.ids), np.inf)
    np.minimum.at(first, people.person, found.at)
    for identity, day in said.first_days(group_id, people.identities, begin.astimezone(zone).date()).items():
        person = people.place[identity]
        first[person] = min(first[person], midnight(day, zone).timestamp())
    return first


def _staff(group_id: int, people: _People, zone: ZoneInfo, *, raw_senders: bool) -> tuple[NDArray[np.bool_], bool]:
    """[p] who is staff, and whether that is a guess because nobody of the group is known as staff."""
    counted = said.counted([group_id]).get(group_id)
    if people.is_staff.any() or counted is None or members.has_staff(group_id):
        return people.is_staff, False
    first = counted.first.astimezone(zone).date()
    spoken = said.said_between(group_id, first, first + timedelta(days=staff.FIRST_DAYS - 1))
    by_person: dict[int, int] = {}
    for each in members.speakers(spoken).values():
        key = owner(each, raw_senders=raw_senders)
        by_person[key] = by_person.get(key, 0) + spoken[each.identity_id]
    leading = staff.guessed(by_person)
    return np.array([person in leading for person in people.ids], np.bool_), True


# ------------------------------------------------------------------ columns
def _present(
    before: int | None, joined: NDArray[np.float64], left: NDArray[np.float64], stretch: Stretch, zone: ZoneInfo
) -> NDArray[np.float32]:
    """Members known at the end of each day."""
    if before is None:
        return np.full(stretch.count, np.nan, np.float32)
    ends = np.array([midnight(day + timedelta(days=1), zone).timestamp() for day in stretch.days()])
    return (before + np.searchsorted(joined, ends) - np.searchsorted(left, ends)).astype(np.float32)


def observed_days(group_id: int, stretch: Stretch, zone: ZoneInfo) -> NDArray[np.bool_]:
    """Which days of a stretch could be read: none before the group was known or after it was read, none with gaps."""
    observed = np.ones(stretch.count, np.bool_)
    counted = said.counted([group_id]).get(group_id)
    observation = said.observation(group_id)
    if counted is None:
        return observed if observation.until else ~observed
    known = known_stretch(counted, observation, zone)
    days = stretch.days()
    edges = np.array([midnight(day, zone).timestamp() for day in [*days, stretch.last + timedelta(days=1)]])
    missing = np.zeros(stretch.count)
    for begin, end in observation.unread:
        missing += np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0, None)
    observed &= missing < said.UNREAD_HOUR
    offset = (known.first - stretch.first).days
    observed[: max(offset, 0)] = False
    observed[max(offset + known.count, 0) :] = False
    return observed


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a stretch is known, for pages and reports to say."""

    observed: int
    days: int
    inferred: int
    """Replies that were inferred, of ``answers``."""
    answers: int
    staff_is_guessed: bool


def coverage(facts: Facts) -> Coverage:
    """How much of the facts is known, and how much of it is inferred."""
    answers = facts.parent[facts.lead :] >= 0
    return Coverage(
        int(facts.observed.sum()),
        facts.stretch.count,
        int(facts.inferred[facts.lead :].sum()),
        int(answers.sum()),
        facts.staff_is_guessed,
    )
