"""Whom a broadcast would reach, with which content, by which account; and why it would not reach some."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from qunce.chat import policies
from qunce.chat.connector import connectors
from qunce.chat.policies import Fit
from qunce.chat.types import (
    EVERYBODY,
    OURS,
    PLAIN,
    Capabilities,
    Content,
    Manner,
    Media,
    Mention,
    Part,
    Selection,
    Text,
)
from qunce.community import selectors as community
from qunce.community.types import HISTORY, GroupFacts, GroupFilter
from qunce.kernel import clock, files, variables
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.models import StoredFile

NO_SEAT = gettext_noop("None of our accounts is in this group any more.")
SWITCHED_OFF = gettext_noop("Its account is switched off.")
UNKNOWN_COUNT = gettext_noop("Its platform does not say how many members it has.")
NO_CONNECTOR = gettext_noop("Its connector is not installed.")
FITS: Mapping[Fit, str] = {
    Fit.NO_BUTTON: gettext_noop("Its platform has no buttons: the address stands in a line of its own."),
    Fit.NO_POLL: gettext_noop("Its platform has no polls: the answers stand as lines."),
    Fit.NO_MENTION: gettext_noop("Its platform cannot mention everybody: nobody is called."),
    Fit.PICTURE_AS_FILE: gettext_noop("Its platform shows no pictures: it comes as a file."),
    Fit.ONE_BY_ONE: gettext_noop("Its platform has no albums of these: the files come one after the other."),
    Fit.TOO_LONG: gettext_noop("The text is longer than its platform takes."),
    Fit.NO_FILES: gettext_noop("Its platform cannot send files."),
    Fit.TOO_LARGE: gettext_noop("The file is larger than its platform takes."),
}
TOKEN_LENGTH = 10


@dataclass(slots=True)
class Target:
    """One group of a selection: what it would be sent, by which account, or the obstacle (a message id).

    ``remarks``: what its platform cannot do and is done instead (message ids).
    """

    group_id: int
    group: str
    members: int | None
    community_id: int
    community: str
    zone: str
    languages: Sequence[str]
    platform: str
    adopted_at: datetime
    account_id: int | None = None
    obstacle: str = ""
    content: Content = field(default=Content(()))
    remarks: Sequence[str] = ()

    @property
    def text(self) -> str:
        """What it says, without its attachments."""
        return Content(tuple(part for part in self.content.parts if not isinstance(part, Media))).plain

    @property
    def attachments(self) -> list[Media]:
        """The files that go along."""
        return [part for part in self.content.parts if isinstance(part, Media)]

    @property
    def fits(self) -> list[str]:
        """What its platform cannot do of it, and why it cannot be reached, in the reader's language."""
        return [_(each) for each in (self.obstacle, *self.remarks) if each]


def selectable(actor: Actor, selection: Selection) -> QuerySet[Any]:
    """The adopted groups of a selection in the communities that the actor operates, by name; no mere histories."""
    text = "" if selection.group_ids else selection.text
    found = community.find_groups(actor, GroupFilter(text=text), Permission.OPERATE).exclude(platform=HISTORY)
    if selection.is_empty:
        return found.none()
    if selection.group_ids:
        return found.filter(pk__in=selection.group_ids)
    if selection.community_ids:
        found = found.filter(community__in=selection.community_ids)
    return found.filter(tags__overlap=list(selection.tags)) if selection.tags else found


def targets(
    actor: Actor, selection: Selection, text: str, *, manner: Manner = PLAIN, most: int | None = None
) -> list[Target]:
    """The selection's groups with what each gets, and why some cannot be reached; a few statements in all.

    ``most``: only the first ones. Raises Invalid where the text cannot be filled in.
    """
    cut = parse_text(text)
    fields = ("pk", "name", "member_count", "community_id", "community__name", "community__zone")
    rows = selectable(actor, selection).values_list(*fields, "community__languages", "platform", "adopted_at")
    found = [Target(*row) for row in rows[:most]]
    seats = seats_of([target.group_id for target in found])
    days: _Days = {}
    for target in found:
        target.account_id, target.obstacle = seats.get(target.group_id, (None, NO_SEAT))
        if "members" in cut.variables and target.members is None:
            target.obstacle = target.obstacle or UNKNOWN_COUNT
        day = _day(target.zone, (*target.languages, settings.LANGUAGE_CODE)[0], days)
        _fit(target, _content(cut.fill(_values(target, actor, day)), manner, day.everybody), counted=manner.counted)
    return found


def short_address(token: str) -> str:
    """The address behind which a counted link stands."""
    return f"{settings.BASE_URL}/l/{token}"


def counts_clicks() -> bool:
    """Whether clicks can be counted: only where people can reach the console's own address."""
    return bool(settings.BASE_URL)


def _content(text: str, manner: Manner, everybody: str) -> Content:
    parts: list[Part] = [Mention(EVERYBODY, everybody), Text(f" {text}")] if manner.everybody else [Text(text)]
    parts += [*manner.attachments, *([manner.button] if manner.button else [])]
    return Content(tuple(parts))


def _fit(target: Target, content: Content, *, counted: bool) -> None:
    target.content, target.remarks, obstacle = fit(target.platform, content, counted=counted)
    target.obstacle = target.obstacle or obstacle


def fit(platform: str, content: Content, *, counted: bool = False) -> tuple[Content, Sequence[str], str]:
    """What a platform gets of a content, remarks about it, and the obstacle if any (message ids).

    ``counted``: its addresses become short ones, which may be longer than the long ones.
    """
    if platform not in connectors:
        return content, (), NO_CONNECTOR
    can: Capabilities = connectors[platform].capabilities
    fitted, remarks, obstacle = policies.fitted(content, can)
    if counted and counts_clicks():
        linked = policies.relinked(content, lambda _url: short_address("x" * TOKEN_LENGTH))
        obstacle = policies.fitted(linked, can)[2]
    return fitted, [FITS[each] for each in sorted(remarks)], FITS[obstacle] if obstacle else ""


def parse_text(text: str) -> variables.FillableText:
    """The text cut at its variables. Raises Invalid, naming the variables that there are."""
    if not text.strip():
        raise Invalid(_("Write what is to be sent."), field="text")
    try:
        return variables.fillable(text, policies.VARIABLES)
    except variables.BadTextError as error:
        known = variables.known(policies.VARIABLES)
        if error.name:
            said = _("There is no variable {%(name)s}.") % {"name": error.name}
        else:
            said = _("A brace stands alone.")
        fix = _("Variables are %(known)s; for a brace itself write it twice.") % {"known": known}
        raise Invalid(said, fix=fix, field="text") from None


@dataclass(frozen=True, slots=True)
class _Day:
    """Today in a zone and language: the date, as it is written, and what everybody is called."""

    today: date
    date: str
    weekday: str
    everybody: str


_Days: TypeAlias = dict[tuple[str, str], _Day]


def _day(zone: str, language: str, days: _Days) -> _Day:
    if (zone, language) not in days:
        today = clock.today(zone)
        with translation.override(language):
            days[zone, language] = _Day(
                today,
                formats.date_format(today, "MONTH_DAY_FORMAT"),
                formats.date_format(today, "l"),
                pgettext("everybody in a group, mentioned", "all"),
            )
    return days[zone, language]


def _values(target: Target, actor: Actor, day: _Day) -> dict[str, str]:
    members = "" if target.members is None else str(target.members)
    opened = target.adopted_at.astimezone(ZoneInfo(target.zone)).date()
    return _said_of((target.group, members, target.community, actor.name), opened, day)


def _said_of(names: tuple[str, str, str, str], opened: date, day: _Day) -> dict[str, str]:
    group, members, community, staff = names
    return {
        "group": group,
        "members": members,
        "community": community,
        "days": str(max(0, (day.today - opened).days)),
        "staff": staff,
        "date": day.date,
        "weekday": day.weekday,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """What texts may say of a group (policies.VARIABLES), and what everybody is called there."""

    values: Mapping[str, str]
    everybody: str


def places(groups: Iterable[GroupFacts], staff: str) -> dict[int, Place]:
    """What texts may say of each group today, in its language; ``staff``: whose words they are. No guard."""
    days: _Days = {}
    found: dict[int, Place] = {}
    for each in groups:
        day = _day(each.zone.key, each.language, days)
        members = "" if each.member_count is None else str(each.member_count)
        opened = each.adopted_at.astimezone(each.zone).date() if each.adopted_at else day.today
        found[each.id] = Place(_said_of((each.name, members, each.community, staff), opened, day), day.everybody)
    return found


def seats_of(group_ids: Sequence[int]) -> dict[int, tuple[int | None, str]]:
    """Which account would send to each group (the reading one if it can), or why none can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (s.group_id) s.group_id, s.account_id, s.left_at IS NULL, a.enabled"
            " FROM chat_seat s JOIN chat_account a ON a.id = s.account_id WHERE s.group_id = ANY(%s)"
            " ORDER BY s.group_id, s.left_at IS NULL DESC, a.enabled DESC, s.reads DESC, s.account_id",
            [list(group_ids)],
        )
        rows = cursor.fetchall()
    return {
        group_id: (account_id, "" if present and enabled else SWITCHED_OFF if present else NO_SEAT)
        for group_id, account_id, present, enabled in rows
    }


# ------------------------------------------------------------------ what goes along, and where it is tried
TRIAL_TAGS = ("测试", "test")


def trial_groups(actor: Actor, most: int = 30) -> list[tuple[int, str]]:
    """Groups to try a broadcast in: tagged as such, or of a platform where nobody is really there."""
    simulated = [key for key in connectors if connectors[key].capabilities.simulated]
    found = community.find_groups(actor, GroupFilter(), Permission.OPERATE)
    found = found.filter(Q(tags__overlap=list(TRIAL_TAGS)) | Q(platform__in=simulated))
    return list(found.values_list("pk", "name")[:most])


def attachment(actor: Actor, sha256: str) -> Media:
    """A stored file as part of a message, for who may send one. Raises NotFound where it is not stored."""
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    stored = files.stored(sha256)
    kind = "image" if stored.content_type in files.PICTURES else "file"
    return Media(kind, f"{OURS}{stored.sha256}", stored.name, stored.content_type, stored.size)


def stored_file(actor: Actor, sha256: str) -> StoredFile:
    """A stored file for who sees any community: its address is the sum of its bytes, which nobody guesses."""
    if not actor.may_anywhere(Permission.VIEW):
        raise NotAllowed(permission=Permission.VIEW)
    return files.stored(sha256)
