"""The group has a tag."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.kernel.words import listed
from qunce.members.condition import Condition, Subject, TagsConfig


class GroupHasTag(Condition):
    """As tags of groups stand now."""

    title = gettext_noop("The group has a tag")
    Config = TagsConfig
    of_groups = True

    def sentence(self, config: TagsConfig) -> str:
        """Which tag."""
        return _("the group has the tag %(tags)s") % {"tags": listed(f"“{each}”" for each in sorted(config.tags))}

    def holding(self, config: TagsConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those in groups that have it."""
        del now
        facts = community.group_facts({each.group_id for each in subjects})
        tagged = {each.id for each in facts if set(config.tags) & set(each.tags)}
        return {each for each in subjects if each.group_id in tagged}
