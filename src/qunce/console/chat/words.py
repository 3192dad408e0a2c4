"""How accounts and deliveries are, in words and colours."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from qunce.chat.types import (
    EVERY_DAY,
    AccountState,
    Capabilities,
    DeliveryState,
    ReadHistory,
    Reads,
    Recall,
    Replay,
    Rhythm,
    Signals,
)
from qunce.kernel.words import WEEKDAYS, listed, sentences

Word = tuple[str, str | Promise]
MINUTE, HOUR = 60, 3600

ACCOUNTS: dict[str, Word] = {
    AccountState.NEW: ("wait", gettext_lazy("Not checked yet")),
    AccountState.WORKING: ("good", gettext_lazy("At work")),
    AccountState.WAITING: ("wait", gettext_lazy("Waits for its platform")),
    AccountState.TROUBLE: ("bad", gettext_lazy("Needs you")),
    "unserved": ("wait", gettext_lazy("Not served")),
    "by_hand": ("good", gettext_lazy("Carried by hand")),
    "off": ("off", gettext_lazy("Switched off")),
}
NEXT_STEPS: dict[str, str | Promise] = {
    AccountState.NEW: gettext_lazy("Check it: once the platform knows it, it starts to work."),
    AccountState.WORKING: "",
    AccountState.WAITING: gettext_lazy(
        "Qunce tries again by itself. If it lasts, see whether the platform can be reached."
    ),
    AccountState.TROUBLE: gettext_lazy("Put its configuration right, then check it again."),
    "unserved": gettext_lazy("No gateway is running that could serve it: start “qunce run” or “qunce gateway”."),
    "by_hand": gettext_lazy("A person sends what is planned for it, from the list “By hand”."),
    "off": gettext_lazy("It neither reads nor sends. What is planned for it waits."),
}
DELIVERIES: dict[str, Word] = {
    DeliveryState.HELD: ("off", gettext_lazy("Held")),
    DeliveryState.PLANNED: ("wait", gettext_lazy("Planned")),
    DeliveryState.CLAIMED: ("busy", gettext_lazy("Being sent")),
    DeliveryState.SENT: ("good", gettext_lazy("Sent")),
    DeliveryState.FAILED: ("bad", gettext_lazy("Failed")),
    DeliveryState.UNKNOWN: ("odd", gettext_lazy("Unknown")),
    DeliveryState.RECALLED: ("off", gettext_lazy("Taken back")),
    DeliveryState.SKIPPED: ("off", gettext_lazy("Skipped")),
    "recalling": ("busy", gettext_lazy("Being taken back")),
    "refused": ("bad", gettext_lazy("Not taken back")),
}


def told(reason: str) -> str:
    """A stored reason in the reader's language: connectors and actions store message ids, platforms speak freely."""
    return "\n".join(_(line) for line in reason.splitlines() if line)


def rhythm(when: Rhythm | None) -> str:
    """When a planned broadcast goes out, as one says it."""
    if when is None:
        return _("now")
    at = {"time": when.at.strftime("%H:%M"), "zone": when.zone}
    first = date_format(when.first, "DATE_FORMAT")
    if not when.weekdays:
        return _("%(day)s at %(time)s (%(zone)s)") % {**at, "day": first}
    if when.weekdays == EVERY_DAY:
        said = _("every day at %(time)s (%(zone)s)") % at
    else:
        days = listed(WEEKDAYS[day] for day in when.weekdays)
        said = _("%(days)s at %(time)s (%(zone)s)") % {**at, "days": days}
    if when.until is None:
        return said
    last = date_format(when.until, "DATE_FORMAT")
    return _("%(rhythm)s, until %(day)s") % {"rhythm": said, "day": last}


def signals(against: Signals) -> str:
    """What spoke against going on, as sentences."""
    failed = ngettext("%(n)d message failed.", "%(n)d messages failed.", against.failed)
    left = ngettext("%(n)d person left.", "%(n)d people left.", against.left)
    complained = ngettext("%(n)d person complained.", "%(n)d people complained.", against.complaints)
    told = ((failed, against.failed), (left, against.left), (complained, against.complaints))
    return sentences(*(said % {"n": count} for said, count in told if count))


def abilities(can: Capabilities) -> list[tuple[bool, str]]:
    """What a platform can do through its connector: sentences, and whether each is good news."""
    if can.by_hand:
        return [
            (True, _("Works where no program can: a person sends what is planned, one tap each")),
            (True, _("Broadcasts, notices and recalls are in the same ledger as everywhere")),
            (False, _("Reads nothing: keywords are not answered there, and nothing is counted")),
            (True, _("Messages of up to %(count)d characters") % {"count": can.longest_text}),
        ]
    reads = {
        Reads.ALL: (True, _("Reads everything that is said in its groups")),
        Reads.MENTIONS: (False, _("Reads only what mentions it")),
        Reads.NONE: (False, _("Sends only, reads nothing")),
        Reads.ENCRYPTED: (False, _("Cannot read: everything is encrypted")),
    }
    replay = {
        Replay.CURSOR: (True, _("Misses nothing while it is away")),
        Replay.ACK: (True, _("Misses nothing while it is away")),
        Replay.HISTORY: (True, _("Reads up what was said while it was away")),
        Replay.NONE: (False, _("Misses what is said while it is away; such gaps are shown")),
    }
    recall = (can.can(Recall), _("Takes messages back") if can.can(Recall) else _("Cannot take messages back"))
    if can.can(Recall) and can.recall_hours is not None:
        recall = (True, _recalls_within(can.recall_hours))
    past = (
        can.can(ReadHistory),
        _("Reads what was said before it came")
        if can.can(ReadHistory)
        else _("Cannot read what was said before it came"),
    )
    sends = (bool(can.media), _("Sends pictures and files") if can.media else _("Cannot send pictures or files"))
    length = _("Messages of up to %(count)d characters") % {"count": can.longest_text}
    return [reads[can.reads], replay[can.replay], past, recall, sends, (True, length)]


def _recalls_within(hours: float) -> str:
    if hours < 1:
        n = round(hours * 60)
        within = ngettext("Takes messages back within %(n)d minute", "Takes messages back within %(n)d minutes", n)
    else:
        n = int(hours)
        within = ngettext("Takes messages back within %(n)d hour", "Takes messages back within %(n)d hours", n)
    return within % {"n": n}


def lasting(seconds: float) -> str:
    """How long something takes, as one says it."""
    if seconds < MINUTE:
        return _("less than a minute")
    if seconds < 2 * HOUR:
        minutes = round(seconds / MINUTE)
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    hours = round(seconds / HOUR)
    return ngettext("about %(n)d hour", "about %(n)d hours", hours) % {"n": hours}
