"""Reads of digests: those that were made, those that are made regularly, and how one is found and posted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from qunce.chat import selectors as chats
from qunce.chat.selectors import columns as chat
from qunce.chat.selectors.targets import NO_CONNECTOR
from qunce.chat.types import Content
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.insights.models import Digest as Digest  # noqa: PLC0414 (rows are passed along)
from qunce.insights.models import DigestPlan as DigestPlan  # noqa: PLC0414 (rows are passed along)
from qunce.insights.policies import digests as policy
from qunce.insights.selectors.dictionary import terms
from qunce.insights.selectors.digest_words import TITLES, Told, Voice
from qunce.insights.selectors.facts import facts, midnight
from qunce.insights.selectors.writing import number, period
from qunce.insights.types import DigestDocument, LineKind, Stretch
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import NotFound

SHORTEST_LINES = 1


# ------------------------------------------------------------------ rows
def digests(
    actor: Actor, *, community_id: int | None = None, group_id: int | None = None, over_groups: bool = False
) -> QuerySet[Digest]:
    """Digests of communities that the actor may see, the latest first; without what they say."""
    seen = actor.communities(Permission.VIEW)
    found = Digest.objects.all() if seen is None else Digest.objects.filter(community_id__in=seen)
    if community_id is not None:
        found = found.filter(community_id=community_id)
    if group_id is not None:
        found = found.filter(group_id=group_id)
    if over_groups:
        found = found.filter(group_id=None)
    return found.order_by("-last", "-first", "-id").defer("content")


def one_digest(actor: Actor, digest_id: int, permission: Permission = Permission.VIEW) -> Digest:
    """One of them with what it says. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = Digest.objects.filter(pk=digest_id).first()
    if found is None or not actor.may(Permission.VIEW, found.community_id):
        raise NotFound
    if found.group_id is not None:
        home = community.group(actor, found.group_id, permission).community_id
        if home != found.community_id:  # the group is another community's by now
            raise NotFound
    actor.require(permission, found.community_id)
    return found


def beside(actor: Actor, row: Digest) -> dict[int, int]:
    """The digests of single groups of the same days, by group."""
    same = digests(actor, community_id=row.community_id).filter(first=row.first, last=row.last)
    return {row.group_id: row.pk for row in same if row.group_id is not None}


def plans(actor: Actor) -> list[DigestPlan]:
    """Which digests are made regularly in communities that the actor may see."""
    seen = actor.communities(Permission.VIEW)
    found = DigestPlan.objects.all() if seen is None else DigestPlan.objects.filter(community_id__in=seen)
    return list(found.order_by("community_id", "rhythm"))


def one_plan(actor: Actor, plan_id: int) -> DigestPlan:
    """One of them, for those who lead its community."""
    found = DigestPlan.objects.filter(pk=plan_id).first()
    if found is None:
        raise NotFound
    community.community(actor, found.community_id, Permission.LEAD)
    return found


def groups_of(community_id: int, group_ids: Collection[int] = ()) -> list[int]:
    """The open groups of a community, or those of them that are named. No guard: for what runs."""
    found = community.find_groups(SYSTEM, GroupFilter(community_id=community_id)).values_list("pk", flat=True)
    return [pk for pk in found if not group_ids or pk in group_ids]


def names_of(actor: Actor, group_ids: Collection[int]) -> dict[int, str]:
    """What the groups are called that the actor may see."""
    rows = community.visible_groups(actor).filter(pk__among=list(group_ids)).values_list("pk", "name", "external_id")
    return {pk: name or external_id for pk, name, external_id in rows}


# ------------------------------------------------------------------ how one is found
def found_in(
    group_id: int, stretch: Stretch, *, since: datetime | None = None, until: datetime | None = None
) -> DigestDocument:
    """The digest of a group over whole days, or over the part of them between two moments. No guard."""
    read = facts(group_id, stretch, with_texts=True)
    home = community.group(SYSTEM, group_id).community_id
    begin = since or midnight(stretch.first, read.zone)
    end = until or midnight(stretch.last + timedelta(days=1), read.zone)
    found = policy.digest(read, since=begin.timestamp(), until=end.timestamp(), dictionary=terms(home))
    unread = list(chat.observation(group_id).unread)
    if (known := chat.known_since(group_id, read.zone)) and known > begin:
        unread.append((begin.timestamp(), known.timestamp()))
    missing = sum(max(0.0, min(last, end.timestamp()) - max(first, begin.timestamp())) for first, last in unread)
    return replace(found, coverage=replace(found.coverage, unread=missing))


# ------------------------------------------------------------------ pages
@dataclass(frozen=True, slots=True)
class Opened:
    """A digest ready to be shown: its lines by kind, those that are hidden apart."""

    document: DigestDocument
    kinds: Sequence[tuple[LineKind, str, Sequence[Told]]]
    hidden: Sequence[Told]
    groups: Mapping[int, str]


def opened(actor: Actor, row: Digest) -> Opened:
    """What a page of a digest shows, as it is by now, in the reader's language."""
    document = DigestDocument.from_json(row.content) if row.content else DigestDocument()
    names = names_of(actor, {group for line in document.lines for group in line.groups} | set(document.groups))
    seen = {row.group_id} if row.group_id else set(names)
    voice = Voice(document, groups=names)
    told = [
        each
        for place, line in enumerate(document.lines)
        if {key[0] for key in line.keys} <= seen and (each := voice.tell(place, line))
    ]
    kinds = [
        (kind, _(TITLES[kind]), [each for each in told if each.line.kind is kind and not each.line.hidden])
        for kind in LineKind
    ]
    return Opened(document, [each for each in kinds if each[2]], [e for e in told if e.line.hidden], names)


# ------------------------------------------------------------------ posts and exports
def post_of(document: DigestDocument, *, title: str, most: int, language: str, platform: str) -> str:
    """The few lines that go into a group: at most so many, and no more than its platform takes; empty: nothing."""
    with override(language):
        voice = Voice(document, for_group=True)
        for count in range(most, SHORTEST_LINES - 1, -1):
            text = _posted(voice, document, title, count)
            if chats.fit(platform, Content.of(text))[2] in {"", NO_CONNECTOR}:
                return text
        return ""


def _posted(voice: Voice, document: DigestDocument, title: str, most: int) -> str:
    places = {id(line): place for place, line in enumerate(document.lines)}
    told = (voice.tell(places[id(line)], line) for line in policy.shortened(document.lines, most))
    shown = [each for each in told if each]
    if not shown:
        return ""
    lines = [title, _sentence(document)]
    for kind in (LineKind.NOTICE, LineKind.THREAD, LineKind.QUESTION, LineKind.LINK, LineKind.THANKS):
        mine = [each for each in shown if each.line.kind is kind]
        if mine:
            lines += ["", _(TITLES[kind])]
            lines += [_as_posted(each) for each in mine]
    return "\n".join(lines)


def _as_posted(each: Told) -> str:
    indented = each.sentence.replace("\n", "\n  ")
    if each.title and each.line.kind is LineKind.THREAD:
        head = _("%(title)s (%(figures)s)") % {"title": each.title, "figures": each.figures}
        return f"· {head}\n  {indented}"
    return f"· {indented}"


def _sentence(document: DigestDocument) -> str:
    said = document.coverage
    return ngettext(
        "%(count)s message by %(people)s people; what mattered:",
        "%(count)s messages by %(people)s people; what mattered:",
        said.messages,
    ) % {"count": number(said.messages), "people": number(said.people)}


def title_of(name: str, first: Stretch) -> str:
    """What a digest is headed with, in the language in force."""
    return _("%(name)s, %(period)s") % {"name": name, "period": period(first.first, first.last)}


def as_text(shown: Opened, title: str, *, markdown: bool) -> str:
    """The whole digest to be kept elsewhere: with names, as its page shows it."""
    mark = _escaped if markdown else str
    lines = [f"# {mark(title)}" if markdown else title, ""]
    for kind, heading, told in shown.kinds:
        lines += [f"## {heading}" if markdown else heading, ""]
        for each in told:
            head = f"{each.title} ({each.figures})" if each.title and kind is LineKind.THREAD else ""
            lines += _entry(mark(head), [mark(part) for part in each.sentence.split("\n")], markdown=markdown)
        lines.append("")
    covered = shown.document.coverage
    lines += [coverage_said(covered.covered, covered.messages)]
    return "\n".join(lines).strip() + "\n"


def _entry(head: str, parts: Sequence[str], *, markdown: bool) -> list[str]:
    mark = "- " if markdown else "· "
    if not head:
        return [f"{mark}{parts[0]}", *(f"  {part}" for part in parts[1:])]
    return [f"{mark}**{head}**" if markdown else f"{mark}{head}", *(f"  {mark}{part}" for part in parts)]


def coverage_said(covered: int, messages: int) -> str:
    """How much of what was said is in the threads, as a sentence."""
    if not covered:
        return ngettext(
            "%(count)s message was said, and is in no thread.",
            "%(count)s messages were said; none of them is in a thread.",
            messages,
        ) % {"count": number(messages)}
    return ngettext(
        "%(covered)s of %(count)s message is in these threads.",
        "%(covered)s of %(count)s messages are in these threads.",
        messages,
    ) % {"covered": number(covered), "count": number(messages)}


_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in r"\`*_{}[]<>#|~"})


def _escaped(text: str) -> str:
    """Members' signs are no Markdown, so that nothing of theirs becomes a link, a picture or a heading."""
    return text.translate(_SIGNS)
