"""The digest of the track's group: what was talked about, what nobody has answered, links, thanks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override
from pydantic import BaseModel, ConfigDict, Field

from qunce.chat.types import Content
from qunce.insights.selectors import digests
from qunce.insights.types import Stretch
from qunce.playbooks.actions.sending import Saying, not_said, say
from qunce.playbooks.step import Step
from qunce.playbooks.types import Branch, Outcome, StepRun

_LENGTHS = {"day": timedelta(days=1), "week": timedelta(days=7)}
LONGEST = timedelta(days=31)


class DigestConfig(BaseModel):
    """Of which stretch, and how much of it is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    of: Literal["day", "week", "since-step"] = Field(
        default="day",
        title=gettext_noop("Of what"),
        description=gettext_noop(
            "“day”: the last 24 hours; “week”: the last seven days; “since-step”: since this step's last time."
        ),
    )
    lines: int = Field(default=5, ge=1, le=20, title=gettext_noop("At most so many lines"))


class PostDigest(Step):
    """Extractive, always: each line quotes messages of the group. Where nothing was talked about, nothing is said."""

    title = gettext_noop("Post a digest")
    icon = "list-details"
    Config = DigestConfig
    paths = ("posted", "quiet")
    needs = ("digests",)
    speaks = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One delivery each, once per step; the quiet path where nothing was said."""
        texts = {each.key: _text(each) for each in steps}
        sayings = [Saying(each, Content.of(texts[each.key])) for each in steps if texts[each.key]]
        obstacles = say(sayings=sayings)
        outcomes: list[Outcome] = []
        for each in steps:
            until = {"until": each.now.isoformat()}
            if not texts[each.key]:
                outcomes.append(Branch("quiet", until))
            elif each.key in obstacles:
                outcomes.append(not_said(obstacles[each.key]))
            else:
                outcomes.append(Branch("posted", {**until, "delivery": each.key}))
        return outcomes

    def preview(self, step: StepRun) -> Content | None:
        """The digest as it would be now."""
        text = _text(step)
        return Content.of(text) if text else None

    def summary(self, config: DigestConfig, language: str) -> str:
        """Of which stretch, in how many lines."""
        del language
        lines = ngettext("in %(count)d line", "in at most %(count)d lines", config.lines) % {"count": config.lines}
        said = {
            "day": _("Posts a digest of the last 24 hours, %(lines)s"),
            "week": _("Posts a digest of the last seven days, %(lines)s"),
            "since-step": _("Posts a digest of what was said since the last one, %(lines)s"),
        }
        return said[config.of] % {"lines": lines}


def _text(step: StepRun) -> str:
    since, zone = _since(step), step.group.zone
    first, last = since.astimezone(zone).date(), step.now.astimezone(zone).date()
    stretch = Stretch(first, (last - first).days + 1)
    found = digests.found_in(step.group.id, stretch, since=since, until=step.now)
    with override(step.group.language):
        title = digests.title_of(step.group.name or step.group.external_id, stretch)
    return digests.post_of(
        found,
        title=title,
        most=step.config.lines,
        language=step.group.language,
        platform=step.group.platform,
    )


def _since(step: StepRun) -> datetime:
    if step.config.of in _LENGTHS:
        return step.now - _LENGTHS[step.config.of]
    told = step.data.get(step.step_id, {}).get("until")
    return max(datetime.fromisoformat(str(told)) if told else step.began_at, step.now - LONGEST)
