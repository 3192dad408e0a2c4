"""``qunce evaluate``: what Qunce's own judgements are worth, on data that they have not seen."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.utils.translation import gettext as _

from qunce.cli.language import with_language
from qunce.cli.main import ready, set_up_django, with_data_dir
from qunce.kernel.words import sentences

if TYPE_CHECKING:
    from qunce.insights.policies.evaluation import Cases

SIMULATED_GROUPS, SIMULATED_HOMES, SIMULATED_DAYS = 300, 15, 330


@click.group()
def evaluate() -> None:
    """Measure judgements against what came."""


@evaluate.command("warning")
@with_data_dir
@click.option("--simulated", is_flag=True, help="On simulated histories instead of your own.")
@click.option("--adopt", is_flag=True, help="Warn by the fitted model from now on, where it is better.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_language
def _warning(data_dir: Path | None, *, simulated: bool, adopt: bool, as_json: bool) -> None:
    """Whether groups that fell silent had been warned of 30 days before."""
    if simulated and adopt:
        raise click.UsageError("Only a model of your own history can be adopted.")
    if simulated:
        set_up_django()
        from qunce.insights.policies.evaluation import compared
        from qunce.insights.policies.warning import BUILT_IN
        from qunce.insights.selectors.warnings import figures_of

        _show({"data": "simulated histories", **figures_of(compared(_of_simulated(), BUILT_IN))}, as_json=as_json)
        return
    with ready(data_dir):
        from qunce.insights.actions import foresight
        from qunce.kernel.actor import SYSTEM
        from qunce.kernel.errors import Invalid

        try:
            row = foresight.measure(name=SYSTEM.name)
        except Invalid as error:
            more = _("--simulated shows how the rules do on simulated histories.")
            raise click.ClickException(sentences(error, more)) from error
        if adopt:
            row = foresight.adopt(actor=SYSTEM, model_id=row.pk)
        _show({"data": "your own history", **row.figures, "adopted": row.in_force}, as_json=as_json)


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"evaluation": "warning", **figures}, ensure_ascii=False))
        return
    data = _("simulated histories") if figures["data"] == "simulated histories" else _("your own history")
    click.echo(_("Early warning, measured on %(data)s: %(groups)d groups.") % {**figures, "data": data})
    click.echo(_("%(cases)d cases, of which %(silent)d fell silent within 30 days.") % figures)
    if figures["left_out"] == "community":
        click.echo(_("The fitted model has not seen the community that it is measured on."))
    else:
        click.echo(_("The fitted model has not seen the tenth of the groups that it is measured on."))
    _say(_("in force"), figures["rules"])
    _say(_("fitted"), figures["fitted"])
    click.echo()
    if figures["better"] == "fitted":
        click.echo(_("The fitted model is better."))
    else:
        click.echo(_("The fitted model is not surely better."))
    if figures.get("adopted"):
        click.echo(_("It is in force from now on."))


def _say(name: str, figures: dict[str, Any]) -> None:
    auc = "–" if figures["auc"] is None else figures["auc"]
    told = {"name": name, "auc": auc, "brier": figures["brier"], "share": figures["brier_of_always_the_share"]}
    click.echo()
    click.echo(_("%(name)s: AUC %(auc)s, Brier %(brier)s (%(share)s by the share alone)") % told)
    click.echo(_("    cases   foreseen       came"))
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
