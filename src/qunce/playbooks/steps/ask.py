"""A call to action: something is asked, and for a while what members say is their answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat import selectors as chats
from qunce.chat.policies import CHASE_AFTER
from qunce.chat.selectors import Fate
from qunce.chat.types import Content
from qunce.kernel.actor import SYSTEM
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.calls import (
    Opening,
    call_event,
    chase_by_itself,
    close_calls,
    open_calls,
    prolong_calls,
)
from qunce.playbooks.actions.sending import Saying, Writer, not_said, say
from qunce.playbooks.selectors.calls import said_to
from qunce.playbooks.selectors.wording import lasting
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, MaybeDuration, MaybeText, StepConfig, Text, quoted
from qunce.playbooks.types import Branch, Done, Failed, Finding, Outcome, Severity, StepRun, StepSpec, WaitFor

ON_ITS_WAY = timedelta(minutes=10)
NOT_ASKED = gettext_noop("The question did not arrive in the group.")


class AskConfig(StepConfig):
    """What is asked, of whom, and for how long answers are taken."""

    of_turn: ClassVar[bool] = False
    """Whether a word that takes a turn, or lets it go, is an answer."""
    text: Text = Field(title=gettext_noop("Question"))
    keyword: str = Field(
        default="",
        max_length=40,
        title=gettext_noop("Keyword"),
        description=gettext_noop("Only what contains it counts as an answer; empty: whatever is said."),
    )
    open_for: Duration = Field(
        default=timedelta(hours=48), alias="for", title=gettext_noop("How long answers are taken")
    )
    whom: Literal["", "member", "everybody"] = Field(
        default="",
        title=gettext_noop("Who is asked"),
        json_schema_extra={
            "choices": {
                "": gettext_noop("the member whom the playbook follows, else everybody"),
                "member": gettext_noop("the member"),
                "everybody": gettext_noop("everybody in the group"),
            }
        },
    )
    chase: MaybeDuration = Field(
        default=None,
        title=gettext_noop("Remind so long before the end"),
        description=gettext_noop("Politely: a day after the question at the earliest, a few people by name."),
    )
    chase_text: MaybeText = Field(default_factory=dict, title=gettext_noop("Reminder"))


class Ask(Step):
    """Waits until answers are no longer taken; where one member is asked, until they answer."""

    title = gettext_noop("Ask, and collect answers")
    icon = "message-question"
    Config = AskConfig
    paths = ("answered", "silent")
    speaks = invites = collects = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """First the question; when asked again, a reminder or the end."""
        first = [each for each in steps if each.woken is None and not each.timed_out]
        again = [each for each in steps if each.woken is not None or each.timed_out]
        outcomes = {**self._ask(first), **self._ask_again(again)}
        return [outcomes[each.key] for each in steps]

    def _ask(self, steps: Sequence[StepRun]) -> dict[str, Outcome]:
        if not steps:
            return {}
        writer = Writer(steps)
        sayings = [Saying(each, _content(writer, each)) for each in steps]
        obstacles = say(sayings=sayings)
        asked = [each for each in steps if each.key not in obstacles]
        open_calls(
            openings=[
                Opening(
                    each, _end(each, each.now), each.config.keyword, each.key, _of_member(each), each.config.of_turn
                )
                for each in asked
            ]
        )
        outcomes: dict[str, Outcome] = {key: not_said(why) for key, why in obstacles.items()}
        for each in asked:
            outcomes[each.key] = _waiting(each, each.now)
        return outcomes

    def _ask_again(self, steps: Sequence[StepRun]) -> dict[str, Outcome]:
        if not steps:
            return {}
        fates = chats.fates([each.key for each in steps])
        outcomes: dict[str, Outcome] = {}
        over, chased, later = [], [], {}
        for each in steps:
            fate = fates.get(each.key)
            if each.woken is not None:
                over.append(each)
            elif (late := _late(each, fate)) is not None:
                outcomes[each.key] = late
                if isinstance(late, WaitFor):
                    later[each.key] = late.until or each.now
            elif fate is not None and fate.at is not None and (end := _end(each, fate.at)) > each.now:
                later[each.key] = end
                outcomes[each.key] = _waiting(each, fate.at)
                if each.config.chase and each.now >= end - each.config.chase:
                    chased.append(each)
            else:
                over.append(each)
        if later:
            prolong_calls(ends=later)
        if chased:
            _chase(chased)
        return {**outcomes, **_close(over)}

    def lasts(self, config: AskConfig) -> timedelta:
        """As its settings say."""
        return config.open_for

    def check(self, spec: StepSpec, config: AskConfig, homes: Collection[int]) -> Iterable[Finding]:
        """A reminder that would come too soon is never sent."""
        del homes
        if config.chase and config.open_for - config.chase < CHASE_AFTER:
            yield Finding(
                "reminder_too_soon",
                Severity.WARNING,
                gettext_noop("The reminder would come sooner than a day after the question, so it is not sent."),
                gettext_noop("Take answers for longer, or remind closer to the end."),
                spec.id,
            )

    def summary(self, config: AskConfig, language: str) -> str:
        """What is asked, and for how long."""
        return _("Asks “%(text)s” and takes answers for %(time)s") % {
            "text": quoted(config.text, language),
            "time": lasting(config.open_for),
        }

    def preview(self, step: StepRun) -> Content | None:
        """The question."""
        return _content(Writer([step]), step)


def _content(writer: Writer, step: StepRun) -> Content | None:
    return writer.content(step, step.config.text, mention="member" if _of_member(step) else "")


def _of_member(step: StepRun) -> bool:
    return step.member is not None and step.config.whom in {"", "member"}


def _end(step: StepRun, asked_at: datetime) -> datetime:
    config: AskConfig = step.config
    return asked_at + config.open_for


def _waiting(step: StepRun, asked_at: datetime) -> WaitFor:
    """Until the end, or first until the time for a reminder."""
    until = _end(step, asked_at)
    if step.config.chase and (remind := until - step.config.chase) > step.now:
        until = remind
    return WaitFor(call_event(step.key), until, {"call": step.key, "delivery": step.key})


def _late(step: StepRun, fate: Fate | None) -> Outcome | None:
    """What to do where the question has not arrived: wait for it, or say that it never will."""
    if fate is None or fate.is_lost:
        close_calls(keys=[step.key], now=step.now)
        return Failed(NOT_ASKED) if fate is None else Done({"call": step.key, "count": 0}, skipped=NOT_ASKED)
    if fate.at is None:
        return WaitFor(call_event(step.key), step.now + ON_ITS_WAY, {"call": step.key, "delivery": step.key})
    return None


def _close(steps: Sequence[StepRun]) -> dict[str, Outcome]:
    if not steps:
        return {}
    keys = [each.key for each in steps]
    close_calls(keys=keys, now=steps[0].now)
    said: Mapping[str, int] = {key: answers.count for key, answers in said_to(keys).items()}
    return {
        key: Branch("answered" if said[key] else "silent", {"call": key, "delivery": key, "count": said[key]})
        for key in keys
    }


def _chase(steps: Sequence[StepRun]) -> None:
    writer = Writer(steps)
    texts = {}
    for each in steps:
        try:
            texts[each.key] = writer.text(each, each.config.chase_text)
        except BadTextError:
            texts[each.key] = ""
    chase_by_itself(actor=SYSTEM, texts=texts)
