"""What asks whoever has a turn: found in the rota, asked like a member of a playbook, and what comes of it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat.types import Content
from qunce.members import selectors as members
from qunce.playbooks.selectors.rotas import Due, turns_in
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, StepConfig, Text
from qunce.playbooks.steps.ask import Ask, AskConfig
from qunce.playbooks.types import Addressed, Audience, Branch, Done, Outcome, StepRun, WaitFor


class TurnConfig(StepConfig):
    """Whose turn is meant, and what they are asked."""

    rota: str = Field(
        default="",
        max_length=60,
        title=gettext_noop("Role"),
        description=gettext_noop("Its name as under “Turns”; empty: the first one of the group."),
    )
    of_day: Literal["today", "tomorrow"] = Field(default="today", alias="day", title=gettext_noop("Whose turn"))
    text: Text = Field(title=gettext_noop("What they are asked"))
    keyword: str = Field(default="", max_length=40, title=gettext_noop("Keyword"))
    open_for: Duration = Field(
        default=timedelta(hours=3), alias="for", title=gettext_noop("How long answers are taken")
    )


class _AskTurn(AskConfig):
    of_turn: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that asks somebody: whose turn it is, and the step as it is carried out for them."""

    step: StepRun
    due: Due
    run: StepRun
    member_id: int


class TurnStep(Step):
    """Asks the one who has the turn. ``data``: the rota, the day, and whom it has asked how often."""

    audiences = frozenset({Audience.GROUP})
    speaks = invites = collects = True
    hears_words: ClassVar[bool] = False
    """Whether a word that takes the turn, or lets it go, is an answer beside the keyword."""

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """First whoever has the turn is asked; later it is seen what they said."""
        found = turns_in({(each.key, each.group.id, each.config.rota, _day(each)) for each in steps})
        outcomes: dict[str, Outcome] = {}
        asked: list[Asked] = []
        for each in steps:
            due = found.get(each.key)
            left = each.data.get(each.step_id, {})
            if due and due.settled and not left:
                due = None
            member = _addressed(each, _whom(due, left)) if due else None
            if due is None or member is None:
                outcomes[each.key] = self.absent(each, due, left)
            else:
                run = _as_asked(each, member, int(left.get("times", 0)), hears_words=self.hears_words)
                asked.append(Asked(each, due, run, member.member_id))
        for one, outcome in zip(asked, Ask().run([one.run for one in asked]), strict=True):
            outcomes[one.step.key] = self._after(one, outcome)
        return [outcomes[each.key] for each in steps]

    def _after(self, one: Asked, outcome: Outcome) -> Outcome:
        times = int(one.step.data.get(one.step.step_id, {}).get("times", 0))
        kept = {
            "rota": one.due.rota_id,
            "day": one.due.day.isoformat(),
            "times": times,
            "member": one.member_id,
        }
        match outcome:
            case WaitFor(event, until, data):
                return WaitFor(event, until, {**data, **kept})
            case Branch("answered", data):
                return self.answered(one, {**data, **kept})
            case Branch() | Done():
                return self.silent(one, {**outcome.data, **kept})
        return outcome

    def preview(self, step: StepRun) -> Content | None:
        """What is asked of whoever has the turn now; without a name where nobody has."""
        due = turns_in({(step.key, step.group.id, step.config.rota, _day(step))}).get(step.key)
        member = _addressed(step, due.member_id) if due else None
        return Ask().preview(_as_asked(step, member, 0, hears_words=self.hears_words))

    def absent(self, step: StepRun, due: Due | None, left: Any) -> Outcome:
        """Nobody has the turn, or who has it is not there."""
        del step, due, left
        return Branch("nobody")

    @abstractmethod
    def answered(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """They have said something."""

    @abstractmethod
    def silent(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """They have not, in time."""


def _day(step: StepRun) -> date:
    """The day that is meant: that of the first time the step was carried out."""
    if said := step.data.get(step.step_id, {}).get("day"):
        return date.fromisoformat(said)
    day = step.now.astimezone(step.group.zone).date()
    return day + timedelta(days=1) if step.config.of_day == "tomorrow" else day


def _whom(due: Due, left: Mapping[str, Any]) -> int:
    """Who was asked last; at first, who has the turn."""
    return int(left.get("member") or due.member_id)


def _addressed(step: StepRun, member_id: int) -> Addressed | None:
    person = members.addressed({(step.group.id, member_id)}).get((step.group.id, member_id))
    if person is None or not person.here or person.unasked:
        return None
    return Addressed(person.member_id, person.identity_id, person.external_id, person.name)


def _as_asked(step: StepRun, member: Addressed | None, times: int, *, hears_words: bool) -> StepRun:
    config = step.config
    kind = _AskTurn if hears_words else AskConfig
    asking = kind(text=config.text, keyword=config.keyword, open_for=config.open_for, whom="member")
    key = f"{step.key}:{times}" if times else step.key
    return replace(step, key=key, member=member, config=asking)


def asked_again(step: StepRun, member_id: int, times: int, *, hears_words: bool) -> Outcome:
    """Ask somebody else in their place: at once, under a key of its own."""
    fresh = replace(step, woken=None, timed_out=False)
    member = _addressed(step, member_id)
    if member is None:
        return Branch("nobody")
    return Ask().run([_as_asked(fresh, member, times, hears_words=hears_words)])[0]
