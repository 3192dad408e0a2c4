"""How briefs and feeds are spoken of."""

from collections.abc import Iterable, Mapping
from datetime import time

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from qunce.community.selectors import Community
from qunce.content import selectors
from qunce.content.selectors import Brief, BriefPlan
from qunce.content.types import BriefState, Fallback, FeedState
from qunce.kernel.words import listed, sentences

STATES: Mapping[str, tuple[str, str | Promise]] = {
    BriefState.OPEN: ("wait", gettext_lazy("Can be edited")),
    BriefState.APPROVED: ("busy", gettext_lazy("Approved, goes out at its hour")),
    BriefState.SENT: ("good", gettext_lazy("Went out")),
    BriefState.SKIPPED: ("off", gettext_lazy("Left out")),
}
FALLBACKS: Mapping[str, str | Promise] = {
    Fallback.BEST: gettext_lazy("The best entries go out by themselves"),
    Fallback.ENOUGH: gettext_lazy("They go out by themselves where there are enough of them"),
    Fallback.SKIP: gettext_lazy("Nothing goes out, and the team is told"),
}
OTHERWISE: Mapping[str, str | Promise] = {
    Fallback.BEST: gettext_lazy("Where nobody approves it by then, it goes out by itself."),
    Fallback.ENOUGH: gettext_lazy("Where nobody approves it by then, it goes out if there are enough entries."),
    Fallback.SKIP: gettext_lazy("Where nobody approves it by then, it does not go out, and the team is told."),
}
FEEDS: Mapping[str, tuple[str, str | Promise]] = {
    FeedState.READ: ("good", pgettext_lazy("state of a feed", "Is read")),
    FeedState.PAUSED: ("off", pgettext_lazy("state of a feed", "Paused")),
    FeedState.FAILED: ("bad", pgettext_lazy("state of a feed", "Not read any more")),
}
COUNTRIES: Mapping[str, str | Promise] = {
    "CN": gettext_lazy("China"),
    "HK": gettext_lazy("Hong Kong"),
    "TW": gettext_lazy("Taiwan"),
    "SG": gettext_lazy("Singapore"),
    "JP": gettext_lazy("Japan"),
    "US": gettext_lazy("United States"),
    "GB": gettext_lazy("United Kingdom"),
    "DE": gettext_lazy("Germany"),
}


def days(weekdays: Iterable[int]) -> str:
    """On which days, in words."""
    chosen = sorted(weekdays)
    if chosen == list(range(7)):
        return _("every day")
    if chosen == list(range(5)):
        return _("Monday to Friday")
    return listed(WEEKDAYS_ABBR[day] for day in chosen)


def rhythm(plan: BriefPlan) -> str:
    """When a plan's brief goes out."""
    return _("%(days)s at %(time)s") % {"days": days(plan.weekdays), "time": plan.at.strftime("%H:%M")}


def otherwise(brief: Brief, plan: BriefPlan) -> str:
    """What becomes of a brief that nobody approves; empty where somebody has."""
    if brief.state != BriefState.OPEN:
        return ""
    anew = _("Until somebody edits it, the entries that are best by then are taken.")
    return sentences(OTHERWISE[plan.fallback], "" if brief.edited_by_name else anew)


def nights(hours: Iterable[tuple[Community, time]]) -> dict[tuple[int, time], str]:
    """What is to be said of the hours that lie in quiet hours, by community and hour."""
    given = list(hours)
    names, found = {home.pk: home.name for home, _at in given}, selectors.nights(given)
    said = {}
    for (key, at), night in found.items():
        sentence = (
            _("%(community)s is quiet from %(begin)s to %(end)s: a brief of %(at)s is too late by then.")
            if night.never
            else _("%(community)s is quiet from %(begin)s to %(end)s: a brief of %(at)s goes out at %(end)s.")
        )
        hours_said = {"begin": f"{night.begin:%H:%M}", "end": f"{night.end:%H:%M}", "at": f"{at:%H:%M}"}
        said[key, at] = sentence % {"community": names[key], **hours_said}
    return said


def why(brief: Brief) -> str:
    """Why it did not go out, or went out by itself."""
    return _(brief.why) if brief.why else ""
