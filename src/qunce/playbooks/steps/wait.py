"""Waiting: for a while, until a moment, or for something to happen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.kernel.validation import BadFieldError
from qunce.members import selectors as members
from qunce.playbooks.actions.calls import Opening, call_event, close_calls, open_calls
from qunce.playbooks.policies import moments
from qunce.playbooks.selectors.wording import lasting, moment
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, MaybeDuration, StepConfig
from qunce.playbooks.types import Branch, Outcome, StepRun, WaitFor, WaitUntil, When

LOOK_AGAIN = timedelta(minutes=2)
HAPPENED, MISSED = "happened", "missed"


class WaitConfig(StepConfig):
    """What is waited for: exactly one of the three."""

    length: MaybeDuration = Field(default=None, alias="for", title=gettext_noop("So long"))
    until: str = Field(
        default="",
        max_length=60,
        title=gettext_noop("Until"),
        json_schema_extra={"asks": "moment", "ways": ["weekdays", "date", "holiday", "day"]},
    )
    event: Literal["", "joined", "message", "answer"] = Field(
        default="",
        title=gettext_noop("Until this happens"),
        json_schema_extra={
            "choices": {
                "": gettext_noop("nothing"),
                "joined": gettext_noop("somebody comes into the group"),
                "message": gettext_noop("the member, or anybody, says something"),
                "answer": gettext_noop("the keyword is said"),
            }
        },
    )
    keyword: str = Field(default="", max_length=40, title=gettext_noop("Keyword"))
    at_most: Duration = Field(default=timedelta(days=7), title=gettext_noop("At most"))

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if sum(map(bool, (self.length, self.until, self.event))) != 1:
            raise BadFieldError(gettext_noop("Say one of: for how long, until when, or until what happens."))
        if self.event == "answer" and not self.keyword.strip():
            raise BadFieldError(gettext_noop("Name the keyword that is waited for."))
        moments.parse(self.until)
        return self

    @property
    def moment(self) -> When:
        """Until when, as it was written."""
        return moments.parse(self.until)


class Wait(Step):
    """What happens counts from the moment at which the step begins to wait."""

    title = gettext_noop("Wait")
    icon = "hourglass"
    Config = WaitConfig
    paths = (HAPPENED, MISSED)

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """First the wait; when asked again, whether it has happened."""
        first = [each for each in steps if each.woken is None and not each.timed_out]
        heard = [each for each in first if each.config.event in {"message", "answer"}]
        open_calls(
            openings=[
                Opening(each, each.now + each.config.at_most, each.config.keyword, of_member=each.member is not None)
                for each in heard
            ]
        )
        again = [each for each in steps if each not in first]
        close_calls(keys=[each.key for each in again if each.config.event in {"message", "answer"}], now=steps[0].now)
        came = _came([each for each in again if each.config.event == "joined"])
        return [_begin(each) if each in first else _end(each, came) for each in steps]

    def lasts(self, config: WaitConfig) -> timedelta:
        """As its settings say."""
        return config.length or (config.at_most if config.event else timedelta())

    def summary(self, config: WaitConfig, language: str) -> str:
        """What is waited for."""
        del language
        if config.length:
            return _("Waits %(time)s") % {"time": lasting(config.length)}
        if config.until:
            return _("Waits until %(moment)s") % {"moment": moment(config.moment)}
        sentence = {
            "joined": gettext_noop("Waits until somebody joins, at most %(time)s"),
            "message": gettext_noop("Waits until something is said, at most %(time)s"),
            "answer": gettext_noop("Waits until “%(keyword)s” is said, at most %(time)s"),
        }[config.event]
        return _(sentence) % {"time": lasting(config.at_most), "keyword": config.keyword}


def _begin(step: StepRun) -> Outcome:
    config: WaitConfig = step.config
    if config.length:
        return WaitUntil(step.now + config.length)
    if config.until:
        return WaitUntil(moments.moment(config.moment, step.began_at, step.now, step.group.zone))
    data = {"since": step.now.isoformat()}
    end = step.now + config.at_most
    if config.event == "joined":
        return WaitUntil(min(step.now + LOOK_AGAIN, end), data)
    return WaitFor(call_event(step.key), end, {**data, "call": step.key})


def _since(step: StepRun) -> datetime:
    left: dict[str, Any] = dict(step.data.get(step.step_id, {}))
    return datetime.fromisoformat(left["since"]) if "since" in left else step.due_at


def _came(steps: Sequence[StepRun]) -> set[str]:
    """The steps in whose group somebody has come in since they began to wait; one statement for all."""
    windows: dict[int, tuple[datetime, datetime]] = {}
    for each in steps:
        begin = windows[each.group.id][0] if each.group.id in windows else each.now
        windows[each.group.id] = (min(begin, _since(each)), each.now)
    joined = members.joined_between(windows)
    return {
        each.key
        for each in steps
        if any(one.group_id == each.group.id and one.at and one.at > _since(each) for one in joined)
    }


def _end(step: StepRun, came: set[str]) -> Outcome:
    config: WaitConfig = step.config
    if not config.event or step.woken is not None or step.key in came:
        return Branch(HAPPENED)
    end = _since(step) + config.at_most
    if config.event == "joined" and step.now < end:
        return WaitUntil(min(step.now + LOOK_AGAIN, end), {"since": _since(step).isoformat()})
    return Branch(MISSED)
