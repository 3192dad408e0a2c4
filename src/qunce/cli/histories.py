"""``qunce import``: a chat history of another program, taken into a group."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.utils.translation import gettext as _

from qunce.cli.language import with_language
from qunce.cli.main import ready, with_data_dir
from qunce.kernel.words import listed

if TYPE_CHECKING:
    from qunce.community.selectors import Community
    from qunce.insights.importer import Source
    from qunce.insights.selectors.imports import Import
    from qunce.insights.types import Chat, Options

EVERY = 20_000
"""Entries after which the progress is said once more, where nobody watches."""


@click.command("import")
@with_data_dir
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--group", "name", metavar="NAME", help="The group it goes into; made where there is none.")
@click.option("--community", metavar="NAME", help="The group's community; founded where there is none.")
@click.option("--chat", metavar="KEY", help="Which chat, where the export has several.")
@click.option("--all-chats", is_flag=True, help="Every chat of the export, each into a group of its own.")
@click.option("--format", "form", default="auto", show_default=True, help="What it is, where Qunce cannot tell.")
@click.option("--zone", default="", metavar="PLACE", help="Of times that are written without one: Asia/Shanghai.")
@click.option("--merge-aliases", is_flag=True, help="Make one member of names that belong to one person.")
@click.option("--unwrap-relays", is_flag=True, help="Let those speak whose words a relay bot repeats.")
@click.option("--exclude-bots", is_flag=True, help="Leave out what bots say.")
@click.option("--json", "as_json", is_flag=True, help="What became of it as JSON.")
@with_language
def import_(data_dir: Path | None, path: Path, *, as_json: bool, form: str, **wanted: Any) -> None:
    """Take the chat history in PATH (a file, a folder or a zip of one) into a group.

    Again, it adds only what is new. It may be cut off anywhere: the same command goes on where it was.
    """
    with legible():
        opened(path)  # what cannot be read at all is said before a database is started
        with ready(data_dir):
            from qunce.cli.database import migrate

            migrate()
            done = take(opened(path), form, wanted)
    _say(done, as_json=as_json)
    sys.exit(any(each["state"] != "done" for each in done))


@contextmanager
def legible() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def opened(path: Path) -> "Source":
    from qunce.insights.importer import Source

    return Source(path)


def take(source: "Source", form: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Take over what is wanted; returns what became of each chat."""
    from qunce.insights.selectors import histories
    from qunce.insights.types import Options

    key = histories.recognise(source=source) if form == "auto" else form
    options = Options(zone=wanted["zone"], exclude_bots=wanted["exclude_bots"])
    found = histories.chats(source=source, importer_key=key, options=options)
    chosen = _chosen(source, found, wanted)
    if wanted["name"] and len(chosen) > 1:
        raise click.ClickException(_("--group names one group: choose one chat with --chat, or leave it out."))
    home = _community(wanted["community"], wanted["name"] or chosen[0].name or source.name)
    done = []
    for each in chosen:
        asked = _proposed(source, key, each, options, wanted)
        done.append(_one(source, key, each, home=home, name=wanted["name"] or "", options=asked))
    return done


def _chosen(source: "Source", found: "Sequence[Chat]", wanted: dict[str, Any]) -> "Sequence[Chat]":
    if not found:
        raise click.ClickException(_("There is no chat in %(name)s.") % {"name": source.path.name})
    if wanted["all_chats"] or (len(found) == 1 and not wanted["chat"]):
        return found
    named = [each for each in found if each.key == wanted["chat"]]
    if named:
        return named
    known = "\n".join(f"  {each.key}\t{each.name}\t{each.messages or ''}".rstrip() for each in found)
    if wanted["chat"]:
        said = _("There is no chat %(chat)s. Choose one with --chat KEY, or all with --all-chats:")
    else:
        said = _("There are %(count)d chats. Choose one with --chat KEY, or all with --all-chats:")
    raise click.ClickException(said % {"chat": wanted["chat"], "count": len(found)} + f"\n{known}")


def _community(name: str | None, otherwise: str) -> "Community":
    """The community of that name, the only one there is, or a new one."""
    from qunce.community import actions, selectors
    from qunce.community.types import CommunityProfile
    from qunce.kernel.actor import SYSTEM

    known = {each.name: each for each in selectors.visible_communities(SYSTEM)}
    if name in known:
        return known[name]
    if not name and len(known) == 1:
        return next(iter(known.values()))
    if not name and known:
        raise click.ClickException(_("Say which community with --community: %(names)s.") % {"names": listed(known)})
    return actions.create_community(actor=SYSTEM, profile=CommunityProfile(name=(name or otherwise)[:80]))


def _proposed(source: "Source", key: str, chat: "Chat", options: "Options", wanted: dict[str, Any]) -> "Options":
    """The options with everything that is proposed, where that is wanted: the history is read once for it."""
    from qunce.insights.selectors import histories

    if not (wanted["merge_aliases"] or wanted["unwrap_relays"]):
        return options
    if wanted["unwrap_relays"]:
        looked = histories.look(source=source, importer_key=key, chat=chat.key, options=options, n=0)
        options = replace(options, relays=tuple(relay.person for relay in looked.relays))
    if wanted["merge_aliases"]:
        looked = histories.look(source=source, importer_key=key, chat=chat.key, options=options, n=0)
        options = replace(options, aliases=tuple((alias.person, alias.into) for alias in looked.aliases))
    return options


def _one(
    source: "Source", key: str, chat: "Chat", *, home: "Community", name: str, options: "Options"
) -> dict[str, Any]:
    from qunce.community import selectors
    from qunce.community.types import GroupFilter
    from qunce.insights.actions import imports, runs
    from qunce.insights.selectors import imports as imports_of
    from qunce.kernel.actor import SYSTEM
    from qunce.kernel.words import sentences

    known = selectors.find_groups(SYSTEM, GroupFilter(community_id=home.pk, text=name)) if name else []
    same = [group.pk for group in known if group.name == name]
    if len(same) > 1:
        told = {"count": len(same), "name": name}
        raise click.ClickException(_("%(count)d groups are called %(name)s: rename one of them.") % told)
    begun = time.monotonic()
    run = imports.begin_import(
        actor=SYSTEM,
        source=source,
        importer_key=key,
        chat=chat.key,
        community_id=home.pk,
        group_id=same[0] if same else None,
        name=name,
        options=options,
    )
    run = runs.run_import(import_id=run.pk, source=source, progress=_progress(chat.name))
    group = selectors.group(SYSTEM, run.group_id)
    return {
        "format": key,
        "chat": chat.key,
        "group": group.name,
        "group_id": group.pk,
        "community": home.name,
        "state": run.state,
        "error": sentences(*imports_of.failure(run)),
        "stored": run.stored,
        "repeated": run.repeated,
        "joined": run.joined,
        "left": run.left,
        "merged": len(run.merged),
        "unwrapped": len(options.relays),
        "first": run.first_at and run.first_at.isoformat(),
        "last": run.last_at and run.last_at.isoformat(),
        "skipped": run.skipped,
        "seconds": round(time.monotonic() - begun, 2),
    }


def _progress(name: str) -> "Callable[[Import], None]":
    """Says how far it is: in place for who watches, else now and then a line."""
    watched, said = sys.stderr.isatty(), 0

    def tell(run: "Import") -> None:
        nonlocal said
        if watched or run.entries_done - said >= EVERY:
            said = run.entries_done
            said_so = _("%(name)s: %(read)s read, %(stored)s messages stored")
            if run.expected:
                said_so = _("%(name)s: %(read)s of about %(whole)s read, %(stored)s messages stored")
            line = said_so % {
                "name": name or run.chat,
                "read": f"{run.entries_done:,}",
                "whole": f"{run.expected or 0:,}",
                "stored": f"{run.stored:,}",
            }
            click.echo(f"\r{line}" if watched else line, nl=not watched, err=True)

    return tell


def _say(done: list[dict[str, Any]], *, as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
    if as_json:
        click.echo(json.dumps(done[0] if len(done) == 1 else done, ensure_ascii=False))
        return
    for each in done:
        where = _("“%(group)s” in “%(community)s”") % each
        if each["error"]:
            click.echo(f"{where}: {each['error']}", err=True)
        told = {name: f"{each[name]:,}" for name in ("stored", "repeated", "joined", "left")}
        click.echo(
            _(
                "%(where)s: %(stored)s messages stored, %(repeated)s were there already, %(joined)s came,"
                " %(left)s left."
            )
            % {"where": where, **told}
        )
        for reason, skipped in each["skipped"].items():
            places = "; ".join(" ".join(filter(None, place)) for place in skipped["places"][:3])
            told = {"reason": reason, "count": f"{skipped['count']:,}", "places": places}
            click.echo(_("  skipped, %(reason)s: %(count)s (%(places)s)") % told)
