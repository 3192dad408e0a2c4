"""``qunce rehearse``: a playbook on copies of your groups with a moved clock; nothing is sent, nothing stays."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from qunce.cli.language import with_language
from qunce.cli.main import ready, with_data_dir

if TYPE_CHECKING:
    from qunce.playbooks.types.rehearsal import Rehearsal, Simulated

MOST_LINES = 200


@click.command()
@click.argument("key")
@with_data_dir
@click.option("--groups", default="", help="Their numbers or tags, separated by commas. [default: all]")
@click.option(
    "--simulated",
    type=click.IntRange(1, 1000),
    metavar="GROUPS",
    help="So many groups that do not exist, instead of yours.",
)
@click.option(
    "--members", default=80, show_default=True, type=click.IntRange(1, 10_000), help="Of a simulated group, about."
)
@click.option("--seed", default=1, show_default=True, help="The same seed, the same simulated groups and answers.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="For how long.")
@click.option("--from", "began", type=click.DateTime(), help="When it begins, UTC. [default: now]")
@click.option("--set", "given", multiple=True, metavar="NAME=TEXT", help="A variable of the playbook; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@with_language
def rehearse(  # noqa: PLR0917 (click passes the options' values)
    key: str,
    data_dir: Path | None,
    groups: str,
    simulated: int | None,
    members: int,
    seed: int,
    days: int,
    began: datetime | None,
    given: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 (the option's value)
) -> None:
    """Rehearse the playbook KEY: one of yours, one of the library, or a YAML file.

    The same engine and ledger as live, in one transaction that is rolled back. Answers are simulated; with
    --simulated so are groups and members, and no group of yours is needed.
    """
    with ready(data_dir):
        from qunce.playbooks.types.rehearsal import Simulated

        values = dict(each.partition("=")[::2] for each in given)
        made_up = Simulated(simulated, members, seed) if simulated else None
        found = _rehearsed(key, made_up, groups, days, began, values)
        click.echo(json.dumps(found.to_json(), ensure_ascii=False) if as_json else _said(found))


def _rehearsed(  # noqa: PLR0917 (as the command has them)
    key: str, made_up: "Simulated | None", groups: str, days: int, began: datetime | None, values: dict[str, str]
) -> "Rehearsal":
    from qunce.cli.playbook import document_named
    from qunce.kernel.actor import SYSTEM
    from qunce.playbooks import actions

    return actions.rehearse(
        actor=SYSTEM,
        document=document_named(key),
        group_ids=[] if made_up else _named(groups),
        simulated=made_up,
        days=days,
        began_at=began.replace(tzinfo=UTC) if began else None,
        values=values,
    )


def _named(groups: str) -> list[int]:
    """Groups by their numbers or tags; all where none are named."""
    from qunce.community import selectors as community
    from qunce.kernel.actor import SYSTEM

    wanted = {each.strip() for each in groups.split(",") if each.strip()}
    return [
        group.pk
        for group in community.visible_groups(SYSTEM)
        if not wanted or str(group.pk) in wanted or wanted & set(group.tags)
    ]


def _said(found: "Rehearsal") -> str:
    from django.utils.translation import gettext as _

    zone = ZoneInfo(found.zone)
    began, ended = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (found.began_at, found.ended_at))
    lines = [f"{found.title} ({found.key})  {began} – {ended}  {found.zone}"]
    lines += [
        _("Groups: %(groups)s · messages: %(messages)s · answers, simulated: %(answers)s · minutes: %(minutes)s")
        % {
            "groups": found.groups,
            "messages": len(found.messages),
            "answers": found.answers,
            "minutes": found.minutes,
        },
        "",
    ]
    for each in found.messages[:MOST_LINES]:
        text = " ".join((each.text or each.operation).split())[:60]
        waited = " ⏳" if each.waited else ""
        lines.append(f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}  {each.group}  [{each.step}]{waited}  {text}")
    if len(found.messages) > MOST_LINES:
        lines.append("…")
    lines.append("")
    lines += [f"👥 {each.name}: {each.total} (≤ {each.busiest}, {each.busiest_day})" for each in found.by_group[:10]]
    lines += [
        f"🧑 {each.name}: {each.minutes} min (≤ {each.busiest}, {each.busiest_day})" for each in found.by_operator
    ]
    lines += [f"⚠ {each.at.astimezone(zone):%Y-%m-%d %H:%M} [{each.step}] ↔ {each.title}" for each in found.clashes]
    lines += [f"∅ [{each.step}] × {each.count}: {_(each.reason) if each.reason else ''}" for each in found.left_out]
    lines += [f"ℹ {_(note)}" for note in found.notes]
    if found.stopped_early:
        lines.append("… " + _("Time was up before the end."))
    return "\n".join(lines)
