"""Reads of histories as files, before anything is taken over: which format, which chats, what is in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.community.types import HISTORY
from qunce.insights.importer import Importer, Source, Unreadable, importers, recognised
from qunce.insights.models import Import
from qunce.insights.policies.histories import Census, Taking
from qunce.insights.types import Chat, Entry, ImportState, Look, Options, Reading, Skipped
from qunce.kernel import words
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Invalid, NotFound

BLOCK = 2**20


def formats() -> list[tuple[str, str]]:
    """The formats that can be read, by key and title in the reader's language, those for any table last."""
    found = sorted(importers.items(), key=lambda each: (each[1].generic, each[1].title))
    return [(key, _(kind.title)) for key, kind in found]


def importer(key: str) -> Importer:
    """The importer of a format. Raises Invalid where there is none."""
    kind = importers.get(key)
    if kind is None:
        known = words.listed([each for each, _title in formats()])
        said = _("There is no format “%(format)s”.") % {"format": key}
        raise Invalid(said, fix=_("Formats are %(known)s.") % {"known": known}, field="format")
    return kind()


def recognise(*, source: Source) -> str:
    """The key of the format that this is. Raises Invalid, naming the formats that there are."""
    found = recognised(source)
    if not found:
        known = words.listed([title for _key, title in formats()])
        raise Invalid(
            _("“%(name)s” is in no format that Qunce reads.") % {"name": source.path.name},
            fix=_("It reads %(known)s.") % {"known": known},
            field="file",
        )
    return found[0]


def chats(*, source: Source, importer_key: str, options: Options) -> Sequence[Chat]:
    """The chats in it. Raises Invalid where it cannot be read."""
    try:
        return importer(importer_key).chats(source, reading_of(options))
    except ValueError as error:
        raise refused(error) from error


def refused(error: ValueError) -> Invalid:
    """What an importer says of a file that it cannot read, in the reader's language."""
    if not isinstance(error, Unreadable):
        return Invalid(str(error), field="file")
    return Invalid(filled(error.sentence, error.values), fix=filled(error.fix, error.values), field="file")


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """An importer's sentence in the reader's language."""
    return _(sentence) % values if sentence else ""


def look(
    *, source: Source, importer_key: str, chat: str, options: Options, n: int = 20, most: int | None = None
) -> Look:
    """What is in a chat: the first ``n`` entries as they would be taken over, and what is proposed.

    ``most``: how many entries are read at most, where the whole would take too long. Raises Invalid where it cannot
    be read.
    """
    kind = importer(importer_key)
    census, first, seen = Census(kind.by_name), list[Entry](), 0
    try:
        for entry in kind.read(source, chat, reading_of(options)):
            if seen == most:
                break
            seen += 1
            census.see(entry)
            if len(first) < n and not isinstance(entry, Skipped):
                first.append(entry)
        else:
            most = None
    except ValueError as error:
        raise refused(error) from error
    taking = Taking("", options, None if kind.by_name else census.names)
    return Look(
        entries=[taking.take(entry) for entry in first],
        messages=census.messages,
        skipped=dict(census.skipped),
        people=census.people,
        bots=census.bots,
        first=census.first,
        last=census.last,
        aliases=census.aliases(options.relays),
        relays=census.relays(),
        local_time=kind.local_time,
        zone=options.zone or "UTC",
        complete=most is None,
    )


def reading_of(options: Options) -> Reading:
    """How the file is read. Raises Invalid where there is no such zone."""
    try:
        zone = ZoneInfo(options.zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise Invalid(
            _("There is no time zone “%(zone)s”.") % {"zone": options.zone},
            fix=_("Name it by a place, such as Asia/Shanghai."),
            field="zone",
        ) from None
    return Reading(zone, options.columns, options.day)


def fingerprint(source: Source) -> tuple[str, int]:
    """What a file or folder is known by, and how large it is."""
    digest, size = sha256(), 0
    single = source.path.is_file()
    if single:
        with source.path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
        return digest.hexdigest(), source.path.stat().st_size
    for name in source.names:
        digest.update(f"{name}\0{source.size(name)}\0".encode("utf-8", "surrogatepass"))
        with source.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
        size += source.size(name)
    return digest.hexdigest(), size


# ------------------------------------------------------------------ where it goes
@dataclass(frozen=True, slots=True)
class Place:
    """Who the people of a history are in a group: accounts of which platform, and what stands before their ids."""

    platform: str
    prefix: str


def place(kind: Importer, chat: str, group: Group) -> Place:
    """On the platform that was spoken on, people and messages are those that are heard live; else they are its own.

    Where a format has names alone, nobody is the same as somebody of that name in another chat.
    """
    if group.platform == kind.platform and not kind.by_name:
        return Place(group.platform, "")
    return Place(HISTORY, f"{kind.platform}:{chat}:" if kind.by_name else f"{kind.platform}:")


def external_id(kind: Importer, chat: str) -> str:
    """What the group of a history is known by."""
    key = f"{kind.platform}:{chat}"
    return key if len(key) <= _LONGEST else f"{key[: _LONGEST - 17]}~{sha256(key.encode()).hexdigest()[:16]}"


_LONGEST = 255


def zone_of(group_id: int) -> str:
    """The zone in which the group's earlier history was read, else that of its community. No guard."""
    earlier = Import.objects.filter(group_id=group_id).exclude(state=ImportState.UNDONE).order_by("-id").first()
    if earlier:
        return str(earlier.options["zone"])
    zones = community.zones(SYSTEM, [group_id])
    if group_id not in zones:
        raise NotFound
    return zones[group_id]
