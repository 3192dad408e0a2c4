"""Tags are put on the member, or on the group, and taken off."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.community import actions as community
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import QunceError
from qunce.kernel.validation import BadFieldError
from qunce.kernel.words import listed, sentences
from qunce.members import actions as members
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import Done, Failed, Outcome, StepRun

NOT_TAGGED = gettext_noop("The tags could not be put on: it may have too many already.")


class TagConfig(StepConfig):
    """Which tags."""

    add: tuple[str, ...] = Field(default=(), max_length=10, title=gettext_noop("Tags to put on"))
    remove: tuple[str, ...] = Field(default=(), max_length=10, title=gettext_noop("Tags to take off"))
    what: Literal["", "member", "group"] = Field(
        default="",
        title=gettext_noop("What is tagged"),
        json_schema_extra={
            "choices": {
                "": gettext_noop("the member whom the playbook follows, else the group"),
                "member": gettext_noop("the member"),
                "group": gettext_noop("the group"),
            }
        },
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not any(tag.strip() for tag in (*self.add, *self.remove)):
            raise BadFieldError(gettext_noop("Name a tag to put on or take off."))
        return self


class Tag(Step):
    """A tag that is there already stays; one that is not there is not taken off."""

    title = gettext_noop("Put on or take off tags")
    icon = "tag"
    Config = TagConfig

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """Groups together, members one by one, as people do it."""
        by_tags: dict[tuple[Collection[str], Collection[str]], list[int]] = defaultdict(list)
        outcomes: dict[str, Outcome] = {}
        for each in sorted(steps, key=lambda each: each.member.member_id if each.member else 0):
            if each.member is None or each.config.what == "group":
                by_tags[each.config.add, each.config.remove].append(each.group.id)
            else:
                outcomes[each.key] = _tag_member(each)
        for (add, remove), group_ids in by_tags.items():
            tagged = _tag_groups(group_ids, add, remove)
            for each in steps:
                if each.group.id in group_ids and each.key not in outcomes:
                    outcomes[each.key] = tagged
        return [outcomes[each.key] for each in steps]

    def summary(self, config: TagConfig, language: str) -> str:
        """Which tags."""
        del language
        on = _("Puts on %(tags)s.") % {"tags": listed(config.add)} if config.add else ""
        off = _("Takes off %(tags)s.") % {"tags": listed(config.remove)} if config.remove else ""
        return sentences(on, off)


def _tag_member(step: StepRun) -> Outcome:
    try:
        members.tag_member(
            actor=SYSTEM,
            member_id=step.member.member_id if step.member else 0,
            add=step.config.add,
            remove=step.config.remove,
        )
    except QunceError:
        return Failed(NOT_TAGGED)
    return Done()


def _tag_groups(group_ids: Sequence[int], add: Collection[str], remove: Collection[str]) -> Outcome:
    try:
        community.tag_groups(actor=SYSTEM, group_ids=group_ids, add=add, remove=remove)
    except QunceError:
        return Failed(NOT_TAGGED)
    return Done()
