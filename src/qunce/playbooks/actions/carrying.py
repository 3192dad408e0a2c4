"""Letting a kind do its step for many tracks: what fails is put in halves until the one at fault is alone."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from qunce.kernel.errors import QunceError
from qunce.playbooks.policies.walking import ATTEMPTS, next_attempt
from qunce.playbooks.step import Step
from qunce.playbooks.types import Failed, Outcome, StepRun

log = logging.getLogger(__name__)
UNEXPECTED = gettext_noop("Something went wrong that nobody has thought of; the log of this installation says what.")


def carry_out(kind: Step, steps: Sequence[StepRun]) -> list[Outcome]:
    """What came of each, in the same order; whatever a step that failed has written is gone.

    Raises what the database raises when it is away: that is nobody's fault.
    """
    try:
        with transaction.atomic():
            outcomes = list(kind.run(steps))
            if len(outcomes) != len(steps):
                raise ValueError(f"{kind.key}: {len(outcomes)} outcomes of {len(steps)} steps")
            return outcomes
    except Exception as error:
        if connection.connection is None or connection.connection.closed:
            raise
        if len(steps) > 1:
            middle = len(steps) // 2
            return [*carry_out(kind, steps[:middle]), *carry_out(kind, steps[middle:])]
        if isinstance(error, QunceError):
            return [Failed(str(error), _AGAIN)]
        log.exception("step %s of track %s failed", steps[0].step_id, steps[0].track_id)
        return [Failed(UNEXPECTED, _AGAIN)]


_AGAIN: timedelta = next_attempt(1, None) or timedelta(minutes=ATTEMPTS)
