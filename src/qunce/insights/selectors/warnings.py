"""The early warning: which model is in force, and what was measured of others."""

from dataclasses import asdict
from typing import Any

from qunce.insights.models import WarningModel as WarningModel  # noqa: PLC0414 (rows are passed along)
from qunce.insights.policies.evaluation import Comparison, Measured
from qunce.insights.policies.warning import BUILT_IN, Weights
from qunce.kernel.actor import Actor, Permission

KEPT = 20
"""Measurements that are listed."""


def weights_in_force() -> Weights:
    """Of the adopted model, else the built-in rules. No guard: not for pages."""
    adopted = WarningModel.objects.filter(in_force=True).first()
    return weights_of(adopted) if adopted else BUILT_IN


def weights_of(row: WarningModel) -> Weights:
    """As they were kept."""
    return Weights(row.weights["base"], row.weights["points"])


def measurements(actor: Actor) -> list[WarningModel]:
    """What was measured, the latest first, the one in force always. For those who lead any community."""
    if not actor.may_anywhere(Permission.LEAD):
        actor.require(Permission.LEAD)
    rows = list(WarningModel.objects.order_by("-measured_at", "-pk")[:KEPT])
    adopted = WarningModel.objects.filter(in_force=True).exclude(pk__in=[row.pk for row in rows])
    return [*rows, *adopted]


def figures_of(found: Comparison) -> dict[str, Any]:
    """What a comparison found, as it is kept and printed."""
    return {
        "groups": found.groups,
        "cases": found.rules.cases,
        "silent": found.rules.silent,
        "left_out": "community" if found.by_community else "tenth of the groups",
        "rules": _figures(found.rules),
        "fitted": _figures(found.fitted),
        "gain": round(found.gain, 5),
        "doubt": round(found.doubt, 5),
        "better": "fitted" if found.better else "rules",
    }


def _figures(found: Measured) -> dict[str, Any]:
    return {
        "auc": None if found.auc is None else round(found.auc, 3),
        "brier": round(found.brier, 4),
        "brier_of_always_the_share": round(found.brier_base, 4),
        "calibration": [{key: round(value, 3) for key, value in asdict(each).items()} for each in found.calibration],
    }
