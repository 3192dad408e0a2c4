"""What a stage of the pipeline costs: batches with and without it in turns, so that both meet the same machine."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from uuid import uuid4

import psutil
from click import BadParameter
from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.actions.ingest import stages
from qunce.chat.stage import Inflow, Stage
from qunce.chat.types import Batch, Inbound, Origin, Selection
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions as playbooks
from qunce.playbooks.types import Document


def named(name: str) -> Stage:
    """The stage of that name. Raises BadParameter where there is none."""
    known = {each.name: each for each in stages()}
    if name not in known:
        raise BadParameter(f"There is no stage {name}. There are: {', '.join(known)}.")
    return known[name]


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


def cost(
    account_id: int, batches: Sequence[Sequence[Inbound]], stage: Stage, empty: Callable[[], None], rounds: int = 1
) -> float:
    """How much more work a batch is with the stage, as a factor; in each round every batch is measured both ways.

    Work is processor time, ours and the database's for us: that of others on the machine does not count.
    """
    spent = {True: 0.0, False: 0.0}
    for first in (True, False) * rounds:
        empty()
        for number, events in enumerate(batches):
            on = (number % 2 == 0) is first
            with nullcontext() if on else _left_out(stage):
                before = _spent()
                chat.ingest(Batch(account_id, Origin.LIVE, events))
                spent[on] += _spent() - before
    return spent[True] / spent[False]


def _spent() -> float:
    """Seconds of processor time of this process, and of the one that serves it in the database."""
    connection.ensure_connection()
    served = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + served.user + served.system


@contextmanager
def _left_out(stage: Stage) -> Iterator[None]:
    """The stage does nothing for as long."""
    parts = dict.fromkeys(("foresee", "run"), _nothing)
    vars(stage).update(parts)
    try:
        yield
    finally:
        for part in parts:
            del vars(stage)[part]


def _nothing(_inflow: Inflow) -> None:
    return
