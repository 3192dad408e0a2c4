"""The member has a tag."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel.words import listed
from qunce.members import selectors
from qunce.members.condition import Condition, Subject, TagsConfig


class HasTag(Condition):
    """Of the member's own tags, or of somebody's who was merged into them."""

    title = gettext_noop("Has a tag")
    Config = TagsConfig

    def sentence(self, config: TagsConfig) -> str:
        """Which tag."""
        return _("has the tag %(tags)s") % {"tags": listed(f"“{each}”" for each in config.tags)}

    def holding(self, config: TagsConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who have it."""
        del now
        found = selectors.tagged({each.member_id for each in subjects if each.member_id}, config.tags)
        return {each for each in subjects if each.member_id in found}
