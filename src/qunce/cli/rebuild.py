"""``qunce rebuild``: roll-ups and daily series made again from the messages."""

from pathlib import Path

import click

from qunce.cli.main import ready, with_data_dir


@click.command()
@with_data_dir
@click.option("--group", "wanted", multiple=True, metavar="NAME|ID", help="Only this group; may be given repeatedly.")
def rebuild(data_dir: Path | None, wanted: tuple[str, ...]) -> None:
    """Count groups again from their messages, then fill their daily series anew.

    All groups unless some are named. It may be interrupted and run again, also while messages arrive.
    """
    with ready(data_dir):
        from qunce.chat import actions as chat
        from qunce.insights.actions import series

        groups = _groups(wanted)
        with click.progressbar(groups) as counted:
            wrong = sum(chat.count_again(group_ids=[group_id]) for group_id in counted)
        for group_id in groups:
            series.refill(group_id=group_id)
        with click.progressbar(groups) as filling:
            for group_id in filling:
                series.fill(group_ids=[group_id])
        click.echo(f"{len(groups)} groups counted, {wrong} rows were wrong.")


def _groups(wanted: tuple[str, ...]) -> list[int]:
    """The ids of the groups that are named, by id or by name; of all where none is."""
    from qunce.community import selectors as community
    from qunce.kernel.actor import SYSTEM

    every = community.visible_groups(SYSTEM).order_by("pk")
    if not wanted:
        return list(every.values_list("pk", flat=True))
    found: list[int] = []
    for each in wanted:
        named = every.filter(pk=int(each)) if each.isdecimal() else every.filter(name=each)
        ids = list(named.values_list("pk", flat=True))
        if len(ids) != 1:
            said = (
                f"{len(ids)} groups are called {each}: name one by its id." if ids else f"There is no group {each}."
            )
            raise click.ClickException(said)
        found += ids
    return found
