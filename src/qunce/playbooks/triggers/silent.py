"""A member has said nothing for days, or a group for hours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Self

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field, model_validator

from qunce.chat import selectors as chats
from qunce.community.types import GroupFacts
from qunce.kernel.validation import BadFieldError
from qunce.members import selectors as members
from qunce.members.selectors import Present
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import LOOK_BACK, TriggerConfig, days_between, number_of, starts_of
from qunce.playbooks.types import Audience, Start

HOUR = timedelta(hours=1)
LONG_AGO = date(1990, 1, 1)


class SilentConfig(TriggerConfig):
    """For how long: days for members, hours for groups."""

    days: int | None = Field(default=None, ge=1, le=730, title=gettext_noop("Days without a word of the member"))
    hours: int | None = Field(default=None, ge=1, le=720, title=gettext_noop("Hours without a word in the group"))
    at: time = Field(default=time(10), title=gettext_noop("At"), description=gettext_noop("For members alone."))
    longer_too: bool = Field(
        default=False,
        title=gettext_noop("Also who is silent for longer already"),
        description=gettext_noop("Else only who reaches the day."),
    )

    @model_validator(mode="after")
    def _says_how_long(self) -> Self:
        if (self.days is None) == (self.hours is None):
            raise BadFieldError(gettext_noop("Say after how many days of a member, or hours of a group."))
        return self


class Silent(Trigger):
    """Once per silence: it ends with a word, and the next one is another."""

    title = gettext_noop("When a member or group falls silent")
    icon = "message-off"
    Config = SilentConfig
    recurs = True

    def sentence(self, config: SilentConfig, language: str) -> str:
        """After how long."""
        del language
        if config.days is not None:
            sentence = ngettext(
                "When a member has said nothing for %(count)d day",
                "When a member has said nothing for %(count)d days",
                config.days,
            )
            return sentence % {"count": config.days}
        hours = config.hours or 0
        sentence = ngettext(
            "When nobody has said anything for %(count)d hour",
            "When nobody has said anything for %(count)d hours",
            hours,
        )
        return sentence % {"count": hours}

    def starts(
        self, config: SilentConfig, groups: Sequence[GroupFacts], audience: Audience, since: datetime, until: datetime
    ) -> Sequence[Start]:
        """Members once a day at their hour; groups at any time."""
        if audience is Audience.GROUP:
            return _groups(config.hours or 24 * (config.days or 1), groups, since, until)
        if config.days is None:
            return ()
        found: list[Start] = []
        for day, moments in days_between(groups, config.at, since, until).items():
            last = day - timedelta(days=config.days)
            here = [each for each in groups if each.id in moments]
            found += _members(here, moments, last, longer_too=config.longer_too)
        return found


def _groups(hours: int, groups: Sequence[GroupFacts], since: datetime, until: datetime) -> list[Start]:
    """Where the last hour with a word ended so long ago; where we know of none, nothing begins."""
    lasts = timedelta(hours=hours)
    spoke = chats.last_hours([each.id for each in groups], since - LOOK_BACK - lasts - 2 * HOUR)
    found = []
    for group_id, hour in spoke.items():
        moment = hour + HOUR + lasts
        if since - LOOK_BACK < moment <= until:
            found.append(Start(group_id, None, moment, int(hour.timestamp())))
    return found


def _members(
    groups: Sequence[GroupFacts], moments: Mapping[int, datetime], reached: date, *, longer_too: bool
) -> list[Start]:
    """Whose last word in the group, by whichever account, or whose coming, was on the day that is reached."""
    here = members.people_in([each.id for each in groups])
    zones = {each.id: each.zone for each in groups}
    identities = members.identities_of({each.member_id for each in here})
    words = chats.last_words({each.id: LONG_AGO if longer_too else reached for each in groups})
    by_day: dict[date | None, list[Present]] = defaultdict(list)
    for person in here:
        said = [words.get((person.group_id, key)) for key in identities.get(person.member_id, ())]
        last = max((day for day in said if day is not None), default=None)
        since = last or (person.at.astimezone(zones[person.group_id]).date() if person.at else None)
        if since == reached or (longer_too and (since is None or since < reached)):
            by_day[last].append(person)
    found: list[Start] = []
    for last, people in by_day.items():
        found += starts_of(people, moments, number_of(last) if last else 0)
    return found
