"""A playbook's steps as a timeline: days beside one another, hours beneath, a lane for every path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from pydantic import ValidationError

from qunce.console.playbooks import words
from qunce.kernel import clock
from qunce.playbooks.policies.timeline import Planned, timeline
from qunce.playbooks.selectors import wording
from qunce.playbooks.step import steps
from qunce.playbooks.types import Document, Finding, Severity, StepSpec

BEGINS = time(9)
"""The hour at which the timeline lets a playbook begin; its own steps name theirs."""
MORNING, NIGHT = 7, 22
ALL_DAYS = 35
LEAST_DAYS = 7
LONGEST_NAME = 40


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
class OfDay:
    """A day of a lane, as a phone has it: what comes on it, one beneath the other."""

    number: int
    name: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Track:
    """A lane, with what it is called, and as one list for a phone."""

    of: str
    path: str
    depth: int
    title: str
    hours: Sequence[Hour]
    days: Sequence[OfDay]


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


def planned(document: Document, zone: ZoneInfo, begins: datetime | None = None) -> list[Planned]:
    """Every step at its time, by the clock of the zone."""
    found = timeline(document, begins or began(zone), zone, _lasts(document))
    return [replace(each, at=each.at.astimezone(zone)) for each in found]


def _lasts(document: Document) -> dict[str, timedelta]:
    """How long each step takes at the longest, as far as its settings are in order."""
    configs = {step.id: (step.do, config_of(step)) for step in document.walk()}
    return {key: steps[do]().lasts(config) for key, (do, config) in configs.items() if config is not None}


def moments(document: Document, zone: ZoneInfo) -> dict[str, datetime]:
    """When each step of the timeline comes."""
    return {each.step.id: each.at for each in planned(document, zone)}


def grid(document: Document, zone: ZoneInfo, found: Sequence[Finding] = ()) -> Grid:
    """The timeline of a playbook, with what the checker says of each step as its colour."""
    begins, tones = began(zone), _tones(found)
    by_path: dict[tuple[str, ...], list[Card]] = {(): []}
    for order, each in enumerate(planned(document, zone, begins)):
        day = (each.at.date() - begins.date()).days
        by_path.setdefault(each.path, []).append(_card(each, day, tones, order))
    days = _days({card.day for cards in by_path.values() for card in cards}, begins)
    tracks = [_track(path, cards, document, days) for path, cards in by_path.items()]
    return Grid(days, tracks, sum(len(cards) for cards in by_path.values()))


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


def _track(path: tuple[str, ...], cards: Sequence[Card], document: Document, days: Sequence[Day]) -> Track:
    hours = {card.hour for card in cards}
    shown = sorted(hours) if path else sorted(hours | set(range(MORNING, NIGHT + 1)))
    lines = [
        Hour(hour, [(day.number, [c for c in cards if c.day == day.number and c.hour == hour]) for day in days])
        for hour in shown
    ]
    of, _dot, name = path[-1].partition(".") if path else ("", "", "")
    in_order = sorted(cards, key=lambda card: card.at)
    of_days = [OfDay(day.number, day.name, [card for card in in_order if card.day == day.number]) for day in days]
    return Track(of, name, len(path), _lane_title(of, name, document), lines, of_days)


def _lane_title(of: str, path: str, document: Document) -> str:
    if not of:
        return ""
    owner = next(step for step in document.walk() if step.id == of)
    return _("%(step)s: %(path)s") % {"step": title_of(owner), "path": words.path_name(path)}


def _card(placed: Planned, day: int, tones: Mapping[str, str], order: int) -> Card:
    step = placed.step
    kind, icon = words.step_kind(step.do)
    return Card(
        id=step.id,
        kind=kind,
        icon=icon,
        title=title_of(step),
        summary=summary_of(step),
        at=placed.at,
        day=day,
        said=wording.moment(step.when),
        tone=tones.get(step.id, ""),
        has_condition=bool(step.only_if),
        order=order,
    )


def title_of(step: StepSpec) -> str:
    """What a step is called: its title, else what its kind is called."""
    return words.in_language(step.title) or words.step_kind(step.do)[0]


def name_of(step: StepSpec) -> str:
    """What tells a step from the others of its kind: its title, else what it does, in short."""
    return words.in_language(step.title) or Truncator(summary_of(step)).chars(LONGEST_NAME) or title_of(step)


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
