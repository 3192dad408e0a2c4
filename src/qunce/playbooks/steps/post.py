"""An item of the library goes into the group, as its platform can have it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat.types import Content
from qunce.content import actions as content
from qunce.content import policies
from qunce.content import selectors as library
from qunce.content.types import Ready, Use, UseWay
from qunce.playbooks.actions.sending import Saying, Writer, not_said, say
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import MaybeText, StepConfig, quoted
from qunce.playbooks.types import Done, Failed, Finding, Outcome, Severity, StepRun, StepSpec

NO_ITEM = gettext_noop("The item of this step is not published for members of this community.")


class PostConfig(StepConfig):
    """Which item, and what is said before it."""

    item: str = Field(
        pattern=r"^[\w-]{1,80}$",
        title=gettext_noop("Item of the library"),
        description=gettext_noop("Its name in addresses; the community's own comes before everybody's."),
        json_schema_extra={"asks": "items"},
    )
    text: MaybeText = Field(default_factory=dict, title=gettext_noop("Text before it"))


class Post(Step):
    """Done when it is planned; that the item went into the group is kept with the item."""

    title = gettext_noop("Post an item of the library")
    icon = "books"
    Config = PostConfig
    needs = ("content",)
    speaks = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One delivery each, and one use of the item, once per step."""
        writer, items = Writer(steps), _items(steps)
        able = {each.key: items[_of(each)] for each in steps if _of(each) in items}
        tokens = {key: library.token_for(ready) for key, ready in able.items()}
        sayings = [
            Saying(each, _content(writer, each, able[each.key], tokens[each.key]))
            for each in steps
            if each.key in able
        ]
        obstacles = say(sayings=sayings)
        uses = [
            Use(ready.item_id, ready.version_id, one.key, UseWay.STEP, one.step.group.id, token=tokens[one.step.key])
            for one in sayings
            if one.key not in obstacles
            for ready in [able[one.step.key]]
        ]
        if uses:
            content.note_uses(uses=uses, at=steps[0].now)
        return [_outcome(each, able, obstacles) for each in steps]

    def check(self, spec: StepSpec, config: PostConfig, homes: Collection[int]) -> Iterable[Finding]:
        """The item must be there for the members of every community that the playbook is for."""
        found = library.ready_by_key({(config.item, home) for home in homes} or {(config.item, 0)})
        if len(found) < max(1, len(homes)):
            yield Finding(
                "no_item",
                Severity.ERROR,
                gettext_noop("The library has no item “%(key)s” that is published for members of these communities."),
                gettext_noop("Publish it, open it to members, or choose another one."),
                spec.id,
                {"key": config.item},
            )

    def summary(self, config: PostConfig, language: str) -> str:
        """Which item, and what is said before it."""
        if any(config.text.values()):
            return _("Says “%(text)s” and posts “%(key)s”") % {
                "text": quoted(config.text, language),
                "key": config.item,
            }
        return _("Posts “%(key)s” of the library") % {"key": config.item}

    def preview(self, step: StepRun) -> Content | None:
        """The text, then the item."""
        ready = _items([step]).get(_of(step))
        if ready is None:
            return None
        return _content(Writer([step]), step, ready, "…" if library.token_for(ready) else "")


def _of(step: StepRun) -> tuple[str, int]:
    return step.config.item, step.group.community_id or 0


def _items(steps: Sequence[StepRun]) -> Mapping[tuple[str, int], Ready]:
    return library.ready_by_key({_of(each) for each in steps})


def _content(writer: Writer, step: StepRun, ready: Ready, token: str) -> Content | None:
    handed = library.parts_of(ready, step.group.platform, token=token)
    if not any(step.config.text.values()):
        return Content(handed)
    said = writer.content(step, step.config.text)
    return None if said is None else Content(policies.joined(said.parts, handed))


def _outcome(step: StepRun, able: Mapping[str, Ready], obstacles: Mapping[str, str]) -> Outcome:
    if step.key not in able:
        return Failed(NO_ITEM)
    if step.key in obstacles:
        return not_said(obstacles[step.key])
    return Done({"delivery": step.key, "item": able[step.key].item_id})
