"""What a report says: of one group or of several together, over a stretch of days, in one language."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override

from qunce.chat.selectors import columns as said
from qunce.community import selectors as community
from qunce.insights.metric import metrics
from qunce.insights.policies import counting
from qunce.insights.selectors import diagnosis as health
from qunce.insights.selectors import report_sections as parts
from qunce.insights.selectors.evidence import opened
from qunce.insights.selectors.facts import LEAD_DAYS, facts, midnight, stretch_of
from qunce.insights.selectors.health import say, signals_in_use
from qunce.insights.selectors.report_sections import Read
from qunce.insights.selectors.writing import STAGES, measured, number, percent, period, tone_of
from qunce.insights.types import (
    Advice,
    Claim,
    Diagnosis,
    Facts,
    Finding,
    Headline,
    Quote,
    Report,
    Section,
    Skip,
    Stage,
    Stretch,
    Table,
    Tone,
)
from qunce.kernel import charts, clock
from qunce.kernel.actor import Actor
from qunce.kernel.charts import Chart
from qunce.kernel.words import sentences

MOST_CLAIMS = 6
FEW = 20
"""Of fewer messages hardly more can be said than that they were."""
OVER = {Stage.DORMANT, Stage.FINISHED}
NUMBERS = ("stickiness", "retention", "unanswered_share", "response", "newcomers_speak_7d", "absence_factor")
"""Metrics of a single group that stand at the top of its report, by key, beside messages and people."""
_COLOURS = {Tone.GOOD: "jade", Tone.WATCH: "amber", Tone.BAD: "rose", Tone.PLAIN: "ink-soft"}


def report_of(
    actor: Actor,
    group_ids: Collection[int],
    *,
    name: str = "",
    stretch: Stretch | None = None,
    language: str,
    notes: Sequence[str] = (),
) -> Report | None:
    """The report of groups that the actor may see; None where nothing was ever said in them.

    ``stretch``: by default from the first to the last day of which anything is known. ``name``: what they are called
    together. ``notes``: what else there is to say about limits, in the language of the report.
    """
    with override(language):
        groups = {group_id: community.group(actor, group_id) for group_id in sorted(group_ids)}
        whole = stretch or _whole(groups)
        if whole is None:
            return None
        reads = [read for group_id, group in groups.items() if (read := _read(group_id, group.name, whole))]
        found = {
            read.facts.group_id: health.diagnosis(actor, read.facts.group_id, until=_until(read)) for read in reads
        }
        reads = [replace(read, turns=[turn.day for turn in found[read.facts.group_id].turns]) for read in reads]
        if not any(read.facts.said.any() for read in reads):
            return _silent(name or _name(reads, groups), whole, language) if stretch else None
        several = len(reads) > 1
        reads.sort(key=lambda read: -int(read.facts.said.sum()))
        told = [read for read in reads if not several or found[read.facts.group_id].stage not in OVER]
        claims = [each for read in told for each in _claims(actor, read, found[read.facts.group_id], several=several)]
        return Report(
            title=_title(reads, found),
            name=name or _name(reads, groups),
            period=period(whole.first, whole.last),
            made=date_format(localtime(clock.now(), reads[0].facts.zone), "DATETIME_FORMAT"),
            language=language,
            headlines=_headlines(reads),
            claims=_strongest(claims),
            sections=list(_sections(reads, found)),
            limits=[*notes, *_limits(reads, found)],
            dial=_dial(reads, found),
        )


_ORDER = (Tone.BAD, Tone.WATCH, Tone.GOOD, Tone.PLAIN)


def _strongest(claims: Sequence[Claim]) -> list[Claim]:
    """The worst first, of the groups where most is said; the same advice is given once."""
    kept: list[Claim] = []
    given: set[str] = set()
    for claim in sorted(claims, key=lambda claim: _ORDER.index(claim.tone))[:MOST_CLAIMS]:
        title = claim.advice.title if claim.advice else ""
        kept.append(replace(claim, advice=None) if title in given else claim)
        given.add(title)
    return kept


# ------------------------------------------------------------------ reading
def _whole(groups: Collection[int]) -> Stretch | None:
    known = [stretch for group_id in groups if (stretch := stretch_of(group_id))]
    if not known:
        return None
    first, last = min(each.first for each in known), max(each.last for each in known)
    return Stretch(first, (last - first).days + 1)


def _read(group_id: int, name: str, stretch: Stretch) -> Read | None:
    known = stretch_of(group_id)
    if known is None or known.first > stretch.last or known.last < stretch.first:
        return None
    found = facts(group_id, stretch)
    begin = midnight(stretch.first - timedelta(days=LEAD_DAYS), found.zone)
    texts = said.columns(group_id, begin, midnight(stretch.last + timedelta(days=1), found.zone)).texts
    earlier = Stretch(stretch.first - timedelta(days=stretch.count), stretch.count)
    before = facts(group_id, earlier, lead_days=0) if known.first <= earlier.first else None
    return Read(name, found, texts, before)


def _until(read: Read) -> date:
    return min(read.facts.stretch.last, health.last_day(read.facts.group_id))


def _name(reads: Sequence[Read], groups: Collection[int]) -> str:
    if len(reads) == 1:
        return reads[0].name
    return ngettext("%(count)d group", "%(count)d groups", len(groups)) % {"count": len(groups)}


def _silent(name: str, stretch: Stretch, language: str) -> Report:
    """Nothing was said: that is all there is to say."""
    return Report(
        title=_("Nothing was said"),
        name=name,
        period=period(stretch.first, stretch.last),
        made=date_format(clock.now(), "DATETIME_FORMAT"),
        language=language,
        headlines=[Headline(_("Messages"), "0"), Headline(_("People who spoke"), "0")],
        claims=[],
        sections=[],
        limits=[],
    )


# ------------------------------------------------------------------ at the top
def _title(reads: Sequence[Read], found: dict[int, Diagnosis]) -> str:
    if len(reads) > 1:
        living = [each for each in found.values() if each.stage not in OVER]
        scores = [each.judgement.score for each in living if each.judgement.score is not None]
        bad = sum(tone_of(score) is Tone.BAD for score in scores)
        if bad:
            said_so = ngettext(
                "%(some)d of %(count)d groups needs attention", "%(some)d of %(count)d groups need attention", bad
            )
            return said_so % {"some": bad, "count": len(reads)}
        if silent := sum(each.stage is Stage.DORMANT for each in found.values()):
            said_so = ngettext(
                "%(some)d of %(count)d groups has fallen silent",
                "%(some)d of %(count)d groups have fallen silent",
                silent,
            )
            return said_so % {"some": silent, "count": len(reads)}
        return _("No group is in trouble") if scores else _("What was said, and by whom")
    one = found[reads[0].facts.group_id]
    if one.judgement.score is None:
        return _STAGED.get(str(one.stage or ""), _("What was said, and by whom"))
    stage = _STAGED.get(str(one.stage or ""))
    score = _("Health %(score)d of 100") % {"score": round(one.judgement.score)}
    return (
        _("%(stage)s: health %(score)d of 100") % {"stage": _(stage), "score": round(one.judgement.score)}
        if stage
        else score
    )


_STAGED = {
    "forming": gettext_noop("The group is forming"),
    "growing": gettext_noop("The group is growing"),
    "mature": gettext_noop("The group is steady"),
    "declining": gettext_noop("The group is getting quieter"),
    "dormant": gettext_noop("The group has fallen silent"),
    "revived": gettext_noop("The group has come back to life"),
    "finished": gettext_noop("The group has finished on purpose"),
}


def _dial(reads: Sequence[Read], found: dict[int, Diagnosis]) -> Chart | None:
    if len(reads) > 1:
        return None
    one = found[reads[0].facts.group_id]
    if one.judgement.score is None:
        return None
    word = _(STAGES[one.stage]) if one.stage else ""
    colour = _COLOURS[tone_of(one.judgement.score)]
    return charts.dial(_("Health"), what=_("Health"), value=one.judgement.score, word=word, tone=colour)


def _headlines(reads: Sequence[Read]) -> list[Headline]:
    now, before = [read.facts for read in reads], [read.before for read in reads if read.before is not None]
    whole = len(before) == len(now)
    made = [
        Headline(_("Messages"), number(_messages(now)), _change(_messages(now), _messages(before)) if whole else ""),
        Headline(
            _("People who spoke"), number(_people(now)), _change(_people(now), _people(before)) if whole else ""
        ),
    ]
    if whole or _new(now) != _people(now):  # from the first day on everybody is new, which says nothing
        change = _change(_new(now), _new(before)) if whole else ""
        made.append(Headline(_("Spoke for the first time"), number(_new(now)), change))
    for key in NUMBERS if len(reads) == 1 and _messages(now) >= FEW else ():
        kind = metrics[key]
        value = kind().over(now[0])
        if value is not None:
            definition = _(kind.definition)
            made.append(Headline(_(kind.title), measured(value, kind.unit), definition=definition))
    return made


def _messages(found: Sequence[Facts]) -> int:
    return sum(int(each.said.sum()) for each in found)


def _people(found: Sequence[Facts]) -> int:
    return len({each.people[person] for each in found for person in np.unique(each.person[each.said]).tolist()})


def _new(found: Sequence[Facts]) -> int:
    """Who spoke for the first time in any of the groups, and had not spoken in another one before."""
    new = {each.people[person] for each in found for person in counting.new_speakers(each)[0].tolist()}
    known = {
        each.people[person]
        for each in found
        for person in np.flatnonzero(each.first_at < midnight(each.stretch.first, each.zone).timestamp()).tolist()
    }
    return len(new - known)


def _change(now: int, before: int) -> str:
    """How a number compares with the same length of time before."""
    if not before:
        return ""
    part = (now - before) / before
    if abs(part) < 0.005:  # noqa: PLR2004 (less than half a per cent is nothing)
        return _("as before")
    more = _("%(percent)s more than before") if part > 0 else _("%(percent)s less than before")
    return more % {"percent": percent(abs(part))}


# ------------------------------------------------------------------ findings
def _claims(actor: Actor, read: Read, found: Diagnosis, *, several: bool) -> Iterator[Claim]:
    group = read.name if several else ""
    kinds = signals_in_use()
    evidence = opened(actor, read.facts.group_id, found.findings)
    for finding, shown in zip(found.findings, evidence, strict=True):
        good = kinds[finding.signal].weight <= 0
        tone = Tone.GOOD if good else Tone.BAD if finding.severity >= 0.5 else Tone.WATCH  # noqa: PLR2004 (half of what it can be)
        quotes = [
            Quote(
                line.who.name,
                date_format(localtime(line.message.sent_at, read.facts.zone), "DATETIME_FORMAT"),
                parts.shortened(line.words),
            )
            for line in shown.lines[:3]
        ]
        proposal = found.proposals.get(finding.signal)
        advice = None
        if proposal and not good:
            steps = [_(step) for step in proposal.steps]
            advice = Advice(_(proposal.title), steps, _(proposal.effect), _(proposal.goal))
        people = list(shown.people.values())
        yield Claim(say(finding), tone, _numbers(finding), people, quotes, advice, group)


def _numbers(finding: Finding) -> list[tuple[str, str]]:
    told = []
    for each in finding.evidence.numbers:
        value = measured(each.value, each.unit)
        if each.bound is not None:
            value = _("%(value)s (threshold %(bound)s)") % {"value": value, "bound": measured(each.bound, each.unit)}
        told.append((_(each.label), value))
    return told


# ------------------------------------------------------------------ the parts
def _sections(reads: Sequence[Read], found: dict[int, Diagnosis]) -> Iterator[Section]:
    yield parts.volume(reads)
    if len(reads) > 1:
        yield _compared(reads, found)
    if _messages([read.facts for read in reads]) < FEW:
        return
    yield parts.rhythm(reads)
    yield parts.voices(reads)
    one = reads[0]
    made = [parts.circles(reads), parts.staying(one) if len(reads) == 1 else None, parts.answers(reads)]
    made += [parts.subjects(reads), parts.flow(one) if len(reads) == 1 else None]
    yield from filter(None, made)


def _compared(reads: Sequence[Read], found: dict[int, Diagnosis]) -> Section:
    """The groups side by side, the one where most is said first."""
    rows = []
    for read in reads:
        one = found[read.facts.group_id]
        score = one.judgement.score
        finding = say(one.findings[0]) if one.findings else ""
        # Of what is too little to be judged, a stage would say more than is known.
        stage = _(STAGES[one.stage]) if one.stage and (score is not None or one.stage in OVER) else "–"
        figures = [number(_messages([read.facts])), number(_people([read.facts]))]
        rows.append([read.name, *figures, "–" if score is None else str(round(score)), stage, finding])
    headings = [_("Group"), _("Messages"), _("People who spoke"), _("Health"), _("Stage"), _("Strongest finding")]
    top = rows[0]
    title = _("Most is said in “%(group)s”: %(count)s messages") % {"group": top[0], "count": top[1]}
    return Section(title, table=Table(headings, rows))


def _unseen(found: Facts) -> int:
    """Days between the first and the last message that could not be read."""
    spoken = found.day[found.lead :]
    return int((~found.observed[spoken[0] : spoken[-1] + 1]).sum()) if spoken.size else 0


def _limits(reads: Sequence[Read], found: dict[int, Diagnosis]) -> Iterator[str]:
    facts_ = [read.facts for read in reads]
    unseen = sum(map(_unseen, facts_))
    if unseen:
        yield ngettext(
            "%(count)d day could not be read; nothing is said about it.",
            "%(count)d days could not be read; nothing is said about them.",
            unseen,
        ) % {"count": unseen}
    inferred = sum(int((each.inferred & each.said).sum()) for each in facts_)
    answered = sum(int(((each.parent >= 0) & each.said).sum()) for each in facts_)
    if inferred:
        yield _(
            "%(share)s of what is answered is inferred from names, pauses and words, not said by the platform."
        ) % {"share": percent(inferred / answered)}
    if any(each.staff_is_guessed for each in facts_):
        yield _("Nobody is known as staff: those who said most in the first weeks are taken for them.")
    if not any(each.joined_at.size for each in facts_):
        yield _("Who joined without speaking is not known: shares are of those who spoke.")
    if any(not each.observed for each in found.values()):
        yield sentences(_("Where too little is known, no health is given."))
    yield _("Findings and recommendations are rules of thumb with their evidence; they decide nothing.")


def skipped(done: Sequence[Mapping[str, Any]]) -> list[str]:
    """What of histories was not taken over, by reason, and what was there already: of each import its counts."""
    counted: Counter[str] = Counter()
    for each in done:
        counted.update({reason: told["count"] for reason, told in each["skipped"].items()})
    return [_(_SKIPPED[Skip(reason)]) % {"count": number(count)} for reason, count in counted.most_common() if count]


_SKIPPED = {
    Skip.SERVICE: gettext_noop("Not counted as messages: %(count)s notices of the platform."),
    Skip.ACTION: gettext_noop("Not counted as messages: %(count)s lines that somebody said about oneself (/me)."),
    Skip.EMPTY: gettext_noop("Not counted as messages: %(count)s empty records."),
    Skip.DELETED: gettext_noop("Not counted as messages: %(count)s that were taken back."),
    Skip.UNREADABLE: gettext_noop("%(count)s records could not be read."),
    Skip.EXCLUDED: gettext_noop("%(count)s records were left out by choice, such as those of bots."),
}
