"""What is unwise in a playbook: findings with what to do about them. Pure; selectors.checks brings the facts.

The bounds are the editor's; each stands beside its reason. Paths that exclude each other are not added up.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from qunce.kernel.variables import BadTextError
from qunce.playbooks.policies import filling
from qunce.playbooks.policies.facts import Facts
from qunce.playbooks.policies.marking import gettext_noop
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.policies.timeline import Planned, timeline
from qunce.playbooks.types import Document, Finding, Severity, StepSpec

_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

FEEDBACK_DAYS = 7
"""Who hears nothing for a week after having given something does not give again."""
MOST_EFFORT, MOST_EFFORT_A_WEEK = 10, 30
"""Minutes that most members have for one call, and in a week, beside their lives."""
MOST_A_DAY = 3
"""Messages that nobody asked for; from the fourth on members mute the group."""
TOO_CLOSE = timedelta(minutes=30)
COMMERCIAL_SHARE = 0.5
FAR_BELOW, ENOUGH_ASKED = 0.6, 20
_Z = 1.96

_COMMERCIAL = re.compile(
    r"优惠|下单|购买|折扣|秒杀|抢购|限时|特价|红包|拼团|满减|代金券|优惠券|立减|包邮|付款|现价|原价"
    r"|\b(?:buy|discount|sale|order now|coupon|voucher|price|red packet|deal|shop)\b",
    re.IGNORECASE,
)
_OWNERS = re.compile(
    r"转化|成交|销售额|营收|变现|拉新|业绩|卖出|复购|\bGMV\b|\bROI\b|裂变"
    r"|\b(?:revenue|sales|conversions?|sell|profit|leads|turnover|upsell)\b",
    re.IGNORECASE,
)
_MEMBERS = re.compile(
    r"成员|大家|每个人|彼此|学|帮|收获|省|认识|朋友|成长|解决|分享|陪伴|新人|回答|看见|感谢|一起|选择|先知道"
    r"|\b(?:members?|everybody|everyone|learn|help|save|meet|friends?|grow|share|together|newcomers?|thank|answer|people)\b",
    re.IGNORECASE,
)


def checked(document: Document, facts: Facts) -> list[Finding]:
    """All findings, the gravest first."""
    plan = timeline(document, facts.began_at, facts.zone, {key: each.lasts for key, each in facts.steps.items()})
    found = [
        *_sound(document, facts),
        *_reachable(document, facts),
        *_texts(document, facts),
        *_purpose(document, plan, facts),
        *_effort(document, plan, facts),
        *_tone(document, facts),
        *_load(document, plan, facts),
        *_times(plan, facts),
        *_hands(document, facts),
    ]
    order = list(Severity)
    return sorted(found, key=lambda finding: order.index(finding.severity))


# ------------------------------------------------------------------ can it be carried out
def _sound(document: Document, facts: Facts) -> Iterator[Finding]:
    if not document.steps:
        yield Finding("no_steps", _E, gettext_noop("The playbook has no steps."), gettext_noop("Add the first one."))
    if not facts.trigger_known:
        sentence = gettext_noop("Nothing starts a playbook by “%(name)s”.")
        yield Finding("unknown_trigger", _E, sentence, params={"name": document.start.on})
    elif facts.trigger_broken:
        sentence = gettext_noop("The start is not complete: %(why)s")
        yield Finding("bad_trigger", _E, sentence, params={"why": facts.trigger_broken})
    needs = {*document.needs, *facts.trigger_needs, *(part for step in facts.steps.values() for part in step.needs)}
    if missing := missing_parts(needs):
        yield Finding(
            "missing_part",
            _E,
            gettext_noop("It needs parts that Qunce does not have yet: %(parts)s."),
            gettext_noop("It can be written, and stays a draft until they exist."),
            params={"parts": ", ".join(missing)},
        )
    ids = Counter(step.id for step in document.walk())
    for step in document.walk():
        yield from _sound_step(step, facts, twice=ids[step.id] > 1)


def _sound_step(step: StepSpec, facts: Facts, *, twice: bool) -> Iterator[Finding]:
    here = facts.of(step)
    if twice:
        sentence = gettext_noop("Two steps are called “%(step)s”.")
        yield Finding(
            "same_id", _E, sentence, gettext_noop("Give each an id of its own."), step.id, {"step": step.id}
        )
    if not here.known:
        sentence = gettext_noop("There is no kind of step “%(name)s”.")
        yield Finding("unknown_kind", _E, sentence, gettext_noop("Choose another."), step.id, {"name": step.do})
    elif here.broken:
        sentence = gettext_noop("The step is not complete: %(why)s")
        yield Finding("bad_config", _E, sentence, "", step.id, {"why": here.broken})
    if here.wrong_audience:
        sentence = gettext_noop("This step is for another audience than the playbook.")
        fix = gettext_noop("Change the audience, or take another step.")
        yield Finding("wrong_audience", _E, sentence, fix, step.id)
    for name in here.lacking_conditions:
        sentence = gettext_noop("There is no condition “%(name)s” that can be read so.")
        yield Finding("bad_condition", _E, sentence, "", step.id, {"name": name})
    if here.cannot:
        yield Finding(
            "platform_cannot",
            _W,
            gettext_noop("The platform of some groups cannot do this step: %(platforms)s."),
            gettext_noop("It will be left out there. Put a task for a person in its place, or choose other groups."),
            step.id,
            {"platforms": ", ".join(here.cannot)},
        )
    yield from here.own


def _reachable(document: Document, facts: Facts) -> Iterator[Finding]:
    yield from _unreachable(document.steps, facts)
    for step in document.walk():
        paths = facts.of(step).paths
        for name, below in step.paths.items():
            if facts.of(step).known and name not in paths:
                sentence = gettext_noop("No outcome of this step is called “%(path)s”; there are: %(all)s.")
                fix = gettext_noop("Name the path as one of them.")
                params = {"path": name, "all": ", ".join(paths) or "–"}
                yield Finding("unknown_path", _E, sentence, fix, step.id, params)
            yield from _unreachable(below, facts)


def _unreachable(steps: Sequence[StepSpec], facts: Facts) -> Iterator[Finding]:
    over = False
    for step in steps:
        if over:
            sentence = gettext_noop("No way leads to the step “%(step)s”: everything ends before it.")
            fix = gettext_noop("Move it before the end, or take it out.")
            yield Finding("unreachable", _W, sentence, fix, step.id, {"step": step.id})
        over = over or _ends(step, facts)


def _ends(step: StepSpec, facts: Facts) -> bool:
    """Whether nothing comes after it, whatever happens."""
    here = facts.of(step)
    if here.ends and not step.only_if:
        return True
    every = bool(here.paths) and set(here.paths) <= set(step.paths) and not step.only_if
    return every and all(any(_ends(below, facts) for below in step.paths[name]) for name in here.paths)


def _texts(document: Document, facts: Facts) -> Iterator[Finding]:
    questions = {step.id for step in document.walk() if facts.of(step).collects}
    used: set[str] = set()
    for step in document.walk():
        for words in facts.of(step).texts:
            for text in words.values():
                try:
                    used |= filling.cut(text, document.variables).variables
                except BadTextError as error:
                    sentence = gettext_noop("{%(name)s} in this text is no variable.")
                    fix = gettext_noop("Correct it, or add it to the variables of the playbook.")
                    yield Finding("missing_variable", _E, sentence, fix, step.id, {"name": error.name})
                for name in filling.questions_in(text) - questions:
                    sentence = gettext_noop("The text uses answers of “%(name)s”, which asks nothing.")
                    yield Finding("missing_variable", _E, sentence, "", step.id, {"name": name})
            for language in facts.languages:
                if words and "" not in words and language not in words and language[:2] not in words:
                    sentence = gettext_noop("Some groups read %(language)s; this text is not in it.")
                    fix = gettext_noop("Add it, or they read another language.")
                    yield Finding("missing_language", _H, sentence, fix, step.id, {"language": language})
                    break
    for name in document.variables:
        if name not in used:
            sentence = gettext_noop("No text uses the variable {%(name)s}.")
            yield Finding("unused_variable", _H, sentence, params={"name": name})


# ------------------------------------------------------------------ is it good for members
def _purpose(document: Document, plan: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    goal = " ".join(document.goal.values())
    if not goal.strip():
        sentence = gettext_noop("The playbook has no goal: nobody can say later whether it was reached.")
        yield Finding("no_goal", _W, sentence, gettext_noop("Write what members and you will have of it."))
    elif _OWNERS.search(goal) and not _MEMBERS.search(goal):
        sentence = gettext_noop("The goal is only yours: it does not say what members have of it.")
        fix = gettext_noop("Write the goal as a member would say it.")
        yield Finding("owners_goal", _W, sentence, fix)
    if goal.strip() and not (any(document.evidence.values()) and any(document.path.values())):
        sentence = gettext_noop("It does not say by what one will see that the goal is reached, or how to get there.")
        fix = gettext_noop("Write the evidence and the path.")
        yield Finding("no_evidence", _H, sentence, fix)
    yield from _feedback(document, plan, facts)
    spoken = [each for each in plan if facts.of(each.step).speaks]
    if len(spoken) > 1 and not any(facts.of(each.step).invites for each in plan):
        sentence = gettext_noop("The group is only talked to: no step invites an answer.")
        fix = gettext_noop("Ask a question that takes a minute to answer.")
        yield Finding("one_way", _W, sentence, fix)


def _feedback(document: Document, plan: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    sentence = gettext_noop("For more than a week members have nothing of what they give.")
    fix = gettext_noop("Thank, answer or show a first result within seven days.")
    late = document.plan.first_gain_days is not None and document.plan.first_gain_days > FEEDBACK_DAYS
    if late:
        yield Finding("late_feedback", _W, sentence, fix)
        return
    spoken = [each.at for each in plan if facts.of(each.step).speaks]
    for call in (each for each in plan if facts.of(each.step).invites):
        closes = call.at + facts.of(call.step).lasts
        if not any(call.at < at <= closes + timedelta(days=FEEDBACK_DAYS) for at in spoken):
            yield Finding("late_feedback", _W, sentence, fix, call.step.id)
            return


def _effort(document: Document, plan: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    each_time = document.plan.effort_minutes
    calls = [each for each in plan if facts.of(each.step).invites]
    if not calls:
        return
    if each_time is None or document.plan.takes_part is None:
        sentence = gettext_noop("The plan does not say how many will take part, and how long it takes them.")
        fix = gettext_noop("Write “takes_part” and “effort_minutes”; what happens is compared with it.")
        yield Finding("no_plan", _H, sentence, fix)
    if each_time is None:
        return
    weeks = Counter((each.at - facts.began_at).days // 7 for each in calls if not each.path)
    busiest = max(weeks.values(), default=1) * each_time
    fix = gettext_noop("Ask for less, or offer a light way beside it.")
    if each_time > MOST_EFFORT:
        sentence = gettext_noop("One call takes %(minutes)s minutes; most members will not give more than %(most)s.")
        yield Finding(
            "too_much_effort", _W, sentence, fix, calls[0].step.id, {"minutes": each_time, "most": MOST_EFFORT}
        )
    elif busiest > MOST_EFFORT_A_WEEK:
        sentence = gettext_noop(
            "In its busiest week it takes %(minutes)s minutes; most members will not give so much."
        )
        yield Finding("too_much_effort", _W, sentence, fix, "", {"minutes": busiest})


def _tone(document: Document, facts: Facts) -> Iterator[Finding]:
    said = [facts.of(step) for step in document.walk() if facts.of(step).speaks and facts.of(step).texts]
    selling = [
        each for each in said if any(_COMMERCIAL.search(text) for words in each.texts for text in words.values())
    ]
    if len(selling) > 1 and len(selling) >= COMMERCIAL_SHARE * len(said):
        yield Finding(
            "too_commercial",
            _W,
            gettext_noop("Of %(all)s messages, %(selling)s sell something or hand out red packets."),
            gettext_noop("Give something useful between two offers: an answer, a story, a choice."),
            params={"all": len(said), "selling": len(selling)},
        )


# ------------------------------------------------------------------ is it too much, or at a bad time
def _load(document: Document, plan: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    days: Counter[object] = Counter()
    for each in plan:
        if facts.of(each.step).speaks and not _excluded(each, plan):
            days[each.day(facts.zone)] += 1
    most = max(days.values(), default=0)
    if facts.daily_cap is not None and most > facts.daily_cap:
        sentence = gettext_noop(
            "On one day it says %(count)s things; the community allows %(cap)s a day, the rest waits."
        )
        fix = gettext_noop("Spread them over several days.")
        yield Finding("over_cap", _W, sentence, fix, params={"count": most, "cap": facts.daily_cap})
    elif most > MOST_A_DAY:
        sentence = gettext_noop("On one day it says %(count)s things in a group; more than %(most)s are muted.")
        fix = gettext_noop("Spread them over several days, or join them.")
        yield Finding("too_many_messages", _W, sentence, fix, params={"count": most, "most": MOST_A_DAY})
    del document


def _excluded(planned: Planned, plan: Sequence[Planned]) -> bool:
    """Whether it stands on a later path of its branch: of paths that exclude each other the first is counted."""
    if not planned.path:
        return False
    step = planned.path[-1].rpartition(".")[0]
    first = next(each.path[-1] for each in plan if each.path and each.path[-1].rpartition(".")[0] == step)
    return planned.path[-1] != first


def _times(plan: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    spoken = [each for each in plan if facts.of(each.step).speaks]
    for each in spoken:
        at = each.at.astimezone(facts.zone).time().replace(tzinfo=None)
        if each.step.when.at is None and each.step.when.day is None:
            continue
        for night in facts.nights:
            inside = night.begin <= at < night.end if night.begin < night.end else at >= night.begin or at < night.end
            if inside:
                sentence = gettext_noop(
                    "%(at)s is in the quiet hours of %(community)s: the message waits until %(end)s."
                )
                params = {"at": f"{at:%H:%M}", "community": night.community, "end": f"{night.end:%H:%M}"}
                fix = gettext_noop("Choose a time in the day.")
                yield Finding("quiet_hours", _W, sentence, fix, each.step.id, params)
                break
    for each in plan:
        date = each.step.when.date
        if date is not None and not each.step.when.yearly and date < facts.began_at.astimezone(facts.zone).date():
            sentence = gettext_noop("%(date)s is over: the step would come at once.")
            fix = gettext_noop("Choose a day to come, or one that returns every year.")
            yield Finding("past_date", _W, sentence, fix, each.step.id, {"date": date.isoformat()})
    yield from _collisions(spoken, facts)


def _collisions(spoken: Sequence[Planned], facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for each in spoken:
        for other in facts.others:
            if abs(other.at - each.at) < TOO_CLOSE and (each.step.id, other.title) not in seen:
                seen.add((each.step.id, other.title))
                at = other.at.astimezone(facts.zone)
                sentence = gettext_noop("“%(title)s” speaks in the same groups at nearly the same time: %(at)s.")
                fix = gettext_noop("Leave half an hour between them.")
                params = {"title": other.title, "at": f"{at:%Y-%m-%d %H:%M}"}
                yield Finding("collision", _W, sentence, fix, each.step.id, params)


def _hands(document: Document, facts: Facts) -> Iterator[Finding]:
    for step in document.walk():
        here = facts.of(step)
        if not here.needs_person:
            continue
        if here.person:
            sentence = gettext_noop("Nobody called %(who)s works there.")
            fix = gettext_noop("Name a colleague of these communities, or nobody.")
            yield Finding("nobody_responsible", _W, sentence, fix, step.id, {"who": here.person})
        elif facts.unstaffed:
            sentence = gettext_noop("Nobody is there to do this in %(communities)s.")
            fix = gettext_noop("Give a colleague a role in the community.")
            yield Finding(
                "nobody_responsible", _W, sentence, fix, step.id, {"communities": ", ".join(facts.unstaffed)}
            )


# ------------------------------------------------------------------ after publishing
def adopted(planned: float | None, asked: int, answered: int) -> Finding | None:
    """Whether far fewer take part than planned: at best (95 %) six tenths of the plan."""
    if planned is None or asked < ENOUGH_ASKED:
        return None
    share, spread = answered / asked, _Z * _Z / asked
    best = (share + spread / 2 + _Z * math.sqrt(share * (1 - share) / asked + spread / 4 / asked)) / (1 + spread)
    if best >= FAR_BELOW * planned:
        return None
    return Finding(
        "low_adoption",
        _W,
        gettext_noop("%(real)s %% take part, far fewer than the planned %(planned)s %%."),
        gettext_noop("The path asks too much, or gives back too late: ask for less, answer sooner."),
        params={"real": round(share * 100), "planned": round(planned * 100)},
    )
