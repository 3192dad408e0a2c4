"""A small world for the tests of the engine: groups of the sandbox, and kinds that do as they are told."""

import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

from pydantic import BaseModel

from qunce.chat import actions as chat
from qunce.chat.models import Account, Delivery
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Purpose, Selection
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.members.condition import Condition, conditions
from qunce.playbooks import actions
from qunce.playbooks.step import Step, steps
from qunce.playbooks.trigger import Trigger, triggers
from qunce.playbooks.types import (
    Branch,
    Document,
    Done,
    End,
    Failed,
    Start,
    WaitFor,
    WaitUntil,
)
from tests.chat import support as chat_support

START = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 9 o'clock in Shanghai, a Friday
_numbers = count(1)


class Told(BaseModel):
    text: str = ""
    seconds: int = 0
    path: str = ""
    event: str = ""
    reason: str = ""
    needs_luck: bool = False


class Say(Step):
    """Plans a message under a key of its own each time: were it carried out twice, there would be two."""

    title, icon, Config, speaks = "Say", "message", Told, True

    def run(self, steps):
        account = Account.objects.order_by("pk").first()
        chat.plan(
            account_id=account.pk,
            planned=[
                Planned(
                    f"{step.key}:{uuid4()}",
                    step.group.id,
                    Content.of(step.config.text.format(**step.values) or step.step_id),
                    Purpose.SERVICE,
                    None,
                    None,
                )
                for step in steps
            ],
        )
        return [Done({"said": step.config.text}) for step in steps]

    def summary(self, config, language):
        return config.text


class Hold(Step):
    """Waits for an event, or some seconds; goes the way it was woken with, or ``silent``."""

    title, icon, Config, paths = "Hold", "clock", Told, ("answered", "silent")

    def run(self, steps):
        return [self._one(step) for step in steps]

    def _one(self, step):
        if step.woken is not None:
            return Branch("answered", {"woken": dict(step.woken)})
        if step.timed_out:
            return Branch("silent")
        until = step.now + timedelta(seconds=step.config.seconds) if step.config.seconds else None
        if step.config.event:
            return WaitFor(f"{step.config.event}:{step.group.id}", until)
        return WaitUntil(until or step.now)

    def summary(self, config, language):
        return config.event


class Fork(Step):
    title, icon, Config, paths = "Fork", "arrows-split", Told, ("left", "right")

    def run(self, steps):
        return [Branch(step.config.path) for step in steps]

    def summary(self, config, language):
        return config.path


class Leave(Step):
    title, icon, Config = "Leave", "logout", Told

    def run(self, steps):
        return [End(step.config.reason) for step in steps]

    def summary(self, config, language):
        return config.reason


class Break(Say):
    """Fails as it is told: by an exception for groups whose name ends with its text, else by an outcome."""

    speaks = False

    def run(self, steps):
        if any(step.config.text and step.group.external_id.endswith(step.config.text) for step in steps):
            super().run(steps)
            raise RuntimeError("broken")
        if steps[0].config.reason:
            pause = timedelta(seconds=steps[0].config.seconds) if steps[0].config.seconds else None
            return [Failed(step.config.reason, pause) for step in steps]
        return super().run(steps)


class Beneath(Step):
    title, icon, Config, paths = "Beneath", "playlist", Told, ("done", "stopped")

    def run(self, steps):
        fresh = [step for step in steps if step.woken is None]
        made = (
            dict(
                zip(
                    [step.key for step in fresh],
                    actions.begin_beneath(key=fresh[0].config.path, steps=fresh),
                    strict=True,
                )
            )
            if fresh
            else {}
        )
        return [
            Branch(step.woken["state"]) if step.woken is not None else WaitFor(f"track:{made[step.key]}")
            for step in steps
        ]

    def summary(self, config, language):
        return config.path


class AtOnce(Trigger):
    title, icon, Config, with_run = "At once", "player-play", Told, True

    def sentence(self, config, language):
        return "at once"


class Ticks(Trigger):
    """Every group begins each full hour."""

    title, icon, Config, recurs, by_clock = "Ticks", "clock", Told, True, True

    def sentence(self, config, language):
        return "each hour"

    def starts(self, config, groups, audience, since, until):
        hour = since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        found = []
        while hour <= until:
            found += [Start(group.id, None, hour, int(hour.strftime("%Y%m%d%H"))) for group in groups]
            hour += timedelta(hours=1)
        return found


class Hears(Trigger):
    title, icon, Config = "Hears", "ear", Told

    def sentence(self, config, language):
        return "said"

    def hears(self, config, message):
        return config.text in message.text


class EvenGroup(Condition):
    """Of groups whose name ends with the text."""

    title, Config, of_groups = "Even", Told, True

    def sentence(self, config):
        return "ends so"

    def holding(self, config, subjects, now):
        from qunce.community import selectors as community

        ids = {subject.group_id for subject in subjects}
        named = {key for key, name in community.external_ids(ids).items() if name.endswith(config.text)}
        return {subject for subject in subjects if subject.group_id in named}


STEPS = {"say": Say, "hold": Hold, "fork": Fork, "leave": Leave, "break": Break, "beneath": Beneath}
TRIGGERS = {"at_once": AtOnce, "ticks": Ticks, "hears": Hears}
CONDITIONS = {"named": EvenGroup}


@contextmanager
def installed():
    """As if a plug-in had brought them."""
    kinds = [(steps, STEPS), (triggers, TRIGGERS), (conditions, CONDITIONS)]
    for registry, ours in kinds:
        len(registry)
        for key, kind in ours.items():
            kind.key = f"test_{key}"
            registry._kinds[kind.key] = kind
    try:
        yield sys.modules[__name__]
    finally:
        for registry, ours in kinds:
            for key in ours:
                del registry._kinds[f"test_{key}"]


# ------------------------------------------------------------------ set-up in a line
def groups(number=3, **more):
    """So many groups in a community of their own, by the account of the sandbox; their ids in order."""
    account = Account.objects.order_by("pk").first() or chat_support.account()
    rooms = [f"!r{next(_numbers)}" for _ in range(number)]
    found = chat_support.adopted(account, *rooms, **more)
    return [found[room] for room in rooms]


def step(key, do="say", **fields):
    spec = {name: fields.pop(name) for name in ("when", "only_if", "late", "paths", "title") if name in fields}
    return {"id": key, "do": f"test_{do}", "with_": fields, **spec}


def document(*steps, on="at_once", **more):
    return Document.model_validate(
        {
            "key": more.pop("key", f"book-{next(_numbers)}"),
            "title": "读书七日",
            "start": {"on": f"test_{on}", "with_": more.pop("with_", {})},
            "steps": list(steps),
            **more,
        }
    )


def published(written, community_id=None):
    row = actions.create_playbook(actor=SYSTEM, document=written, community_id=community_id)
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    return row


def begun(found, *steps, actor=SYSTEM, begins_at=None, values=None, grows=True, selection=None, **more):
    """A run of these steps on the groups."""
    row = published(document(*steps, **more))
    return actions.begin_run(
        actor=actor,
        playbook_id=row.pk,
        selection=selection or Selection(group_ids=tuple(group.pk for group in found)),
        submission=uuid4(),
        begins_at=begins_at,
        values=values,
        grows=grows,
    )


def go(moment=None):
    """What the clock's job does, at a moment."""
    with clock.at(moment or clock.now()):
        actions.look_for_starts()
        while actions.advance():
            pass


def said(group=None):
    """What was planned to be said, in order: the steps' texts."""
    rows = Delivery.objects.filter(key__startswith="playbook:").order_by("created_at", "pk")
    rows = rows.filter(group_id=group.pk) if group else rows
    return [row.content[0]["text"] for row in rows]
