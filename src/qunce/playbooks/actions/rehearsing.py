"""A rehearsal: the engine itself, with a moved clock, in a transaction that is rolled back.

On copies of groups, or on groups that do not exist (``casts``).

Only for a process of its own: what it remembers of the database never was. Answers, tasks and approvals are
simulated and said to be; everything else is what the live run does.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import selectors as chats
from qunce.chat.actions import clones as wire
from qunce.chat.actions.clones import Recorded
from qunce.chat.types import Selection, to_json
from qunce.community import selectors as community
from qunce.content import actions as content
from qunce.kernel import clock, planner
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.ids import new_id
from qunce.members import selectors as members
from qunce.playbooks.actions import casts, starting
from qunce.playbooks.actions.calls import call_event
from qunce.playbooks.actions.casts import Cast
from qunce.playbooks.actions.engine import advance
from qunce.playbooks.actions.waking import wake_all
from qunce.playbooks.models import Call, CallAnswer, Playbook, Run, Track, Version
from qunce.playbooks.selectors import engine as reads
from qunce.playbooks.selectors.playbooks import compiled, require_sound, roles_of
from qunce.playbooks.selectors.rehearsal import Heard, told
from qunce.playbooks.types import Audience, Document, RunState, Start
from qunce.playbooks.types.rehearsal import Rehearsal, Simulated

MOST_GROUPS, MOST_MEMBERS, MOST_DAYS, MOST_SECONDS = 1000, 10_000, 366, 300
MOST_TRACKS_OF_GROUP = 3
USUAL_SHARE, TAKES_TURN = 0.1, 0.9
"""Which share of those asked answers, where the plan says nothing; and of those whose turn it is."""
AT_ONCE = 2000
Casting = Callable[[datetime, datetime], Cast]
A_LITTLE = timedelta(microseconds=1)
TOGETHER = timedelta(minutes=15)
"""What people do, they do at such times: hundreds of groups have a moment in common, not one each."""
_ANSWERS = gettext_noop("Answers are simulated: as many as the plan expects, else a tenth.")
_DEEDS = gettext_noop("Tasks are done halfway to their time, and approvals are given.")
_STARTS = gettext_noop("Members who begin are simulated: up to three in each group, on the first day.")


def rehearse(
    *,
    actor: Actor,
    document: Document,
    group_ids: Collection[int] = (),
    simulated: Simulated | None = None,
    days: int = 30,
    began_at: datetime | None = None,
    values: Mapping[str, str] | None = None,
    most_seconds: float = MOST_SECONDS,
) -> Rehearsal:
    """Let a document run for ``days`` on copies of groups that the actor operates; nothing of it stays.

    ``simulated``: on groups that do not exist instead. Raises Invalid where the engine could not carry it out.
    """
    require_sound(document)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_("Between 1 and %(count)d days.") % {"count": MOST_DAYS}, field="days")
    began_at = began_at or clock.now()
    cast = _simulated(actor, simulated, document) if simulated else _cloned(actor, group_ids)
    with transaction.atomic():
        try:
            stage = _Stage(actor, document, cast, began_at, days)
            stage.play(values or {}, most_seconds)
            return stage.account()
        finally:
            transaction.set_rollback(True)


def _cloned(actor: Actor, group_ids: Collection[int]) -> Casting:
    allowed = community.visible_groups(actor, Permission.OPERATE).filter(pk__in=list(group_ids))
    originals = list(allowed.order_by("pk").values_list("pk", flat=True)[:MOST_GROUPS])
    if not originals:
        raise Invalid(_("Choose at least one group that you operate."), field="groups")
    return partial(casts.cloned, community.group_facts(originals))


def _simulated(actor: Actor, wanted: Simulated, document: Document) -> Casting:
    require_simulable(actor, wanted)
    return partial(casts.simulated, wanted, roles_of(document))


def require_simulable(actor: Actor, wanted: Simulated) -> None:
    """Raise Invalid where there would be too many groups or members."""
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    for field, given, most in (("groups", wanted.groups, MOST_GROUPS), ("members", wanted.members, MOST_MEMBERS)):
        if not 1 <= given <= most:
            raise Invalid(_("Between 1 and %(count)d.") % {"count": most}, field=field)


class _Stage:
    """The copies, the clock, and what is heard."""

    def __init__(self, actor: Actor, document: Document, cast: Casting, began_at: datetime, days: int) -> None:
        self.began = monotonic()
        self.document = document
        self.actor = actor
        self.began_at, self.until = began_at, began_at + timedelta(days=days)
        with clock.at(began_at):
            self.cast = cast(self.began_at, self.until)
        self.original = {copy: original for original, copy in self.cast.copies.items()}
        self.people, self.accounts = self.cast.people, self.cast.accounts
        self.now = began_at
        self.notes = [*self.cast.notes, *([_ANSWERS] if any(True for _step in document.walk()) else [])]
        self.heard: list[Recorded] = []
        self.answers = 0
        self.last_call = 0
        self.unasked: list[Call] = []
        self.asked: Counter[tuple[int, str]] = Counter()
        self.done: set[str] = set()
        self.later: list[tuple[datetime, str, str, int]] = []
        self.stopped_early = False

    # -------------------------------------------------------------- setting up
    def play(self, values: Mapping[str, str], most_seconds: float) -> None:
        with clock.at(self.began_at):
            self.run = self._run(values)
            self.facts = {each.id: each for each in community.group_facts(self.cast.copies.values())}
        self.version = compiled(self.run.version_id)
        self.ticks = self._ticks()
        self._begin_members()
        moments = 1
        while self.now <= self.until:
            moments += 1
            if moments & (moments - 1) == 0:  # the second, fourth, eighth …: what has filled meanwhile
                planner.count_again(1.5)
            if monotonic() - self.began > most_seconds:
                self.stopped_early = True
                break
            with clock.at(self.now), content.sampled():
                self._moment()
            following = self._following()
            if following is None:
                break
            self.now = following

    def _run(self, values: Mapping[str, str]) -> Run:
        """A run of its own, as begin_run makes one, without what people are told."""
        now, document = clock.now(), self.document.model_dump(mode="json")
        playbook = Playbook.objects.create(
            key=f"rehearsal-{uuid4().hex[:20]}", document=document, created_at=now, changed_at=now
        )
        version = Version.objects.create(playbook=playbook, number=1, document=document, published_at=now)
        return Run.objects.create(
            playbook=playbook,
            version=version,
            community_ids=sorted({each.community_id for each in self.cast.originals.values()}),
            selection=to_json(Selection(group_ids=tuple(sorted(self.cast.copies.values())))),
            grows=False,
            values={**self._stand_ins(), **values},
            state=RunState.RUNNING,
            begins_at=self.began_at,
            looked_at=self.began_at - A_LITTLE,
            created_by=self.actor.id,
            created_by_name=self.actor.name,
            created_at=now,
            submission=new_id(),
        )

    def _stand_ins(self) -> dict[str, str]:
        """What must be filled in and was not is seen as its variable."""
        variables = self.document.variables.items()
        return {name: f"{{{name}}}" for name, each in variables if each.required and not any(each.default.values())}

    def _ticks(self) -> list[datetime]:
        """When the trigger may have something to say: at its hour of every day, wherever the groups are."""
        trigger, config = self.version.trigger, self.version.trigger_config
        if trigger is None or trigger.with_run:
            return [self.began_at]
        at = getattr(getattr(config, "moment", None), "at", None) or getattr(config, "at", None)
        if at is None:
            return [self.began_at]
        zones = {each.zone for each in self.cast.originals.values()}
        days = (self.until - self.began_at).days + 2
        found = {self.began_at}
        for zone in zones:
            first = self.began_at.astimezone(zone).date()
            moments = (datetime.combine(first + timedelta(days=day), at, zone).astimezone(UTC) for day in range(days))
            found |= {each for each in moments if self.began_at <= each <= self.until}
        return sorted(found)

    def _begin_members(self) -> None:
        """Members of whom a trigger cannot know in advance that they begin: a few in each group do."""
        trigger = self.version.trigger
        recurs_by_calendar = len(self.ticks) > 1 and self.document.start.on == "calendar"
        if trigger is None or trigger.with_run or recurs_by_calendar:
            return
        self.notes.append(_STARTS)
        if self.document.audience is Audience.GROUP:
            starts = [Start(key, None, self.began_at) for key in sorted(self.facts)]
        else:
            pairs: Counter[int] = Counter()
            starts = []
            for each in starting.targets_of(self.facts, Audience.MEMBER, self.began_at):
                if pairs[each.group_id] < MOST_TRACKS_OF_GROUP:
                    pairs[each.group_id] += 1
                    starts.append(each)
        with clock.at(self.began_at):
            starting.begin(self.run, self.version, starts, self.facts)
        self.ticks = []

    # -------------------------------------------------------------- moment by moment
    def _moment(self) -> None:
        """Everything that happens now: starts, answers, steps, and what leaves by them."""
        if self.ticks and self.ticks[0] <= self.now:
            self.ticks = [each for each in self.ticks if each > self.now]
            starting.look(self.run.pk, self.now, self.facts)
        self._happen()
        for _round in range(50):
            moved, runs = 0, self._runs()
            while count := advance(run_ids=runs, limit=AT_ONCE):
                moved += count
                if count < AT_ONCE:
                    break
            recorded = wire.record_due(account_ids=self.accounts)
            self.heard += recorded
            if moved or recorded:
                self._answer()
            if moved:
                self._see_to_deeds(runs)
            if not moved and not recorded:
                break

    def _runs(self) -> set[int]:
        """The run, and those that its steps have begun."""
        if not any(step.do == "start_playbook" for step in self.document.walk()):
            return {self.run.pk}
        copies = list(self.cast.copies.values())
        return {self.run.pk, *Track.objects.filter(group_id__in=copies).values_list("run_id", flat=True).distinct()}

    def _following(self) -> datetime | None:
        times = [
            reads.next_moment(self._runs()),
            wire.next_to_record(account_ids=self.accounts),
            self.ticks[0] if self.ticks else None,
            min((each[0] for each in self.later), default=None),
        ]
        known = [each for each in times if each is not None]
        return max(min(known), self.now + A_LITTLE) if known else None

    # -------------------------------------------------------------- what people do
    def _answer(self) -> None:
        """Who is asked, or waited for, says something some time before the end: as many as the plan expects."""
        share = self.document.plan.takes_part if self.document.plan.takes_part is not None else USUAL_SHARE
        fresh = Call.objects.filter(run_id__in=self._runs(), closed_at=None, pk__gt=self.last_call)
        for call in fresh.order_by("pk"):
            self.last_call = call.pk
            self.unasked.append(call)
        fates = chats.fates({call.delivery_key for call in self.unasked if call.delivery_key})
        waiting, self.unasked = self.unasked, []
        for call in waiting:
            if call.delivery_key and ((fate := fates.get(call.delivery_key)) is None or fate.at is None):
                self.unasked.append(call)
                continue
            facts = self.facts[call.group_id]
            place = self.original[call.group_id], call.step
            self.asked[place] += 1
            chance = random.Random(f"{self.cast.seed}:{place}:{self.asked[place]}")  # noqa: S311 (the same every time)
            length = max((call.closes_at - self.now).total_seconds(), 2)
            at = _together(self.now + timedelta(seconds=round(length * chance.uniform(0.05, 0.5))), call.closes_at)
            if call.member_id is not None:
                count = int(chance.random() < (TAKES_TURN if call.of_turn else share))
            else:
                people = facts.member_count if facts.member_count is not None else len(self.people.get(facts.id, ()))
                count = round(people * share)
            if count:
                self.later.append((at, "answer", call.key, count))

    def _see_to_deeds(self, runs: Collection[int]) -> None:
        """Tasks and approvals that tracks wait for end halfway to their time."""
        waiting = Track.objects.filter(run__in=runs, state="waiting", woken__isnull=True)
        for event, until in waiting.exclude(waits_for="").values_list("waits_for", "next_at"):
            if event in self.done or until is None or not event.startswith(("task:", "approval:", "webhook:")):
                continue
            self.done.add(event)
            if _DEEDS not in self.notes:
                self.notes.append(_DEEDS)
            self.later.append((_together(self.now + (until - self.now) / 2, until), "deed", event, 1))

    def _happen(self) -> None:
        due = [each for each in self.later if each[0] <= self.now]
        self.later = [each for each in self.later if each[0] > self.now]
        events: dict[str, dict[str, object]] = {}
        answers: list[CallAnswer] = []
        asked = [key for _at, kind, key, _count in due if kind == "answer"]
        calls = {row.key: row for row in Call.objects.filter(key__in=asked)}
        for _at, kind, key, count in due:
            if kind == "deed":
                events[key] = {"done": True, "approved": True, "ok": True}
                continue
            call = calls[key]
            if call.closed_at is not None:
                continue
            answers += self._answers_to(call, count)
            if call.ends_with_an_answer:
                events[call_event(key)] = {"at": self.now.isoformat()}
        CallAnswer.objects.bulk_create(answers, ignore_conflicts=True)
        wake_all(events=events)

    def _answers_to(self, call: Call, count: int) -> list[CallAnswer]:
        self.answers += count
        people = self.people.get(call.group_id, [])
        if call.member_id is not None:
            known = members.who(people).values()
            people = [each.identity_id for each in known if each.member_id == call.member_id] or people
        chosen = people[:count]
        text = _("(simulated answer)")
        return [
            CallAnswer(call=call, identity_id=identity, text=text, sent_at=self.now, message_id=new_id())
            for identity in chosen
        ]

    # -------------------------------------------------------------- what it came to
    def account(self) -> Rehearsal:
        heard = Heard(
            document=self.document,
            version=self.version,
            actor=self.actor,
            began_at=self.began_at,
            ended_at=min(self.now, self.until),
            run_id=self.run.pk,
            run_ids=self._runs(),
            originals=self.cast.originals,
            simulated=self.cast.simulated,
            original=self.original,
            accounts=self.accounts,
            messages=[each for each in self.heard if each.at <= self.until],
            lost=wire.not_recorded(account_ids=self.accounts),
            answers=self.answers,
            members=sum(map(len, self.people.values())),
            notes=self.notes,
            seconds=monotonic() - self.began,
            stopped_early=self.stopped_early,
        )
        return told(heard)


def _together(at: datetime, end: datetime) -> datetime:
    """The next of the times at which people do things, if that is before the end."""
    later = at + (datetime.min.replace(tzinfo=UTC) - at) % TOGETHER
    return later if later < end else at
