"""Questions stay without an answer."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import MONTH, Column, either, lived, of, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Rare, Shown, answered, marked
from qunce.insights.types import Facts, Mark, Panel, Unit

USUALLY = 0.4
WEIGHT = 5.0
FEWEST = 3
"""Of two questions nothing can be said."""


class Unanswered(Measured):
    """The share of questions that nobody else answers within a day."""

    title = gettext_noop("Questions stay unanswered")
    threshold = gettext_noop(
        "Said from 40 per cent of questions without an answer within a day, fully at 80 per cent: 40 per cent"
        " of 40,931 messages that began a thread in 99 Usenet groups got no reply (Burke et al. 2007); the"
        " upper bound is our convention."
    )
    weight = 25
    reads = ("questions", "unanswered")
    proposal = "question_hour"
    chance = 0.8
    alarm = gettext_noop("Most questions in %(group)s stay without an answer.")
    window = MONTH
    sentence = gettext_noop(
        "Questions of four weeks without an answer within a day: %(open)s of %(questions)s (%(share)s)."
    )
    shown = (
        Shown("questions", gettext_noop("Questions, four weeks"), Unit.COUNT),
        Shown("open", gettext_noop("Without an answer within a day"), Unit.COUNT),
        Shown("share", gettext_noop("Share without an answer"), Unit.SHARE, USUALLY),
    )

    rare = Rare(
        ("questions",),
        10.0,
        gettext_noop("Questions of four weeks: %(questions)s; without an answer within a day: %(open)s."),
        shown[:2],
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        # The last day's questions may still be answered.
        questions, left = (total(recent(lived(panel, key)[:, :-1], MONTH)) for key in ("questions", "unanswered"))
        seen = of(left, questions)
        severity = ramp(share(left, questions, USUALLY, WEIGHT), USUALLY, 0.8)
        severity = either(questions >= FEWEST, severity, np.nan)
        return {SEVERITY: severity, "questions": questions, "open": left, "share": seen}

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        asked = marked(facts, within, Mark.QUESTION)
        return asked[~answered(facts)[asked]]
