"""Moments and lengths of time as the reader's language says them: for pages, and for what kinds say of themselves."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from qunce.kernel.words import WEEKDAYS, listed
from qunce.playbooks.policies import holidays
from qunce.playbooks.types import When


def lasting(length: timedelta) -> str:
    """How long: in days, hours and minutes."""
    minutes = int(length.total_seconds() // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = (
        (days, ngettext("%(n)d day", "%(n)d days", days)),
        (hours, ngettext("%(n)d hour", "%(n)d hours", hours)),
        (minutes, ngettext("%(n)d minute", "%(n)d minutes", minutes)),
    )
    return " ".join(text % {"n": count} for count, text in parts if count)


def moment(when: When) -> str:
    """When a step comes, as one says it."""
    if when.after is not None:
        return _("%(length)s later") % {"length": lasting(when.after)} if when.after else _("at once")
    if when.day is not None:
        what = _("day %(day)d") % {"day": when.day}
    elif when.weekdays:
        every = len(set(when.weekdays)) == len(WEEKDAYS)
        what = _("every day") if every else listed(WEEKDAYS[day] for day in when.weekdays)
    elif when.date is not None:
        what = date_format(when.date, "MONTH_DAY_FORMAT" if when.yearly else "DATE_FORMAT")
    elif when.holiday:
        what = _offset(holidays.called(when.holiday, get_language() or "en"), when.offset)
    else:
        return _("at once")
    return _("%(day)s at %(time)s") % {"day": what, "time": when.at.strftime("%H:%M")} if when.at else what


def _offset(name: str, days: int) -> str:
    if days < 0:
        said = ngettext("%(n)d day before %(holiday)s", "%(n)d days before %(holiday)s", -days)
        return said % {"n": -days, "holiday": name}
    if days > 0:
        said = ngettext("%(n)d day after %(holiday)s", "%(n)d days after %(holiday)s", days)
        return said % {"n": days, "holiday": name}
    return name
