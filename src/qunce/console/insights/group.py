"""One group: how it is and why, with the evidence; what its numbers are, who talks with whom, about what.

The page itself asks six statements, and each of its pieces at most fifty, however much was said. Pieces are asked for
by themselves; each reads the group's messages of the chosen days once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from qunce.chat.selectors.messages import Line
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.console.context import StaffRequest
from qunce.console.insights import drawn, timeline, words
from qunce.console.insights.silence import KINDS, SilenceForm
from qunce.insights.actions.series import ask_to_fill
from qunce.insights.metric import metrics
from qunce.insights.policies.graphs import reply_graph
from qunce.insights.selectors import evidence, facts, health, texts, writing
from qunce.insights.selectors.diagnosis import diagnosis
from qunce.insights.selectors.facts import Coverage
from qunce.insights.selectors.series import counted_so_far
from qunce.insights.selectors.standing import standing
from qunce.insights.signal import signals
from qunce.insights.types import Diagnosis, Facts, Finding, Proposal, Stretch
from qunce.kernel.actor import Permission
from qunce.kernel.errors import NotFound
from qunce.kernel.words import sentences
from qunce.playbooks import selectors as scripts

ALL = "all"
STRETCHES: tuple[tuple[str, str | Promise], ...] = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("One year")),
    (ALL, gettext_lazy("Everything")),
)
USUAL = "90"
FIRST = (
    "messages",
    "active",
    "new_speakers",
    "load",
    "stickiness",
    "retention",
    "newcomers_speak_7d",
    "response",
    "unanswered_share",
    "reciprocity",
    "top5_share",
    "absence_factor",
    "inflow",
    "outflow",
    "staff_share",
    "staff_minutes",
)
"""Metrics that are shown before the others."""
MOST_PEOPLE, MOST_BRIDGES = 60, 8
MOST_TOPICS, MOST_WORDS = 6, 24
COUNTED = {"health", "numbers", "topics"}
"""Pieces that wait where a large history has not been counted yet."""
FEW = 20
"""Of fewer messages hardly more can be said than that they were."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words, with all that it rests on, and what to try."""

    finding: Finding
    sentence: str
    title: str
    threshold: str
    good: bool
    numbers: Sequence[tuple[str, str, str]]
    people: Mapping[int, str]
    more_people: int
    lines: Sequence[Line]
    proposal: Proposal | None
    playbook: str
    """What the playbook is called that does it; empty where there is none."""


@require_GET
def insight(request: StaffRequest, group_id: int) -> HttpResponse:
    """The page, or the piece of it that is asked for: ``?days=30|90|365|all``."""
    found = community.group(request.actor, group_id)
    days = request.GET.get("days", USUAL)
    if days not in dict(STRETCHES):
        days = USUAL
    piece = PIECES.get(request.GET.get("piece", ""))
    if piece is not None:
        return _waits(request, group_id) or piece(request, found, days)
    return render(
        request,
        "console/insights/group.html",
        {
            "group": found,
            "zone": _zone(request, group_id),
            "days": days,
            "stretches": [
                (f"{reverse('console:group_insight', args=[group_id])}?days={key}", title, key == days)
                for key, title in STRETCHES
            ],
        },
    )


def _waits(request: StaffRequest, group_id: int) -> HttpResponse | None:
    """What stands in the place of a piece while a large history is counted for the first time."""
    percent = counted_so_far(request.actor, group_id) if request.GET["piece"] in COUNTED else None
    if percent is None:
        return None
    ask_to_fill(actor=request.actor, group_id=group_id)
    context = {"group_id": group_id, "percent": percent, "url": request.get_full_path()}
    context["whole"] = request.GET["piece"] == "numbers"
    return render(request, "console/insights/being_counted.html", context)


def _zone(request: StaffRequest, group_id: int) -> ZoneInfo:
    return ZoneInfo(community.zones(request.actor, [group_id])[group_id])


# ---------------------------------------------------------------- how it is
def _health(request: StaffRequest, group: Group, days: str) -> HttpResponse:
    """Score, stage, findings with their evidence, proposals."""
    told = diagnosis(request.actor, group.pk)
    context = {**_standing(told), "group": group, "zone": _zone(request, group.pk), "days": days}
    context["told"] = _told(request, group, told)
    context["may_operate"] = request.actor.may(Permission.OPERATE, group.community_id)
    context["plans"] = [(plan, KINDS[plan.kind]) for plan in health.planned_silences(request.actor, group.pk)]
    context["silence_form"] = SilenceForm(initial={"begins_on": told.day})
    context["fewer"] = -int(told.change or 0)
    context["turns"] = timeline.turns_say(told)
    context["timeline"] = timeline.timeline(health.history(request.actor, group.pk), told)
    return render(request, "console/insights/group_health.html", context)


def _dial(request: StaffRequest, group: Group, days: str) -> HttpResponse:
    """Score, stage and the strongest finding by the last assessment: for the group's own page."""
    known = standing(request.actor, group.pk)
    stage_tone, stage = words.stage_of(known.stage)
    context = {
        "group": group,
        "days": days,
        "known": known,
        "score": None if known.score is None else round(known.score),
        "tone": writing.tone_of(known.score),
        "stage": stage,
        "stage_tone": stage_tone,
    }
    return render(request, "console/insights/group_dial.html", context)


def _standing(told: Diagnosis) -> dict[str, object]:
    score = told.judgement.score
    tone, stage = words.stage_of(told.stage)
    return {
        "diagnosis": told,
        "score": None if score is None else round(score),
        "tone": writing.tone_of(score),
        "stage": stage,
        "stage_tone": tone,
        "change": None if told.change is None else round(told.change),
        "contributions": [
            (_(each.title), each.weight, round(each.severity * 100), round(each.points, 1))
            for each in told.judgement.contributions
        ],
        "known": round(told.judgement.known * 100),
        "missing": [_(title) for title in told.missing],
        "risk": told.warning and round(told.warning.probability * 100),
        "clues": [_(clue.sentence) % clue.values for clue in told.warning.clues] if told.warning else [],
    }


def _told(request: StaffRequest, group: Group, diagnosis: Diagnosis) -> list[Told]:
    """Each finding with what it rests on."""
    opened = evidence.opened(request.actor, group.pk, diagnosis.findings)
    return [
        Told(
            finding=finding,
            sentence=health.say(finding),
            title=_(signals[finding.signal].title),
            threshold=_(signals[finding.signal].threshold),
            good=signals[finding.signal].weight < 0,
            numbers=[
                (
                    _(number.label),
                    writing.measured(number.value, number.unit),
                    "" if number.bound is None else writing.measured(number.bound, number.unit),
                )
                for number in finding.evidence.numbers
            ],
            people=shown.people,
            more_people=shown.more,
            lines=shown.lines,
            proposal=(proposed := _proposed(diagnosis.proposals.get(finding.signal))),
            playbook=_called(proposed.playbook) if proposed else "",
        )
        for finding, shown in zip(diagnosis.findings, opened, strict=True)
    ]


def _called(playbook: str) -> str:
    """What a playbook of the library is called in the reader's language."""
    return scripts.library_entry(playbook).title(get_language() or "") if playbook else ""


def _proposed(proposal: Proposal | None) -> Proposal | None:
    """What to try, in the reader's language; ``metric`` is then the title of what it is measured by."""
    if proposal is None:
        return None
    return replace(
        proposal,
        title=_(proposal.title),
        steps=[_(step) for step in proposal.steps],
        effect=_(proposal.effect),
        goal=_(proposal.goal),
        metric=_(metrics[proposal.metric].title) if proposal.metric in metrics else "",
    )


# ---------------------------------------------------------------- what its numbers are
def _numbers(request: StaffRequest, group: Group, days: str) -> HttpResponse:
    """Every metric over the stretch; who came, stays and went; rhythm; load."""
    context: dict[str, object] = {"group": group, "days": days, "empty": True}
    context["group_key"] = str(group.pk)
    context["may_import"] = request.actor.may(Permission.LEAD, group.community_id)
    stretch = _stretch(request, group, days)
    if stretch is not None:
        read = facts.visible_facts(request.actor, group.pk, stretch)
        if read.said.any():
            context |= {"empty": False, **_counted(read)}
    return render(request, "console/insights/group_numbers.html", context)


def _stretch(request: StaffRequest, group: Group, days: str) -> Stretch | None:
    """The last so many days of which anything is known."""
    known = facts.visible_stretch(request.actor, group.pk)
    if known is None or days == ALL:
        return known
    count = min(known.count, int(days))
    return Stretch(known.last - timedelta(days=count - 1), count)


def _counted(read: Facts) -> dict[str, object]:
    graph = reply_graph(read, MOST_PEOPLE)
    known = facts.coverage(read)
    shown = {kind.key: words.figure(kind, kind().over(read)) for kind in metrics.values()}
    few = int(read.said.sum()) < FEW
    return {
        "facts": read,
        "few": few,
        "unobserved": known.days - known.observed,
        "figures": [shown.pop(key) for key in (FIRST[:3] if few else FIRST) if key in shown],
        "further": sorted(shown.values(), key=lambda each: each.title),
        "rhythm": drawn.rhythm(read),
        "volume": drawn.volume(read),
        "turnover": drawn.turnover(read),
        "population": drawn.population(read),
        "survival": drawn.survival(read),
        "survival_says": drawn.survival_says(read),
        "cohorts": drawn.cohorts(read),
        "talk": drawn.talk(read, graph),
        "talk_says": _talk_says(known),
        "bridges": [(read.people[graph.nodes[place]], read.names[graph.nodes[place]]) for place in graph.bridges][
            :MOST_BRIDGES
        ],
        "load": drawn.load(read),
        "hints": drawn.hints(read),
    }


def _talk_says(known: Coverage) -> str:
    """How the lines of the picture were found."""
    said = ngettext(
        "From %(count)d answer in these days.", "From %(count)d answers in these days.", known.answers
    ) % {"count": known.answers}
    if not known.inferred:
        return said
    inferred = ngettext(
        "%(count)d of them is inferred from who speaks when and of what; the platform does not say.",
        "%(count)d of them are inferred from who speaks when and of what; the platform does not say.",
        known.inferred,
    ) % {"count": known.inferred}
    return sentences(said, inferred)


# ---------------------------------------------------------------- what is spoken of
def _topics(request: StaffRequest, group: Group, days: str) -> HttpResponse:
    """Topics over time and the words that stand out, each with messages that show it."""
    context: dict[str, object] = {"group": group, "days": days, "zone": _zone(request, group.pk)}
    stretch = _stretch(request, group, days)
    if stretch is not None:
        talk = texts.talk_of(request.actor, group.pk, stretch)
        topics, keywords = talk.topics[:MOST_TOPICS], talk.keywords[:MOST_WORDS]
        shown = evidence.said(
            request.actor, group.pk, [*(each.messages for each in topics), *(each.messages for each in keywords)]
        )
        context |= {
            "talk": talk,
            "partly": talk.looked_at < talk.messages,
            "topics": list(zip(topics, shown[: len(topics)], strict=True)),
            "keywords": list(zip(keywords, shown[len(topics) :], strict=True)),
            "over_time": drawn.topics(stretch, topics),
        }
    return render(request, "console/insights/group_topics.html", context)


@require_GET
def cloud(request: StaffRequest, group_id: int) -> HttpResponse:
    """The picture of a group's words: ``?days=&dark=1``."""
    found = community.group(request.actor, group_id)
    days = request.GET.get("days", USUAL)
    stretch = _stretch(request, found, days if days in dict(STRETCHES) else USUAL)
    drawn_words = stretch and texts.cloud_of(request.actor, group_id, stretch, dark=request.GET.get("dark") == "1")
    if not drawn_words:
        raise NotFound
    answer = HttpResponse(drawn_words, content_type="image/png")
    answer["Cache-Control"] = "private, max-age=600"
    return answer


PIECES: Mapping[str, Callable[[StaffRequest, Group, str], HttpResponse]] = {
    "health": _health,
    "dial": _dial,
    "numbers": _numbers,
    "topics": _topics,
}
