"""Again and again by the calendar: on weekdays, a day of the month, a date of the year, a holiday."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.community.types import GroupFacts
from qunce.kernel.validation import BadFieldError
from qunce.members import selectors as members
from qunce.playbooks.policies import moments
from qunce.playbooks.selectors import wording
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import MOST_DAYS_BEHIND, TriggerConfig, number_of, starts_of
from qunce.playbooks.types import Audience, Start, When

MOST = 400


class CalendarConfig(TriggerConfig):
    """When it comes."""

    when: str = Field(
        default="",
        max_length=60,
        title=gettext_noop("When"),
        json_schema_extra={"asks": "moment", "ways": ["weekdays", "date", "holiday"]},
    )
    day_of_month: int | None = Field(
        default=None,
        ge=1,
        le=31,
        title=gettext_noop("Or a day of every month"),
        description=gettext_noop("In a shorter month its last day."),
    )
    at: time = Field(
        default=time(9), title=gettext_noop("At"), description=gettext_noop("Where the moment names no time.")
    )

    @model_validator(mode="after")
    def _comes_again(self) -> Self:
        if bool(self.when.strip()) == (self.day_of_month is not None):
            raise BadFieldError(gettext_noop("Say when it comes: a moment, or a day of the month."))
        if self.when.strip():
            said = self.moment
            if not (said.weekdays or said.date or said.holiday):
                raise BadFieldError(gettext_noop("Name weekdays, a date or a holiday: “mon,fri 09:00”."))
        return self

    @property
    def moment(self) -> When:
        """The moment that was written, at the hour that stands beside it where it names none."""
        said = moments.parse(self.when)
        return said.model_copy(update={"at": said.at or self.at})


class Calendar(Trigger):
    """Each group by the clock of its community; each time is an occurrence of its own."""

    title = gettext_noop("By the calendar")
    icon = "calendar-repeat"
    Config = CalendarConfig
    recurs = by_clock = True

    def sentence(self, config: CalendarConfig, language: str) -> str:
        """When it comes."""
        del language
        if config.day_of_month is not None:
            return _("On day %(day)d of every month at %(time)s") % {
                "day": config.day_of_month,
                "time": f"{config.at:%H:%M}",
            }
        return _("By the calendar: %(moment)s") % {"moment": wording.moment(config.moment)}

    def starts(
        self,
        config: CalendarConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """Every group, or everybody in it, at each moment."""
        begins = max(since, until - timedelta(days=MOST_DAYS_BEHIND))
        comes = {zone: list(moments_between(config, zone, begins, until)) for zone in {each.zone for each in groups}}
        found: list[Start] = []
        for group in groups if audience is Audience.GROUP else ():
            found += [
                Start(group.id, None, moment, number_of(moment.astimezone(group.zone).date()))
                for moment in comes[group.zone]
            ]
        if audience is Audience.MEMBER and any(comes.values()):
            people = members.people_in([each.id for each in groups if comes[each.zone]])
            zones = {each.id: each.zone for each in groups}
            for zone, moments_ in comes.items():
                here = [each for each in people if zones[each.group_id] == zone]
                for moment in moments_:
                    at = dict.fromkeys((each.group_id for each in here), moment)
                    found += starts_of(here, at, number_of(moment.astimezone(zone).date()))
        return found


def moments_between(config: CalendarConfig, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments after ``since``, up to and including ``until``, by the clock of a zone."""
    if config.day_of_month is not None:
        yield from _monthly(config.day_of_month, config.at, zone, since, until)
        return
    when = config.moment
    if when.date is not None and not when.yearly:
        once = moments.moment(when, since, datetime.min.replace(tzinfo=UTC) + timedelta(days=2), zone)
        if since < once <= until:
            yield once
        return
    previous = since
    for _each in range(MOST):
        moment = moments.moment(when, since, previous, zone)
        if not previous < moment <= until:
            return
        yield moment
        previous = moment


def _monthly(number: int, at: time, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    first = since.astimezone(zone).date().replace(day=1)
    while first <= until.astimezone(zone).date():
        following = (first + timedelta(days=32)).replace(day=1)
        last: date = following - timedelta(days=1)
        moment = datetime.combine(first.replace(day=min(number, last.day)), at, zone).astimezone(UTC)
        if since < moment <= until:
            yield moment
        first = following
