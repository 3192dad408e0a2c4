"""``qunce rehearse``: a playbook on copies of your groups with a moved clock; nothing is sent, nothing stays."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from qunce.cli.columns import cut, table
from qunce.cli.language import with_language
from qunce.cli.main import ready, with_data_dir

if TYPE_CHECKING:
    from qunce.playbooks.types.rehearsal import Rehearsal, Said, Simulated

MOST_GROUPS, MOST_CLASHES = 10, 20
WIDEST = 56
"""So many columns a text takes at most."""


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


# ------------------------------------------------------------------ in words
def _said(found: "Rehearsal") -> str:
    """What a person wants to know: day by day what groups hear, then the load, and what stands in the way."""
    from django.utils.translation import gettext as _

    zone = ZoneInfo(found.zone)
    began, ended = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (found.began_at, found.ended_at))
    numbers = {
        "groups": found.groups,
        "messages": len(found.messages),
        "answers": found.answers,
        "minutes": found.minutes,
    }
    head = [
        f"{found.title} ({found.key})",
        f"{began} – {ended}  {found.zone}",
        _("Groups: %(groups)s · messages: %(messages)s · answers, simulated: %(answers)s · minutes: %(minutes)s")
        % numbers,
        *(_(note) for note in found.notes),
    ]
    if found.stopped_early:
        head.append(_("Time was up before the end."))
    parts = [head, *_days(found, zone), *_load(found), *_hindrances(found, zone)]
    return "\n\n".join("\n".join(part) for part in parts)


def _days(found: "Rehearsal", zone: ZoneInfo) -> list[list[str]]:
    """A part per day: each step at its first time, in how many groups, with what the first of them reads."""
    from django.utils.formats import date_format
    from django.utils.translation import ngettext

    by_day: dict[date, dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for each in sorted(found.messages, key=lambda each: each.at):
        by_day[each.at.astimezone(zone).date()][each.step].append(each)
    parts = []
    for day, by_step in by_day.items():
        rows = []
        for step, said in by_step.items():
            count, waited = len({each.group_id for each in said}), sum(each.waited > 0 for each in said)
            groups = ngettext("%(n)s group", "%(n)s groups", count) % {"n": count}
            held = ngettext(
                "%(n)s waits for quiet hours or limits", "%(n)s wait for quiet hours or limits", waited
            ) % {"n": waited}
            text = cut(said[0].text or said[0].operation, WIDEST)
            rows.append(
                (f"  {said[0].at.astimezone(zone):%H:%M}", step, groups, f"{text} ({held})" if waited else text)
            )
        parts.append([f"{day:%Y-%m-%d} {date_format(day, 'D')}", *table(rows, numbers=frozenset({2}))])
    return parts


def _load(found: "Rehearsal") -> Iterator[list[str]]:
    """What groups hear, what colleagues do, what accounts send: each with its busiest day."""
    from django.utils.translation import gettext as _
    from django.utils.translation import ngettext

    busiest = _("at most %(n)s in a day (%(day)s)")
    if found.by_group:
        loudest = sorted(found.by_group, key=lambda each: (-each.busiest, -each.total))
        rows = [
            (f"  {cut(each.name, WIDEST)}", f"{each.total}", busiest % {"n": each.busiest, "day": each.busiest_day})
            for each in loudest[:MOST_GROUPS]
        ]
        more = len(loudest) - len(rows)
        rest = ngettext("and %(count)s more group", "and %(count)s more groups", more) % {"count": more}
        yield [_("What each group hears"), *table(rows, numbers=frozenset({1})), *([f"  {rest}"] if more else [])]
    if found.by_operator:
        doers = [
            (
                f"  {cut(each.name, WIDEST)}",
                ngettext("%(count)s task", "%(count)s tasks", each.total) % {"count": each.total},
                ngettext("%(count)s minute", "%(count)s minutes", each.minutes) % {"count": each.minutes},
                busiest % {"n": each.busiest, "day": each.busiest_day},
            )
            for each in found.by_operator
        ]
        yield [_("What colleagues have to do"), *table(doers, numbers=frozenset({1, 2}))]
    if found.quotas:
        accounts = [
            (f"  {each.account}", f"{each.busiest}" + (f" / {each.most}" if each.most else ""))
            for each in found.quotas
        ]
        yield [_("What accounts may send in a day"), *table(accounts, numbers=frozenset({1}))]


def _hindrances(found: "Rehearsal", zone: ZoneInfo) -> Iterator[list[str]]:
    """What would not happen, and what else speaks at the same time."""
    from django.utils.translation import gettext as _

    if found.left_out:
        rows = [
            (f"  {each.step}", f"× {each.count}", _(each.reason) if each.reason else "") for each in found.left_out
        ]
        yield [_("What would not happen"), *table(rows, numbers=frozenset({1}))]
    if found.clashes:
        rows = [
            (f"  {each.at.astimezone(zone):%Y-%m-%d %H:%M}", each.step, cut(each.title, WIDEST))
            for each in found.clashes[:MOST_CLASHES]
        ]
        rest = len(found.clashes) - len(rows)
        yield [_("Collisions"), *table(rows), *([f"  … + {rest}"] if rest else [])]
