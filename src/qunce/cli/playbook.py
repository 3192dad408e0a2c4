"""``qunce playbook``: playbooks as YAML files, out and in, and what the checks say of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qunce.cli.language import language, with_language
from qunce.cli.main import ready, with_data_dir

if TYPE_CHECKING:
    from qunce.playbooks.selectors import Playbook
    from qunce.playbooks.types import Document

MARKS = {"error": "✗", "warning": "⚠", "hint": "·"}


@click.group()
def playbook() -> None:
    """List playbooks, check them, and take them out and in as YAML."""


@playbook.command("list")
@with_data_dir
@with_language
def _list(data_dir: Path | None) -> None:
    """Yours, and those of the library."""
    with ready(data_dir):
        from qunce.kernel.actor import SYSTEM
        from qunce.playbooks import selectors
        from qunce.playbooks.types import said

        reader = language()
        for row in selectors.visible_playbooks(SYSTEM):
            click.echo(f"{row.key}  {said(row.document['title'], reader)}")
        for entry in selectors.library():
            missing = f"  (needs {', '.join(entry.missing)})" if entry.missing else ""
            click.echo(f"library: {entry.key}  {entry.title(reader)}{missing}")


@playbook.command("export")
@click.argument("key")
@with_data_dir
def _export(key: str, data_dir: Path | None) -> None:
    """Write the playbook KEY, or the library's, as YAML."""
    with ready(data_dir):
        click.echo(text_named(key), nl=False)


@playbook.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_data_dir
@click.option("--community", type=int, help="Number of the community whose it is. [default: everybody's]")
def _import(file: Path, data_dir: Path | None, community: int | None) -> None:
    """Take the playbook in FILE in as a draft; one of the same key is changed."""
    with ready(data_dir):
        from qunce.kernel.actor import SYSTEM
        from qunce.playbooks import actions

        text = file.read_text(encoding="utf-8")
        document = _read(text, str(file))
        there = _own(document.key, community)
        if there is None:
            actions.create_playbook(actor=SYSTEM, document=document, community_id=community, text=text)
        else:
            actions.change_draft(
                actor=SYSTEM, playbook_id=there.pk, edition=there.edition, document=document, text=text
            )
        click.echo(document.key)


@playbook.command("check")
@click.argument("key")
@with_data_dir
@with_language
def _check(key: str, data_dir: Path | None) -> None:
    """Say what is unwise in a playbook of yours, of the library, or in a file; 1 where it cannot be published."""
    with ready(data_dir):
        from django.utils.translation import gettext as _

        from qunce.kernel.actor import SYSTEM
        from qunce.playbooks import selectors
        from qunce.playbooks.policies.yaml import lines

        at = lines(text_named(key))
        found = selectors.findings(SYSTEM, document_named(key))
        for each in found:
            place = f"{at.get(each.step, '')}: {each.step}: " if each.step else ""
            click.echo(f"{MARKS[each.severity]} {place}{_(each.sentence) % each.params}")
            if each.fix:
                click.echo(f"  → {_(each.fix) % each.params}")
        if not found:
            click.echo("✓")
    sys.exit(any(each.severity == "error" for each in found))


# ------------------------------------------------------------------ which one is meant
def text_named(key: str) -> str:
    """The text of a file, of a playbook of ours, or of the library's."""
    from qunce.kernel.errors import NotFound
    from qunce.playbooks import selectors
    from qunce.playbooks.policies.writing import written

    if key.endswith((".yaml", ".yml")):
        file = Path(key)
        if not file.is_file():
            raise click.ClickException(f"There is no file {key}.")
        return file.read_text(encoding="utf-8")
    if row := _own(key):
        return row.text or written(selectors.document_of(row), "", selectors.vocabulary())
    try:
        return selectors.library_entry(key).text
    except NotFound:
        raise click.ClickException(f"There is no playbook “{key}”; `qunce playbook list` names them.") from None


def document_named(key: str) -> "Document":
    """What it says. Raises ClickException with everything that is wrong with it."""
    from qunce.playbooks import selectors

    row = None if key.endswith((".yaml", ".yml")) else _own(key)
    return selectors.document_of(row) if row else _read(text_named(key), key)


def _own(key: str, community: int | None = None) -> "Playbook | None":
    from qunce.kernel.actor import SYSTEM
    from qunce.playbooks import selectors

    found = selectors.visible_playbooks(SYSTEM).filter(key=key)
    return found.filter(community=community).first() if community else found.order_by("community_id").first()


def _read(text: str, name: str) -> "Document":
    from django.utils.translation import gettext as _

    from qunce.playbooks import selectors
    from qunce.playbooks.policies.yaml import BadYamlError, read

    try:
        return read(text, selectors.vocabulary())
    except BadYamlError as error:
        said = [
            f"{name}:{each.line}: " + " ".join(_(part) % each.params for part in (each.sentence, each.fix) if part)
            for each in error.problems
        ]
        raise click.ClickException("\n".join(said)) from None
