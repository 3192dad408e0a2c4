"""``qunce report``: from an exported chat history to a report of its health, in one command."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from django.utils.translation import gettext as _

from qunce.cli.histories import legible, opened, take
from qunce.cli.language import language, with_language
from qunce.cli.main import ready

if TYPE_CHECKING:
    from qunce.insights.types import Report


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="report.html or report.pdf. [NAME-report.html]"
)
@click.option(
    "--metrics", type=click.Path(path_type=Path, dir_okay=False), help="All figures as JSON, into this file."
)
@with_language
@click.option("--format", "form", default="auto", show_default=True, help="What it is, where Qunce cannot tell.")
@click.option("--zone", default="", metavar="PLACE", help="Of times that are written without one: Asia/Shanghai.")
@click.option("--chat", metavar="KEY", help="Only this chat, where the export has several.")
@click.option("--merge-aliases", is_flag=True, help="Make one member of names that belong to one person.")
@click.option("--unwrap-relays", is_flag=True, help="Let those speak whose words a relay bot repeats.")
@click.option("--exclude-bots", is_flag=True, help="Leave out what bots say.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, readable=False),
    help="Keep what is read here, so that the next report begins with it. [default: nothing is kept]",
)
def report(path: Path, *, data_dir: Path | None, out: Path | None, metrics: Path | None, **wanted: Any) -> None:
    """Read the chat history in PATH (a file, a folder or a zip of one) and say how the community is.

    Needs no account and no server; what is read stays on this machine.
    """
    into = out or Path(f"{path.resolve().stem}-report.html")
    with legible():
        opened(path)  # what cannot be read at all is said before a database is started
        for file in filter(None, (into, metrics)):
            if not file.absolute().parent.is_dir():
                raise click.ClickException(f"There is no folder {file.parent}.")
        with _folder(data_dir) as folder, ready(folder):
            from qunce.cli.database import migrate

            _say(_("Starting"))
            migrate()
            form = wanted.pop("form")
            asked = {
                **wanted,
                "name": None,
                "community": _home(path, wanted["zone"]),
                "all_chats": not wanted["chat"],
            }
            done = take(opened(path), form, asked)
            _finish(path, done, into=into, metrics=metrics, language=language(), zone=wanted["zone"])


def _say(what: str) -> None:
    click.echo(what, err=True)


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given:
        yield given
        return
    with TemporaryDirectory(prefix="qunce-report-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def _home(path: Path, zone: str) -> str:
    """The community that is reported on, by name; its days are those of the zone. Made where there is none."""
    from qunce.community import actions, selectors
    from qunce.community.types import CommunityProfile
    from qunce.kernel.actor import SYSTEM

    name = path.resolve().stem[:80]
    if not selectors.visible_communities(SYSTEM).filter(name=name).exists():
        actions.create_community(actor=SYSTEM, profile=CommunityProfile(name=name, zone=zone or "UTC"))
    return name


def _finish(
    path: Path, done: Sequence[dict[str, Any]], *, into: Path, metrics: Path | None, language: str, zone: str
) -> None:
    from zoneinfo import ZoneInfo

    from qunce.insights.actions import series
    from qunce.insights.selectors.truth import truth

    failed = [each for each in done if each["state"] != "done"]
    if failed:
        raise click.ClickException(failed[0]["error"] or _("%(chat)s could not be read.") % failed[0])
    groups = [each["group_id"] for each in done if each["stored"] or each["repeated"]]
    if not groups:
        raise click.ClickException(_("Nobody says anything in %(name)s.") % {"name": path.name})
    if metrics:
        _say(_("Counting"))
        # Also where nobody has said anything some have come.
        figures = truth([each["group_id"] for each in done], ZoneInfo(zone) if zone else None)
        metrics.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _say(_("Looking for what stands out"))
    series.fill(group_ids=groups)
    made = _report(path, done, groups, language)
    if made is None:
        raise click.ClickException(_("Nobody says anything in %(name)s.") % {"name": path.name})
    _say(_("Drawing"))
    _write(made, into)
    click.echo(f"{made.title} · {into}")
    sys.stdout.flush()


def _report(path: Path, done: Sequence[dict[str, Any]], groups: Sequence[int], language: str) -> "Report | None":
    from django.utils.translation import override

    from qunce.insights.selectors.reports import report_of, skipped
    from qunce.kernel.actor import SYSTEM

    with override(language):
        notes = skipped(done)
    name = path.resolve().stem if len(groups) > 1 else ""
    return report_of(SYSTEM, groups, name=name, language=language, notes=notes)


def _write(made: "Report", into: Path) -> None:
    from qunce.insights.selectors import renderings

    if into.suffix.lower() == ".pdf":
        into.write_bytes(renderings.pdf(made))
    else:
        into.write_text(renderings.html(made), encoding="utf-8")
