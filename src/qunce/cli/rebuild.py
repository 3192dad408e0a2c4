"""``qunce rebuild``: roll-ups and daily series made again from the messages."""

from pathlib import Path

import click
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.cli.language import with_language
from qunce.cli.main import ready, with_data_dir


@click.command()
@with_data_dir
@click.option("--group", "wanted", multiple=True, metavar="NAME|ID", help="Only this group; may be given repeatedly.")
@with_language
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
        said = ngettext(
            "%(count)d group counted; rows that were wrong: %(wrong)d.",
            "%(count)d groups counted; rows that were wrong: %(wrong)d.",
            len(groups),
        )
        click.echo(said % {"count": len(groups), "wrong": wrong})


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
            told = {"count": len(ids), "name": each}
            said = _("%(count)d groups are called %(name)s: name one by its id.")
            if not ids:
                said = _("There is no group %(name)s.")
            raise click.ClickException(said % told)
        found += ids
    return found
