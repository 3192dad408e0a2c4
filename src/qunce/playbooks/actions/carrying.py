"""Letting a kind do its step for many tracks: what fails is put in halves until the one at fault is alone."""

import logging
from collections.abc import Sequence

import psycopg
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from qunce.kernel.errors import QunceError
from qunce.playbooks.policies.walking import FIRST_PAUSE
from qunce.playbooks.step import Step
from qunce.playbooks.types import Failed, Outcome, StepRun

log = logging.getLogger(__name__)
UNEXPECTED = gettext_noop("Something went wrong that nobody has thought of; the log of this installation says what.")


def carry_out(kind: Step, steps: Sequence[StepRun]) -> list[Outcome]:
    """What came of each, in the same order; whatever a step that failed has written is gone.

    Raises what the database raises when it is away, or has opened a circle of waiting: that is nobody's fault.
    """
    try:
        with transaction.atomic():
            return [outcome for _step, outcome in zip(steps, kind.run(steps), strict=True)]
    except Exception as error:
        if connection.connection is None or connection.connection.closed or in_a_circle(error):
            raise
        if len(steps) > 1:
            middle = len(steps) // 2
            return [*carry_out(kind, steps[:middle]), *carry_out(kind, steps[middle:])]
        if isinstance(error, QunceError):
            return [Failed(str(error), FIRST_PAUSE)]
        log.exception("step %s of track %s failed", steps[0].step_id, steps[0].track_id)
        return [Failed(UNEXPECTED, FIRST_PAUSE)]


def in_a_circle(error: BaseException) -> bool:
    """Whether the database has ended this because two waited for each other."""
    return isinstance(error.__cause__, psycopg.errors.DeadlockDetected)
