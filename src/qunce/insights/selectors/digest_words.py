"""How the lines of a digest are said: for pages with names, for groups with those in peace unnamed. One language.

What is quoted is read when it is said: edited messages as they are now, and never one that was taken back. A line
that a model or a person has put into words is quoted instead where one of its messages was changed or taken back.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Line
from qunce.insights.policies.digests.beside import urls
from qunce.insights.selectors.writing import number
from qunce.insights.types import DigestDocument, DigestLine, LeftOut, LineKind, MessageKey, Writer
from qunce.kernel.words import listed
from qunce.members import selectors as members

LONGEST_QUOTE = 160
_MOST_NAMES = 5
TITLES: Mapping[LineKind, str] = {
    LineKind.NOTICE: gettext_noop("Announced and decided"),
    LineKind.THREAD: gettext_noop("What was talked about"),
    LineKind.QUESTION: gettext_noop("Nobody has answered yet"),
    LineKind.LINK: gettext_noop("Links"),
    LineKind.THANKS: gettext_noop("Thanks"),
    LineKind.NEWCOMER: gettext_noop("New here"),
}
LEFT_OUT: Mapping[LeftOut, str] = {
    LeftOut.MACHINE: gettext_noop("Sent by bots and our accounts"),
    LeftOut.WORDLESS: gettext_noop("Without words: pictures, stickers, or taken back"),
    LeftOut.ADVERT: gettext_noop("Advertising"),
    LeftOut.REPEATED: gettext_noop("Said again word for word"),
    LeftOut.GREETING: gettext_noop("Greetings"),
    LeftOut.PASSING: gettext_noop("Said in passing; nobody took it up"),
    LeftOut.SMALL: gettext_noop("Conversations beyond the length of a digest"),
}
_SPOKEN_BEFORE = re.compile(r"^(?:[「『][^」』\n]{1,200}[」』]\s*-*\s*|(?:>[^\n]*\n)+)")


@dataclass(frozen=True, slots=True)
class Quoted:
    """One message of a line as it is said. ``line``: to open it by."""

    name: str
    text: str
    line: Line


@dataclass(frozen=True, slots=True)
class Told:
    """One line ready to be shown. ``place``: in the document. ``sentence``: the whole of it in words.

    ``quotes``: what it shows; ``more``: further messages that it rests on. ``where``: names of groups. ``by``: who
    put it into words, if anybody did.
    """

    place: int
    line: DigestLine
    title: str
    figures: str
    sentence: str
    quotes: Sequence[Quoted] = ()
    more: Sequence[Quoted] = ()
    where: Sequence[str] = ()
    by: str = ""


class Voice:
    """Says lines of a document: reads all that they rest on at once."""

    def __init__(
        self,
        document: DigestDocument,
        *,
        for_group: bool = False,
        groups: Mapping[int, str] | None = None,
    ) -> None:
        keys = {key for line in document.lines for key in line.keys}
        found = messages.by_keys(keys)
        self._lines: dict[MessageKey, Line] = {
            (each.message.group_id, each.message.sent_at, each.message.id): each
            for each in messages.lines([row for row in found.values() if row.deleted_at is None])
        }
        self._groups, self._for_group = groups or {}, for_group
        who = [each.who for each in self._lines.values()]
        in_peace = members.muted({each.member_id for each in who}) if for_group else set()
        self._unnamed = {each.member_id for each in who if each.member_id in in_peace}
        names = sorted({each.name for each in who if each.member_id in in_peace and len(each.name) > 1}, key=len)
        self._hides = re.compile("|".join(map(re.escape, reversed(names)))) if names else None

    def tell(self, place: int, line: DigestLine) -> Told | None:
        """One line in words; None where nothing is left of what it rests on."""
        quoted = [self._quote(key) for key in line.keys[: line.quoted]]
        rest = [self._quote(key) for key in line.keys[line.quoted :]]
        shown, more = [each for each in quoted if each], [each for each in rest if each]
        if not shown or (line.kind is not LineKind.THREAD and quoted[0] is None):
            return None
        title, figures = " · ".join(line.words), self._figures(line)
        said = line.said if line.said and self._still_so(line) else ""
        sentence = self._without_names(said) if said else _SAYING[line.kind](self, line, shown, more)
        where = [self._groups[group] for group in line.groups if group in self._groups]
        return Told(place, line, title, figures, sentence, shown, more, where, by_writer(line) if said else "")

    # ---------------------------------------------------------------- messages
    def _quote(self, key: MessageKey) -> Quoted | None:
        line = self._lines.get(key)
        if line is None:
            return None
        text = excerpt(line.message.text)
        if self._for_group:
            text = self._without_names(text).replace("@", "＠")  # quoting somebody's call calls nobody again
        return Quoted(self._name(line), text, line)

    def _name(self, line: Line) -> str:
        return _("a member") if line.who.member_id in self._unnamed else line.who.name

    def _without_names(self, text: str) -> str:
        return self._hides.sub(_("a member"), text) if self._hides else text

    def _still_so(self, line: DigestLine) -> bool:
        """Whether all that a line in somebody's words rests on is still said so."""
        rows = [self._lines.get(key) for key in line.keys[: line.quoted]]
        return all(
            row and not (row.message.edited_at and row.message.edited_at.timestamp() > line.said_at) for row in rows
        )

    # ---------------------------------------------------------------- kinds
    def _figures(self, line: DigestLine) -> str:
        if line.kind is not LineKind.THREAD:
            return ""
        said = ngettext("%(count)s message", "%(count)s messages", line.messages) % {"count": number(line.messages)}
        people = ngettext("%(count)s person", "%(count)s people", line.people) % {"count": number(line.people)}
        return listed([said, people])

    def _thread(self, line: DigestLine, shown: Sequence[Quoted], more: Sequence[Quoted]) -> str:
        del line, more
        return "\n".join(_said(each) for each in shown)

    def _plain(self, line: DigestLine, shown: Sequence[Quoted], more: Sequence[Quoted]) -> str:
        del line, more
        return _said(shown[0])

    def _link(self, line: DigestLine, shown: Sequence[Quoted], more: Sequence[Quoted]) -> str:
        del more
        text = shown[0].line.message.text
        for url in urls(text):
            text = text.replace(url, " ")
        about = excerpt(text, 80)
        about = self._without_names(about).replace("@", "＠") if self._for_group else about
        values = {"name": shown[0].name, "text": about, "url": line.url}
        return (_("%(name)s: %(text)s %(url)s") if about else _("%(name)s: %(url)s")) % values

    def _thanks(self, line: DigestLine, shown: Sequence[Quoted], more: Sequence[Quoted]) -> str:
        del line
        values = {"name": shown[0].name, "people": _names(more), "text": shown[0].text}
        if not more:
            return _("%(name)s was thanked for: “%(text)s”") % values
        return _("%(people)s thanked %(name)s for: “%(text)s”") % values

    def _newcomer(self, line: DigestLine, shown: Sequence[Quoted], more: Sequence[Quoted]) -> str:
        del line
        values = {"name": shown[0].name, "people": _names(more), "text": shown[0].text}
        if not more:
            return _("%(name)s, to whom nobody has turned yet: “%(text)s”") % values
        return _("%(name)s, to whom %(people)s turned: “%(text)s”") % values


_SAYING = {
    LineKind.NOTICE: Voice._plain,  # noqa: SLF001 (its own)
    LineKind.THREAD: Voice._thread,  # noqa: SLF001
    LineKind.QUESTION: Voice._plain,  # noqa: SLF001
    LineKind.LINK: Voice._link,  # noqa: SLF001
    LineKind.THANKS: Voice._thanks,  # noqa: SLF001
    LineKind.NEWCOMER: Voice._newcomer,  # noqa: SLF001
}


def _said(each: Quoted) -> str:
    return _("%(name)s: “%(text)s”") % {"name": each.name, "text": each.text}


def _names(found: Sequence[Quoted]) -> str:
    return listed(list(dict.fromkeys(each.name for each in found))[:_MOST_NAMES])


def excerpt(text: str, longest: int = LONGEST_QUOTE) -> str:
    """A message on one line, without what it quotes itself, as far as it can be read at a glance."""
    own = _SPOKEN_BEFORE.sub("", text) or text
    said = " ".join(own.split())
    return said if len(said) <= longest else f"{said[: longest - 1].rstrip()}…"


def told(voice: Voice, document: DigestDocument, kinds: Collection[LineKind] = tuple(LineKind)) -> list[Told]:
    """The lines of some kinds that are not hidden, in words."""
    found = (
        voice.tell(place, line) for place, line in enumerate(document.lines) if line.kind in kinds and not line.hidden
    )
    return [each for each in found if each]


def by_writer(line: DigestLine) -> str:
    """Who put a line into words, as pages say it."""
    return {Writer.MODEL: _("written by a model"), Writer.PERSON: _("edited")}.get(line.writer, "")
