"""The best of today's feeds: chosen once a day for a community, and never the same again."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.chat.types import Content
from qunce.chat.types import Text as Said
from qunce.content import actions as content
from qunce.content.policies.briefs import as_said
from qunce.content.types import Line
from qunce.playbooks.actions.sending import BAD_TEXT, Saying, Writer, say
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import MaybeText, StepConfig
from qunce.playbooks.types import Done, Failed, Outcome, StepRun

NOTHING_NEW = gettext_noop("There was nothing new in the community's feeds.")


class BriefConfig(StepConfig):
    """How much, and what stands around it."""

    entries: int = Field(default=3, ge=1, le=10, title=gettext_noop("How many entries"))
    text: MaybeText = Field(default_factory=dict, title=gettext_noop("What stands above them"))
    footer: MaybeText = Field(default_factory=dict, title=gettext_noop("What stands beneath them"))


class SendBrief(Step):
    """Of every feed of the group's community; where nothing is new, nothing is said."""

    title = gettext_noop("Send the best of today’s feeds")
    icon = "news"
    Config = BriefConfig
    needs = ("briefs",)
    speaks = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One delivery each, the same lines for all groups of a community."""
        writer = Writer(steps)
        wanted = max((each.config.entries for each in steps), default=0)
        lines = content.todays_lines(community_ids=[each.group.community_id for each in steps], count=wanted)
        found = {each.key: lines.get(each.group.community_id, [])[: each.config.entries] for each in steps}
        sayings = {
            each.key: Saying(each, _content(writer, each, found[each.key])) for each in steps if found[each.key]
        }
        obstacles = say(sayings=list(sayings.values()))
        return [self._outcome(each, sayings, obstacles) for each in steps]

    def _outcome(self, step: StepRun, sayings: dict[str, Saying], obstacles: dict[str, str]) -> Outcome:
        if step.key not in sayings:
            return Done(skipped=NOTHING_NEW)
        if sayings[step.key].content is None:
            return Failed(BAD_TEXT)
        return Failed(obstacles[step.key]) if step.key in obstacles else Done({"delivery": step.key})

    def summary(self, config: BriefConfig, language: str) -> str:
        """How many entries."""
        del language
        said = ngettext(
            "Sends the best entry of today’s feeds", "Sends the best %(count)d of today’s feeds", config.entries
        )
        return said % {"count": config.entries}

    def preview(self, step: StepRun) -> Content | None:
        """With samples of what is stored."""
        with content.sampled():
            lines = content.todays_lines(community_ids=[step.group.community_id], count=step.config.entries)
        return _content(Writer([step]), step, lines.get(step.group.community_id, []))


def _content(writer: Writer, step: StepRun, lines: Sequence[Line]) -> Content | None:
    above, below = (_framed(writer, step, words) for words in (step.config.text, step.config.footer))
    if above is None or below is None:
        return None
    pieces = [*above.parts, *([Said("\n\n")] if above.parts else []), Said(as_said(lines))]
    return Content((*pieces, *([Said("\n\n"), *below.parts] if below.parts else [])))


def _framed(writer: Writer, step: StepRun, words: dict[str, str]) -> Content | None:
    return writer.content(step, words) if any(text.strip() for text in words.values()) else Content(())
