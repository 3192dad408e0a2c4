"""What an operator enters of a rule, and what is wrong with it."""

from dataclasses import replace

from django.utils.translation import gettext as _

from qunce.community.policies import LONGEST_TAG, tidy_tag
from qunce.content.types import Attached
from qunce.desk import policies
from qunce.desk.models import KeywordRule
from qunce.desk.types import (
    LONGEST_ANSWER,
    LONGEST_COOLDOWN,
    LONGEST_KEYWORD,
    LONGEST_PATTERN,
    MOST_ANSWERS,
    MOST_FILES,
    MOST_KEYWORDS,
    VARIABLES,
    WEEK,
    BadPatternError,
    Fault,
    Hours,
    Match,
    RuleDraft,
)
from qunce.kernel import files
from qunce.kernel.errors import Invalid
from qunce.kernel.variables import BadTextError, FillableText, fillable, known


def draft_of(rule: KeywordRule) -> RuleDraft:
    """A stored rule as it would be entered."""
    opens, closes = rule.opens_at, rule.closes_at
    return RuleDraft(
        keywords=tuple(rule.keywords),
        answer=rule.answer,
        match=Match(rule.match),
        cooldown_seconds=rule.cooldown_seconds,
        community_id=rule.community_id,
        group_id=rule.group_id,
        tag=rule.tag,
        variants=tuple(rule.variants),
        files=tuple(Attached(**each) for each in rule.files),
        hours=Hours(tuple(rule.days), opens, closes) if opens and closes else None,
        away=rule.away,
        item_id=rule.item_id,
    )


def checked(draft: RuleDraft) -> RuleDraft:
    """The draft, tidied; raises Invalid with the field at fault."""
    if draft.group_id is not None and (draft.community_id is not None or draft.tag):
        raise Invalid(_("A rule counts in one group, or in those of a community or tag."), field="scope")
    if not 0 <= draft.cooldown_seconds <= LONGEST_COOLDOWN:
        raise Invalid(_("A cool-down lasts at most seven days."), field="cooldown")
    tag = tidy_tag(draft.tag)
    if len(tag) > LONGEST_TAG:
        raise Invalid(
            _("The tag “%(tag)s” is longer than %(most)d characters.") % {"tag": tag, "most": LONGEST_TAG},
            field="tag",
        )
    keywords = _keywords(draft)
    answer, away = _tidied(draft.answer), _tidied(draft.away) if draft.hours else ""
    variants = tuple(dict.fromkeys(filter(None, map(_tidied, draft.variants))))
    if answer or variants or not (draft.files or draft.item_id):
        answer, *rest = [answer, *variants] if answer else (variants or ("",))
        variants = tuple(rest)
        parse_answer(answer)
    for each in variants:
        parse_answer(each, field="variants")
    if len(variants) >= MOST_ANSWERS:
        raise Invalid(
            _("These are too many answers."),
            fix=_("A rule has at most %(most)d, said in turn.") % {"most": MOST_ANSWERS},
            field="variants",
        )
    if away:
        parse_answer(away, field="away")
    _check_files(draft.files)
    return replace(
        draft,
        keywords=keywords,
        answer=answer,
        variants=variants,
        away=away,
        hours=_hours(draft.hours),
        tag=tag,
    )


def _tidied(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def _hours(hours: Hours | None) -> Hours | None:
    if hours is None:
        return None
    days = tuple(sorted(set(hours.days) & set(WEEK)))
    if not days:
        raise Invalid(
            _("The hours have no day."), fix=_("Choose at least one day, or let it answer always."), field="days"
        )
    return Hours(days, hours.opens, hours.closes)


def _keywords(draft: RuleDraft) -> tuple[str, ...]:
    """The keywords without doubles and stray spaces, each on one line."""
    pattern = draft.match is Match.PATTERN
    longest = LONGEST_PATTERN if pattern else LONGEST_KEYWORD
    lines = [" ".join(each.replace("\0", "").splitlines()).strip() for each in draft.keywords]
    distinct = {each if pattern else policies.normalise(each): each for each in reversed(lines)}
    distinct.pop("", None)
    keywords = tuple(reversed(distinct.values()))
    if not keywords:
        raise Invalid(_("There is no keyword."), fix=_("Enter at least one word to listen for."), field="keywords")
    if len(keywords) > MOST_KEYWORDS or max(map(len, keywords)) > longest:
        raise Invalid(
            _("These are too many keywords, or one is too long."),
            fix=_("A rule has at most %(most)d keywords of %(longest)d characters; make a second rule.")
            % {"most": MOST_KEYWORDS, "longest": longest},
            field="keywords",
        )
    if pattern:
        for each in keywords:
            _check_pattern(each)
    return keywords


def _check_pattern(pattern: str) -> None:
    try:
        policies.check_pattern(pattern)
    except BadPatternError as error:
        said, fix = _faults()[error.fault]
        names = {"pattern": pattern, "at": error.at, "piece": error.piece}
        where = (
            _("In the pattern “%(pattern)s”, at character %(at)d: %(wrong)s")
            if error.at
            else _("In the pattern “%(pattern)s”: %(wrong)s")
        )
        raise Invalid(where % {**names, "wrong": said % names}, fix=fix, field="keywords") from error


def _faults() -> dict[Fault, tuple[str, str]]:
    """What is wrong with a pattern, and how to mend it."""
    literal = _("For the sign itself write a backslash before it.")
    return {
        Fault.OPEN: (_("this bracket is never closed."), literal),
        Fault.CLOSED: (_("this bracket was never opened."), literal),
        Fault.OPEN_SET: (_("this square bracket is never closed."), literal),
        Fault.NOTHING_TO_REPEAT: (_("“%(piece)s” has nothing before it to repeat."), literal),
        Fault.BAD_RANGE: (_("“%(piece)s” is no range."), _("Write the lower end first, for example [0-9].")),
        Fault.BAD_COUNT: (_("“%(piece)s” repeats too often."), _("At most 1000 times in all are allowed.")),
        Fault.TRAILING: (_("a backslash stands at the end."), _("Write two for the sign itself.")),
        Fault.UNKNOWN: (
            _("“%(piece)s” is not understood."),
            _("Patterns know no looking ahead or back and no references: their time must stay short."),
        ),
        Fault.LARGE: (_("it is too large."), _("Take out repetitions, or make several rules of it.")),
        Fault.EMPTY: (
            _("it is met by nothing at all, and so by every message."),
            _("Let at least one character be required."),
        ),
        Fault.BROAD: (_("nearly every message meets it."), _("Put the words into it that one asks with.")),
    }


def parse_answer(text: str, *, field: str = "answer") -> FillableText:
    """An answer, cut at its variables. Raises Invalid where it is none, too long, or names unknown variables."""
    if not text:
        raise Invalid(_("There is no answer."), fix=_("Enter what is said back."), field=field)
    if len(text) > LONGEST_ANSWER:
        raise Invalid(
            _("The answer has %(length)d characters.") % {"length": len(text)},
            fix=_("At most %(longest)d fit.") % {"longest": LONGEST_ANSWER},
            field=field,
        )
    try:
        return fillable(text, VARIABLES)
    except BadTextError as error:
        said = (
            _("There is no variable {%(name)s}.") % {"name": error.name} if error.name else _("A brace stands alone.")
        )
        fix = _("Variables are %(known)s; for a brace itself write it twice.") % {"known": known(VARIABLES)}
        raise Invalid(said, fix=fix, field=field) from error


def _check_files(attached: tuple[Attached, ...]) -> None:
    if len(attached) > MOST_FILES:
        raise Invalid(
            _("These are too many files."),
            fix=_("An answer has at most %(most)d.") % {"most": MOST_FILES},
            field="uploads",
        )
    if missing := next((each for each in attached if not files.is_stored(each.sha256)), None):
        raise Invalid(
            _("The file “%(name)s” is not here any more.") % {"name": missing.name},
            fix=_("Add it again."),
            field="uploads",
        )
