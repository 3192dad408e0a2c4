"""The facts that the checks of a playbook need: its kinds, and the groups, people and other playbooks around it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import ValidationError

from qunce.chat import policies as chat_policies
from qunce.chat import selectors as chat
from qunce.chat.connector import connectors
from qunce.chat.selectors import attention, broadcasts, schedules
from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.validation import said as said_of
from qunce.members.condition import conditions
from qunce.playbooks.models import Playbook, Run
from qunce.playbooks.policies.checks import TOO_CLOSE, adopted, checked
from qunce.playbooks.policies.facts import Facts, Night, Other, StepFacts
from qunce.playbooks.policies.moments import moment as when_is
from qunce.playbooks.policies.timeline import timeline
from qunce.playbooks.policies.yaml import Vocabulary
from qunce.playbooks.selectors.adoption import Adoption
from qunce.playbooks.selectors.playbooks import Compiled, compiled
from qunce.playbooks.selectors.runs import group_ids_of
from qunce.playbooks.step import Step, steps
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Document, Finding, RunState, Severity, StepSpec, said
from qunce.team import selectors as team

AHEAD = timedelta(days=60)
MOST_GROUPS, MOST_RUNS, MOST_SCHEDULES = 2000, 50, 200
_NOON = time(10)
_LANGUAGES = {"", "zh", "en", "zh-hans", "zh-hant"}


@cache
def vocabulary() -> Vocabulary:
    """What the kinds of steps and conditions add to the language of playbooks."""
    first = {key: next(iter(kind.Config.model_fields), "") for key, kind in conditions.items()}
    return Vocabulary({key: tuple(kind.paths) for key, kind in steps.items()}, first)


def findings(
    actor: Actor,
    document: Document,
    *,
    playbook: Playbook | None = None,
    group_ids: Collection[int] | None = None,
) -> list[Finding]:
    """What is unwise in a document, the gravest first, for groups that the actor may see.

    ``group_ids``: where it is to run; None: anywhere that ``playbook`` may. Its own runs are no collision.
    """
    groups = _groups(actor, playbook, group_ids)
    homes = {each.community_id for each in groups}
    rules = attention.restraints(homes)
    names = {each.community_id: each.community for each in groups}
    zone = groups[0].zone if groups else ZoneInfo("Asia/Shanghai")
    began_at = _begins(document, zone)
    caps = [rule.daily_cap for rule in rules.values() if rule.daily_cap is not None]
    kinds = {spec.id: _facts(spec, document, groups, homes) for spec in document.walk()}
    trigger = triggers.get(document.start.on)
    facts = Facts(
        began_at=began_at,
        zone=zone,
        steps=kinds,
        trigger_known=trigger is not None,
        trigger_broken=_refused(trigger.Config, document.start.with_) if trigger else "",
        trigger_needs=tuple(trigger.needs) if trigger else (),
        nights=_nights(rules, names),
        daily_cap=min(caps, default=None),
        unstaffed=_unstaffed(homes, names) if any(each.needs_person for each in kinds.values()) else (),
        others=others(actor, groups, began_at, playbook=playbook),
        languages=sorted({each.language for each in groups}),
    )
    return checked(document, facts)


def require_no_errors(actor: Actor, document: Document, *, playbook: Playbook) -> None:
    """Raise Invalid with the first thing that is wrong, where something is."""
    for found in findings(actor, document, playbook=playbook):
        if found.severity is Severity.ERROR:
            raise Invalid(_(found.sentence) % found.params, fix=_(found.fix) % found.params if found.fix else "")


def adoption_findings(adoption: Adoption) -> list[Finding]:
    """Whether far fewer take part than its author has planned."""
    found = adopted(adoption.plan.takes_part, adoption.asked, adoption.answered)
    return [found] if found else []


def _groups(actor: Actor, playbook: Playbook | None, group_ids: Collection[int] | None) -> list[GroupFacts]:
    visible = community.visible_groups(actor)
    if group_ids is not None:
        visible = visible.filter(pk__in=list(group_ids))
    if playbook is not None and playbook.community_id is not None:
        visible = visible.filter(community=playbook.community_id)
    keys = list(visible.order_by("pk").values_list("pk", flat=True)[:MOST_GROUPS])
    return community.group_facts(keys) if keys else []


def _begins(document: Document, zone: ZoneInfo) -> datetime:
    """A day on which it might begin: tomorrow, in the morning or when its start says."""
    at = document.start.with_.get("at")
    hour = _NOON
    if isinstance(at, str):
        try:
            hour = time.fromisoformat(at.zfill(5))
        except ValueError:
            hour = _NOON
    day = clock.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, hour, zone)


# ------------------------------------------------------------------ kinds
def _facts(spec: StepSpec, document: Document, groups: Sequence[GroupFacts], homes: Collection[int]) -> StepFacts:
    found = steps.get(spec.do)
    if found is None:
        return StepFacts(known=False)
    kind = found()
    lacking = [key for key, raw in spec.only_if if key not in conditions or _refused(conditions[key].Config, raw)]
    needs = {
        *kind.needs,
        *(part for key, _raw in spec.only_if if key in conditions for part in conditions[key].needs),
    }
    broken = _refused(kind.Config, spec.with_)
    common: dict[str, Any] = {
        "broken": broken,
        "paths": tuple(kind.paths),
        "speaks": kind.speaks,
        "invites": kind.invites,
        "collects": kind.collects,
        "wrong_audience": document.audience not in kind.audiences,
        "needs": sorted(needs),
        "lacking_conditions": lacking,
        "cannot": _cannot(kind, groups),
    }
    if broken:
        return StepFacts(**common)
    config = kind.Config.model_validate(spec.with_)
    person = kind.person(config)
    return StepFacts(
        **common,
        ends=kind.ends(config),
        needs_person=person is not None,
        person=person if person and not _works(person, homes) else None,
        lasts=kind.lasts(config),
        texts=list(_texts(config.model_dump())),
        own=tuple(kind.check(spec, config, homes)),
    )


def _refused(config: Any, raw: Mapping[str, Any]) -> str:
    """Why settings cannot be read, in the reader's language; empty: they can."""
    try:
        config.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return _("%(field)s: %(why)s") % {"field": field, "why": said_of(first)} if field else said_of(first)
    return ""


def _cannot(kind: Step, groups: Sequence[GroupFacts]) -> list[str]:
    """Platforms of the groups that cannot do what it needs."""
    platforms = sorted({each.platform for each in groups if each.platform in connectors})
    return [
        str(_(connectors[platform].title))
        for platform in platforms
        if any(operation not in connectors[platform].capabilities.performs for operation in kind.operations)
    ]


def _texts(value: Any) -> Iterator[Mapping[str, str]]:
    """The texts that members read: whatever is a text by language."""
    if (
        isinstance(value, dict)
        and value
        and set(value) <= _LANGUAGES
        and all(isinstance(v, str) for v in value.values())
    ):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


# ------------------------------------------------------------------ people
def _works(email: str, homes: Collection[int]) -> bool:
    found = team.by_email(email)
    return found is not None and all(team.actor_for(found).may(Permission.OPERATE, home) for home in homes)


def _unstaffed(homes: Collection[int], names: Mapping[int, str]) -> list[str]:
    there = team.at_work()
    return sorted(names[home] for home in homes if not any(actor.may(Permission.OPERATE, home) for actor in there))


def _nights(rules: Mapping[int, Any], names: Mapping[int, str]) -> list[Night]:
    return [
        Night(names[home], rule.quiet_from, rule.quiet_until)
        for home, rule in sorted(rules.items())
        if rule.quiet_from is not None and rule.quiet_until is not None and rule.quiet_from != rule.quiet_until
    ]


# ------------------------------------------------------------------ what else speaks in these groups
def others(
    actor: Actor,
    groups: Sequence[GroupFacts],
    began_at: datetime,
    *,
    playbook: Playbook | None = None,
    not_run: int | None = None,
) -> list[Other]:
    """What else speaks in these groups: other runs than ``playbook``'s and the one given, and broadcasts.

    Of broadcasts: those that are planned, those under way, and those that went out a moment ago.
    """
    if not groups:
        return []
    since = clock.now() - TOO_CLOSE
    gone = broadcasts.going_out(actor, since, began_at + AHEAD, group_ids=[each.id for each in groups])
    return [
        *_other_runs(playbook, not_run, groups, began_at),
        *_planned_broadcasts(actor, groups),
        *(Other(each.broadcast.title, each.at) for each in gone),
    ]


def _other_runs(
    playbook: Playbook | None, not_run: int | None, groups: Sequence[GroupFacts], began_at: datetime
) -> Iterator[Other]:
    """What living runs of other playbooks will say in the same groups, as far as one can tell."""
    wanted, now = {each.id for each in groups}, clock.now()
    for run in _living(playbook)[:MOST_RUNS]:
        if run.pk == not_run or not wanted & set(group_ids_of(run)):
            continue
        version = compiled(run.version_id)
        for began in _starts(run, version, groups[0].zone, began_at):
            for each in timeline(version.document, began, groups[0].zone, lengths(version)):
                kind = version.steps[each.step.id].kind
                if kind and kind.speaks and now < each.at < began_at + AHEAD:
                    yield Other(_title(version.document), each.at)


def lengths(version: Compiled) -> dict[str, timedelta]:
    """How long each step may take, by id."""
    return {key: each.kind.lasts(each.config) for key, each in version.steps.items() if each.kind}


def _living(playbook: Playbook | None) -> QuerySet[Run]:
    found = Run.objects.exclude(state=RunState.ENDED).order_by("-pk")
    return found.exclude(playbook=playbook) if playbook else found


def _starts(run: Run, version: Compiled, zone: ZoneInfo, began_at: datetime) -> list[datetime]:
    """When its targets begin: with the run, or by the calendar in the next weeks."""
    moment = getattr(version.trigger_config, "moment", None)
    if version.trigger is None or moment is None:
        return [run.begins_at] if version.trigger and version.trigger.with_run else []
    found: list[datetime] = []
    at = clock.now()
    while len(found) < AHEAD.days:
        following = when_is(moment, at, at, zone)
        if following <= at or following > began_at + AHEAD:
            break
        found.append(following)
        at = following
    return found


def _title(document: Document) -> str:
    return said(document.title, get_language() or "")


def _planned_broadcasts(actor: Actor, groups: Sequence[GroupFacts]) -> Iterator[Other]:
    wanted = {each.id for each in groups}
    for row in schedules.coming(actor)[:MOST_SCHEDULES]:
        selection = chat.selectable(actor, schedules.selection_of(row)).filter(pk__in=wanted)
        if not selection.exists():
            continue
        at = clock.now()
        for _each in range(AHEAD.days):
            following = chat_policies.next_occurrence(schedules.rhythm_of(row), at)
            if following is None:
                break
            yield Other(row.title or _("a planned broadcast"), following)
            at = following
