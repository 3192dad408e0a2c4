"""A playbook's steps as a timeline: days beside one another, hours beneath, a lane for every path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from pydantic import ValidationError

from qunce.console.playbooks import words
from qunce.kernel import clock
from qunce.playbooks.policies import lanes
from qunce.playbooks.policies.lanes import Lane, Placed
from qunce.playbooks.step import steps
from qunce.playbooks.types import Document, Finding, Severity, StepSpec

BEGINS = time(9)
"""The hour at which the timeline lets a playbook begin; its own steps name theirs."""
MORNING, NIGHT = 7, 22
ALL_DAYS = 35
LEAST_DAYS = 7


def began(zone: ZoneInfo) -> datetime:
    """When the playbook of the timeline begins: on the next Monday, so that weekdays are in order."""
    today = clock.now().astimezone(zone).date()
    return datetime.combine(today + timedelta(days=-today.weekday() % 7), BEGINS, zone)


@dataclass(frozen=True, slots=True)
class Card:
    """One step on the timeline."""

    id: str
    kind: str
    icon: str
    title: str
    summary: str
    at: datetime
    day: int
    said: str
    tone: str
    has_condition: bool
    order: int

    @property
    def hour(self) -> int:
        """The line it stands on."""
        return self.at.hour


@dataclass(frozen=True, slots=True)
class Hour:
    """One line of a lane: what comes within that hour, day by day."""

    hour: int
    cells: Sequence[tuple[int, Sequence[Card]]]


@dataclass(frozen=True, slots=True)
class Track:
    """A lane, with what it is called, and as one list for a phone."""

    key: str
    of: str
    path: str
    depth: int
    title: str
    hours: Sequence[Hour]
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Day:
    """A column. ``skipped``: so many days before it have none."""

    number: int
    name: str
    skipped: int = 0


@dataclass(slots=True)
class Grid:
    """All of it."""

    days: list[Day] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    count: int = 0

    @property
    def width(self) -> int:
        """How many columns there are beside that of the hours."""
        return len(self.days)


def grid(document: Document, zone: ZoneInfo, found: Sequence[Finding] = ()) -> Grid:
    """The timeline of a playbook, with what the checker says of each step as its colour."""
    begins = began(zone)
    found_lanes = lanes.lanes(document, begins, zone)
    tones = _tones(found)
    order = {step.id: place for place, step in enumerate(document.walk())}
    used = {card.day for lane in found_lanes for card in lane.cards}
    days = _days(used, begins)
    tracks = [_track(lane, document, days, tones, order) for lane in found_lanes if lane.cards or not lane.of]
    return Grid(days, tracks, len(order))


def _tones(found: Sequence[Finding]) -> Mapping[str, str]:
    tones: dict[str, str] = {}
    for each in found:
        if each.step and each.severity is not Severity.HINT and tones.get(each.step) != "bad":
            tones[each.step] = words.SEVERITIES[each.severity][0]
    return tones


def _days(used: set[int], begins: datetime) -> list[Day]:
    """All days up to the day after the last step; of long playbooks those with steps, and the day after each."""
    last = max(used, default=0)
    shown = range(max(last + 2, LEAST_DAYS)) if last <= ALL_DAYS else sorted(used | {day + 1 for day in used} | {0})
    found: list[Day] = []
    for number in shown:
        before = found[-1].number if found else -1
        name = date_format(begins + timedelta(days=number), "D")
        found.append(Day(number, name, number - before - 1))
    return found


def _track(
    lane: Lane, document: Document, days: Sequence[Day], tones: Mapping[str, str], order: Mapping[str, int]
) -> Track:
    cards = [_card(placed, document, tones, order) for placed in lane.cards]
    hours = {card.hour for card in cards}
    shown = sorted(hours | set(range(MORNING, NIGHT + 1))) if not lane.of else sorted(hours)
    lines = [
        Hour(hour, [(day.number, [c for c in cards if c.day == day.number and c.hour == hour]) for day in days])
        for hour in shown
    ]
    return Track(
        f"{lane.of}/{lane.path}" if lane.of else "",
        lane.of,
        lane.path,
        lane.depth,
        _lane_title(lane, document),
        lines,
        cards,
    )


def _lane_title(lane: Lane, document: Document) -> str:
    if not lane.of:
        return ""
    owner = next(step for step in document.walk() if step.id == lane.of)
    return _("%(step)s: %(path)s") % {"step": title_of(owner), "path": words.path_name(lane.path)}


def _card(placed: Placed, document: Document, tones: Mapping[str, str], order: Mapping[str, int]) -> Card:
    step = placed.step
    kind, icon = words.step_kind(step.do)
    return Card(
        id=step.id,
        kind=kind,
        icon=icon,
        title=title_of(step),
        summary=summary_of(step),
        at=placed.at,
        day=placed.day,
        said=words.moment(step.when),
        tone=tones.get(step.id, ""),
        has_condition=bool(step.only_if),
        order=order[step.id],
    )


def title_of(step: StepSpec) -> str:
    """What a step is called: its title, else what its kind is called."""
    return words.in_language(step.title) or words.step_kind(step.do)[0]


def config_of(step: StepSpec) -> Any:
    """The step's Config, None where it is not in order."""
    kind = steps.get(step.do)
    if kind is None:
        return None
    try:
        return kind.Config.model_validate(step.with_)
    except ValidationError:
        return None


def summary_of(step: StepSpec) -> str:
    """What a step does, in a line."""
    config = config_of(step)
    return steps[step.do]().summary(config, words.language()) if config is not None else ""
