"""The moment of a step as a form asks for it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from qunce.chat.types import EVERY_DAY
from qunce.console.forms import DayInput, TimeInput, WeekdaysField
from qunce.console.playbooks import words
from qunce.playbooks.policies import holidays
from qunce.playbooks.types import Weekday, When

AT_ONCE, AFTER, DAY, WEEKLY, DATE, HOLIDAY = "at_once", "after", "day", "weekdays", "date", "holiday"
UNITS = {"minutes": 1, "hours": 60, "days": 1440}


class WhenPart(forms.Form):
    """The moment of a step. ``ways``: those that make sense as part of something else, where it may be left out."""

    way = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.Select(attrs={"data-way": ""}),
        choices=[
            (AT_ONCE, gettext_lazy("At once after the step before")),
            (AFTER, gettext_lazy("Some time after the step before")),
            (DAY, gettext_lazy("On a day of the run")),
            (WEEKLY, gettext_lazy("On the next of these weekdays")),
            (DATE, gettext_lazy("On a date")),
            (HOLIDAY, gettext_lazy("On a holiday or season")),
        ],
    )
    amount = forms.IntegerField(
        label=gettext_lazy("How long after"), min_value=0, max_value=5_270_400, required=False
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        required=False,
        choices=[
            ("minutes", gettext_lazy("minutes")),
            ("hours", gettext_lazy("hours")),
            ("days", gettext_lazy("days")),
        ],
    )
    day = forms.IntegerField(
        label=gettext_lazy("Day"),
        help_text=gettext_lazy("The day on which it begins is day 0."),
        min_value=0,
        max_value=3660,
        required=False,
    )
    weekdays = WeekdaysField(label=gettext_lazy("On these days"), required=False)
    date = forms.DateField(
        label=gettext_lazy("Date"),
        required=False,
        widget=DayInput(),
    )
    yearly = forms.BooleanField(label=gettext_lazy("Every year"), required=False)
    holiday = forms.ChoiceField(label=gettext_lazy("Holiday or season"), required=False)
    offset = forms.IntegerField(
        label=gettext_lazy("Days from it"),
        help_text=gettext_lazy("-1: the day before."),
        min_value=-60,
        max_value=60,
        required=False,
    )
    at = forms.TimeField(
        label=gettext_lazy("Time"),
        help_text=gettext_lazy("By the clock of the group. Empty: the hour at which it began."),
        required=False,
        widget=TimeInput(),
    )

    def __init__(self, *args: Any, ways: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ways:
            all_ways = [(str(key), name) for key, name in self.fields["way"].choices]  # type: ignore[attr-defined]
            known = dict(all_ways)
            chosen = [(AT_ONCE, "–"), *((way, known[way]) for way in ways)]
            self.fields["way"].choices = chosen  # type: ignore[attr-defined]
        named = [(key, holidays.called(key, words.language())) for key in holidays.NAMED]
        self.fields["holiday"].choices = named  # type: ignore[attr-defined]

    def moment(self) -> When:
        """The moment that was entered."""
        chosen = self.cleaned_data
        match chosen.get("way"):
            case "after":
                minutes = (chosen.get("amount") or 0) * UNITS[chosen.get("unit") or "hours"]
                return When(after=timedelta(minutes=minutes))
            case "day":
                return When(day=chosen.get("day") or 0, at=chosen.get("at"))
            case "weekdays":
                days = chosen.get("weekdays") or EVERY_DAY
                return When(weekdays=tuple(Weekday(day) for day in sorted(days)), at=chosen.get("at"))
            case "date" if chosen.get("date"):
                return When(date=chosen["date"], yearly=bool(chosen.get("yearly")), at=chosen.get("at"))
            case "holiday":
                return When(holiday=chosen["holiday"], offset=chosen.get("offset") or 0, at=chosen.get("at"))
            case _:
                return When()


def when_initial(when: When) -> dict[str, Any]:
    """A moment as its form shows it."""
    found: dict[str, Any] = {"way": AT_ONCE, "at": when.at, "unit": "hours"}
    if when.after is not None:
        minutes = int(when.after.total_seconds() // 60)
        unit = next(name for name in ("days", "hours", "minutes") if not minutes % UNITS[name])
        found |= {"way": AFTER if minutes else AT_ONCE, "amount": minutes // UNITS[unit], "unit": unit}
    elif when.day is not None:
        found |= {"way": DAY, "day": when.day}
    elif when.weekdays:
        found |= {"way": WEEKLY, "weekdays": [int(day) for day in when.weekdays]}
    elif when.date is not None:
        found |= {"way": DATE, "date": when.date, "yearly": when.yearly}
    elif when.holiday:
        found |= {"way": HOLIDAY, "holiday": when.holiday, "offset": when.offset}
    return found
