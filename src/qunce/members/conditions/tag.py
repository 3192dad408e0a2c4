"""The member has a tag."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from qunce.kernel.words import listed
from qunce.members import selectors
from qunce.members.condition import Condition, Subject


class TagConfig(BaseModel):
    """Which tag; with several separated by commas one is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tag: str = Field(
        min_length=1,
        max_length=400,
        title=gettext_noop("Tag"),
        description=gettext_noop("Of several, separated by commas, one is enough."),
    )

    @property
    def tags(self) -> list[str]:
        """Each of them."""
        return [each for part in self.tag.replace("，", ",").split(",") if (each := part.strip())]


class HasTag(Condition):
    """Of the member's own tags, or of somebody's who was merged into them."""

    title = gettext_noop("Has a tag")
    Config = TagConfig

    def sentence(self, config: TagConfig) -> str:
        """Which tag."""
        return _("has the tag %(tags)s") % {"tags": listed(f"“{each}”" for each in config.tags)}

    def holding(self, config: TagConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who have it."""
        del now
        found = selectors.tagged({each.member_id for each in subjects if each.member_id}, config.tags)
        return {each for each in subjects if each.member_id in found}
