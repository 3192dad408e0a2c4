"""What each stage of the pipeline costs."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

import psutil
from django.db import connection

from qunce.chat.actions.ingest import stages
from qunce.chat.stage import Inflow
from qunce.chat.types import Selection
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions as playbooks
from qunce.playbooks.types import Document

PARTS = ("foresee", "run")


def put_to_work() -> None:
    """A playbook is at work in every group and has nothing to do before long: its stage is on, and idle."""
    document = Document.model_validate({
        "key": "bench-idle",
        "title": "bench",
        "steps": [{"id": "one", "do": "send", "when": {"day": 300, "at": "09:00"}, "with_": {"text": {"zh": "好"}}}],
    })  # fmt: skip
    row = playbooks.create_playbook(actor=SYSTEM, document=document)
    playbooks.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    everywhere = Selection(everywhere=True)
    playbooks.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=everywhere, submission=uuid4())
    playbooks.look_for_starts()


def costs(work: Callable[[], None]) -> dict[str, float]:
    """How much more the work is with each stage than without it, as a factor, by the stage's name.

    What a stage works out first for others counts as its own.
    """
    before = _spent()
    with _watched() as inside:
        work()
    whole = _spent() - before
    return {each.name: whole / (whole - inside[each.name]) for each in stages()}


@contextmanager
def _watched() -> Iterator[defaultdict[str, float]]:
    """The seconds that are spent in each stage, by its name."""
    inside: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, part: Callable[[Inflow], None], inflow: Inflow) -> None:
        before = _spent()
        part(inflow)
        inside[name] += _spent() - before

    try:
        for stage in stages():
            vars(stage).update({part: partial(timed, stage.name, getattr(stage, part)) for part in PARTS})
        yield inside
    finally:
        for stage in stages():
            for part in PARTS:
                vars(stage).pop(part, None)


def _spent() -> float:
    """Seconds of processor time of this process, and of the one that serves it in the database.

    That others are busy on the machine does not count so.
    """
    connection.ensure_connection()
    served = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + served.user + served.system
