"""``qunce doctor``: what is not as it should be, and what to do."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from qunce.cli.language import with_language
from qunce.cli.main import ready, with_data_dir

MARKS = {"bad": "✗", "warn": "!", "hint": "·"}


@click.command()
@with_data_dir
@click.option("--json", "as_json", is_flag=True, help="Findings as one JSON list.")
@with_language
def doctor(data_dir: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Look for what does not work, or will not for long; the exit code is 1 where something does not."""
    with ready(data_dir):
        from qunce.kernel import checkups
        from qunce.kernel.actor import SYSTEM

        found = checkups.examine(SYSTEM)
        if as_json:
            click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        for each in () if as_json else found:
            click.echo(f"{MARKS[each.weight]} {each.sentence}\n  → {each.fix}")
        if not found and not as_json:
            click.echo("✓")
    sys.exit(any(each.weight is checkups.Weight.BAD for each in found))
