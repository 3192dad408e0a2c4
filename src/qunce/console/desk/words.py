"""How rules are spoken of: kinds of matching, places, and why one of them answers and another does not."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from qunce.content.types import Way, Wire
from qunce.desk.selectors import Meeting
from qunce.desk.types import VARIABLES, Fate, Hit, Judged, Match, Reach
from qunce.kernel.words import listed, sentences

KINDS: Mapping[Match, str | Promise] = {
    Match.CONTAINS: gettext_lazy("a keyword is in the message"),
    Match.ALL: gettext_lazy("all the words are in the message"),
    Match.EXACT: gettext_lazy("a keyword is the whole message"),
    Match.PATTERN: gettext_lazy("the message has a pattern"),
}
SHORT_KINDS: Mapping[str, str | Promise] = {
    Match.CONTAINS: pgettext_lazy("a kind of keyword", "contains"),
    Match.ALL: pgettext_lazy("a kind of keyword", "all words"),
    Match.EXACT: pgettext_lazy("a kind of keyword", "whole message"),
    Match.PATTERN: pgettext_lazy("a kind of keyword", "pattern"),
}


def insertable() -> list[tuple[str, str]]:
    """The variables as they are written in the reader's language, and what they mean."""
    meanings = {
        "name": _("who asks"),
        "group": _("the group's name"),
        "community": _("the community's name"),
        "date": _("the day on which it is said"),
        "weekday": _("the day of the week"),
        "members": _("how many people the group has"),
    }
    chinese = (get_language() or "").startswith("zh")
    return [(f"{{{alias if chinese else name}}}", meanings[name]) for name, alias in VARIABLES.items()]


# ---------------------------------------------------------------- why
@dataclass(frozen=True, slots=True)
class Line:
    """One rule in the explanation."""

    judged: Judged
    tone: str
    label: str
    why: str


def line(judged: Judged) -> Line:
    """What becomes of a rule that a message meets, and why."""
    tone, label, reason = {
        Fate.ANSWERS: ("good", _("Answers"), ""),
        Fate.AWAY: ("good", _("Answers"), _("It is outside the rule's hours: it says its other answer.")),
        Fate.COOLING: ("wait", _("Cooling down"), ""),
        Fate.CUT: ("off", _("Not met"), _("The keyword is only a part of a longer word.")),
        Fate.CLOSED: ("off", _("Not now"), _("It is outside the rule's hours.")),
        Fate.OFF: ("off", _("Switched off"), ""),
    }.get(judged.fate) or ("off", _("Loses"), because(judged.fate))
    return Line(judged, tone, label, sentences(_met(judged.hit), _reach(judged.hit.rule.scope.reach), reason))


def because(fate: Fate) -> str:
    """By what a rule loses to another."""
    return {
        Fate.FARTHER: _("A rule nearer to the group comes first."),
        Fate.LOOSER: _("A stricter kind comes first: the whole message, then all words, one keyword, a pattern."),
        Fate.SHORTER: _("A rule with a longer keyword comes first."),
        Fate.YOUNGER: _("An older rule comes first."),
    }.get(fate, "")


def _met(hit: Hit) -> str:
    keyword = {"keyword": hit.keyword}
    return {
        Match.EXACT: _("The message is “%(keyword)s”."),
        Match.ALL: _("All of “%(keyword)s” is in the message."),
        Match.CONTAINS: _("“%(keyword)s” is in the message."),
        Match.PATTERN: _("The message has the pattern “%(keyword)s”."),
    }[hit.rule.match] % keyword


def _reach(reach: Reach) -> str:
    return {
        Reach.GROUP: _("The rule is this group's."),
        Reach.TAG_HERE: _("The rule is for a tag of the community's groups."),
        Reach.TAG: _("The rule is for a tag of this group."),
        Reach.COMMUNITY: _("The rule is the community's."),
        Reach.EVERYWHERE: _("The rule counts everywhere."),
    }[reach]


def meeting(met: Meeting) -> str:
    """Which of two rules answers what both are met by, and why."""
    said = _("To “%(text)s” that rule answers.") if met.wins else _("To “%(text)s” this rule answers.")
    hours = _("Outside its hours the other one does.") if met.hours else ""
    return sentences(said % {"text": met.text}, because(met.fate), hours)


# ---------------------------------------------------------------- files
def way(found: Way, wires: list[Wire]) -> str:
    """How the files of an answer reach the groups of some platforms, where that is not as files."""
    titles = {"platforms": listed(wire.title for wire in wires)}
    if found is Way.LINKED:
        return _("On %(platforms)s files go as links, good for 30 days.") % titles
    return _("On %(platforms)s files cannot be sent: only the text is.") % titles
