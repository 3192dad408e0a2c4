"""The group has a tag."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from qunce.community import selectors as community
from qunce.kernel.words import listed
from qunce.members.condition import Condition, Subject


class GroupTagConfig(BaseModel):
    """Which tag; with several separated by commas one is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tag: str = Field(
        min_length=1,
        max_length=400,
        title=gettext_noop("Tag"),
        description=gettext_noop("Of several, separated by commas, one is enough."),
    )

    @property
    def tags(self) -> frozenset[str]:
        """Each of them."""
        return frozenset(each for part in self.tag.replace("，", ",").split(",") if (each := part.strip()))


class GroupHasTag(Condition):
    """As tags of groups stand now."""

    title = gettext_noop("The group has a tag")
    Config = GroupTagConfig
    of_groups = True

    def sentence(self, config: GroupTagConfig) -> str:
        """Which tag."""
        return _("the group has the tag %(tags)s") % {"tags": listed(f"“{each}”" for each in sorted(config.tags))}

    def holding(self, config: GroupTagConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those in groups that have it."""
        del now
        facts = community.group_facts({each.group_id for each in subjects})
        tagged = {each.id for each in facts if config.tags & set(each.tags)}
        return {each for each in subjects if each.group_id in tagged}
