"""A member or a group gets a tag."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, field_validator

from qunce.chat import selectors as chats
from qunce.community.events import GroupsTagged
from qunce.community.types import GroupFacts
from qunce.kernel.events import Event
from qunce.kernel.validation import BadFieldError
from qunce.kernel.words import listed
from qunce.members import selectors as members
from qunce.members.events import MemberTagged
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import TriggerConfig
from qunce.playbooks.types import Audience, Start

LATELY = timedelta(days=90)


class TaggedConfig(TriggerConfig):
    """Which tags; one of them is enough."""

    tags: tuple[str, ...] = Field(
        min_length=1,
        max_length=20,
        title=gettext_noop("Tags"),
        description=gettext_noop("Of the member where the playbook follows members, else of the group."),
    )

    @field_validator("tags")
    @classmethod
    def _are_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(dict.fromkeys(filter(None, (" ".join(tag.split()) for tag in tags))))
        if not named:
            raise BadFieldError(gettext_noop("Name a tag."))
        return named


class Tagged(Trigger):
    """Once per target, also where the tag is taken off and put on again. Who had it before is not meant.

    A member who is in several groups of the run begins in the one in which they were heard last, or came into last.
    """

    title = gettext_noop("When a tag is put on")
    icon = "tag"
    Config = TaggedConfig

    def sentence(self, config: TaggedConfig, language: str) -> str:
        """Which tags."""
        del language
        return _("When the tag %(tags)s is put on") % {"tags": listed(f"“{each}”" for each in config.tags)}

    def caught(
        self, config: TaggedConfig, event: Event, groups: Sequence[GroupFacts], audience: Audience
    ) -> Sequence[Start]:
        """A group that was tagged, or the member in one of the groups."""
        wanted, here = set(config.tags), [each.id for each in groups]
        if audience is Audience.GROUP and isinstance(event, GroupsTagged):
            return [Start(key, None, event.at) for key in here if wanted & set(event.new.get(key, ()))]
        if audience is Audience.MEMBER and isinstance(event, MemberTagged) and wanted & set(event.tags):
            group_id = _where(event, here)
            return [Start(group_id, event.member_id, event.at)] if group_id is not None else []
        return ()


def _where(event: MemberTagged, group_ids: Sequence[int]) -> int | None:
    places = members.places_of(event.member_id, group_ids)
    if len(places) < 2:  # noqa: PLR2004 (nothing to choose from)
        return places[0][0] if places else None
    since = event.at.date() - LATELY
    words = chats.last_words({group_id: since for group_id, _identity in places})
    return max(places, key=lambda place: words.get(place, date.min))[0]
