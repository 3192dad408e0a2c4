"""``qunce evaluate``: what Qunce's own judgements are worth, on data that they have not seen."""

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qunce.cli.main import ready, with_data_dir

if TYPE_CHECKING:
    from qunce.insights.policies.evaluation import Cases, Measured

SIMULATED_GROUPS, SIMULATED_HOMES, SIMULATED_DAYS = 300, 15, 330


@click.group()
def evaluate() -> None:
    """Measure judgements against what came."""


@evaluate.command("warning")
@with_data_dir
@click.option("--simulated", is_flag=True, help="On simulated histories instead of your own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _warning(data_dir: Path | None, simulated: bool, as_json: bool) -> None:  # noqa: FBT001 (the options' values)
    """Whether groups that fell silent had been warned of 30 days before."""
    if simulated:
        _report(_of_simulated(), as_json, "simulated histories")
    else:
        with ready(data_dir):
            from qunce.insights.selectors.foresight import own_cases

            _report(own_cases(), as_json, "your own history")


def _report(cases: "Cases", as_json: bool, data: str) -> None:  # noqa: FBT001 (the option's value)
    from qunce.insights.policies.evaluation import ENOUGH_GROUPS

    groups = len(set(cases.groups.tolist()))
    if groups < ENOUGH_GROUPS:
        raise click.ClickException(
            f"{groups} groups have a past long enough to look back at; {ENOUGH_GROUPS} are needed to say anything."
            " --simulated shows how the rules do on simulated histories."
        )
    figures = {"evaluation": "warning", "data": data, "groups": groups, **_compared(cases)}
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    click.echo(f"Early warning, measured on {data}: {groups} groups.")
    click.echo(f"{figures['cases']} cases, of which {figures['silent']} fell silent within 30 days.")
    click.echo(f"The fitted model has not seen the {figures['left_out']} that it is measured on.")
    for name in ("rules", "fitted"):
        _say(name, figures[name])
    click.echo(f"Better: {figures['better']}.")


def _compared(cases: "Cases") -> dict[str, Any]:
    from qunce.insights.policies import evaluation, warning

    rules = evaluation.measured(warning.by_rules(cases.met), cases.came)
    fitted = evaluation.measured(evaluation.left_out(cases.met, cases.came, cases.homes), cases.came)
    return {
        "cases": rules.cases,
        "silent": rules.silent,
        "left_out": "community" if cases.by_community else "tenth of the groups",
        "rules": _figures(rules),
        "fitted": _figures(fitted),
        "better": "fitted" if evaluation.beats(fitted, rules) else "rules",
    }


def _figures(found: "Measured") -> dict[str, Any]:
    return {
        "auc": None if found.auc is None else round(found.auc, 3),
        "brier": round(found.brier, 4),
        "brier_of_always_the_share": round(found.brier_base, 4),
        "calibration": [{key: round(value, 3) for key, value in asdict(each).items()} for each in found.calibration],
    }


def _say(name: str, figures: dict[str, Any]) -> None:
    auc = "–" if figures["auc"] is None else figures["auc"]
    click.echo(
        f"\n{name}: AUC {auc}, Brier {figures['brier']} ({figures['brier_of_always_the_share']} by the share alone)"
    )
    click.echo("    cases   foreseen       came")
    for each in figures["calibration"]:
        click.echo(f"{each['cases']:>9}{each['foreseen']:>11.1%}{each['came']:>11.1%}")


def _of_simulated() -> "Cases":
    """Lives that were made up, cut at many moments."""
    from qunce.cli.bench import stories
    from qunce.insights.policies.evaluation import DAYS, EVERY, cases_of, joined
    from qunce.insights.types import Panel, Stretch

    lives = stories.lives(SIMULATED_GROUPS, days=SIMULATED_DAYS, seed=11)
    parts = []
    for first in range(0, SIMULATED_DAYS - DAYS - 30 + 1, EVERY):
        end = first + DAYS + 30
        cut = Panel(
            lives.group_ids,
            Stretch(lives.stretch.first + timedelta(days=first), end - first),
            {key: days[:, first:end] for key, days in lives.series.items()},
            lives.age - SIMULATED_DAYS + end,
            lives.size,
            lives.planned_silence,
        )
        parts.append(cases_of(cut))
    return joined(parts, {group: group % SIMULATED_HOMES for group in lives.group_ids})
