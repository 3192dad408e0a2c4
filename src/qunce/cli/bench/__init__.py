"""``qunce bench``: what Qunce does in a second, beside what the machine could do at best.

Each benchmark runs against a throw-away database of its own and prints its figures with parameters, versions
and machine. What depends on the machine is given as a ratio within one run, medians of alternating rounds.
"""

import json
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from qunce import __version__


@contextmanager
def throw_away() -> Iterator[None]:
    """An embedded database with Qunce's schema, gone after the block; settings as for real use."""
    from qunce.cli.database import migrate, opened
    from qunce.cli.main import set_up_django

    os.environ.pop("DATABASE_URL", None)
    os.environ["QUNCE_TESTING"] = "1"  # no connection pool: one process, one connection
    with tempfile.TemporaryDirectory(prefix="qunce-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        os.environ["QUNCE_DATA_DIR"] = folder
        with opened(Path(folder), note="qunce bench", alone=True):
            set_up_django()
            migrate()
            try:
                yield
            finally:
                from django.db import connections

                from qunce.kernel import live

                live.hang_up()
                connections.close_all()


def conditions() -> dict[str, Any]:
    """Versions and machine, for the record."""
    from django.db import connection

    connection.ensure_connection()
    return {
        "qunce": __version__,
        "python": platform.python_version(),
        "postgresql": connection.pg_version // 10_000,  # type: ignore[attr-defined]
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


def show(figures: Mapping[str, Any], as_json: bool) -> None:  # noqa: FBT001 (the option's value)
    """Print figures as one JSON object, or a line each."""
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for key, value in figures.items():
        click.echo(f"{key:>22}  {value}")


@click.group()
def bench() -> None:
    """Measure on this machine."""


@bench.command("ingest")
@click.option("--messages", default=200_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--groups", default=500, show_default=True, type=click.IntRange(min=1))
@click.option("--members", default=20_000, show_default=True, type=click.IntRange(min=1))
@click.option("--rules", default=1000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _ingest(rounds: int, as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Messages a second through the whole pipeline, beside the bare limit, and what each stage costs."""
    with throw_away():
        from qunce.cli.bench.ingest import measure

        show({"benchmark": "ingest", **measure(**size, rounds=rounds), **conditions()}, as_json)


@bench.command("import")
@click.option("--messages", default=200_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--members", default=2000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _import(rounds: int, as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Messages of a history a second, read and stored, beside live ones without reactions."""
    with throw_away():
        from qunce.cli.bench.imports import measure

        show({"benchmark": "import", **measure(**size, rounds=rounds), **conditions()}, as_json)


@bench.command("match")
@click.option("--messages", default=100_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--rules", default=10_000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _match(rounds: int, as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Microseconds to see which keyword rule a message meets, beside the library alone."""
    with throw_away():
        from qunce.cli.bench.match import measure

        show({"benchmark": "match", **measure(**size, rounds=rounds), **conditions()}, as_json)


@bench.command("health")
@click.option("--groups", default=10_000, show_default=True, type=click.IntRange(min=1))
@click.option("--days", default=90, show_default=True, type=click.IntRange(min=30))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _health(rounds: int, as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Seconds for the signals and scores of all groups, on simulated series."""
    with throw_away():
        from qunce.cli.bench.health import measure

        show({"benchmark": "health", **measure(**size, rounds=rounds), **conditions()}, as_json)


@bench.command("pages")
@click.option("--messages", default=1_000_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--groups", default=1000, show_default=True, type=click.IntRange(min=5))
@click.option("--members", default=20_000, show_default=True, type=click.IntRange(min=100))
@click.option(
    "--times", default=20, show_default=True, type=click.IntRange(min=2), help="How often each is asked for."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _pages(as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Milliseconds of the busiest pages, and how they grow with what was said."""
    with throw_away():
        from qunce.cli.bench.pages import measure

        show({"benchmark": "pages", **measure(**size), **conditions()}, as_json)


@bench.command("tracks")
@click.option("--tracks", default=1_000_000, show_default=True, type=click.IntRange(min=1000))
@click.option("--due", default=50_000, show_default=True, type=click.IntRange(min=500))
@click.option("--groups", default=1000, show_default=True, type=click.IntRange(min=1))
@click.option("--members", default=20_000, show_default=True, type=click.IntRange(min=1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def _tracks(rounds: int, as_json: bool, **size: int) -> None:  # noqa: FBT001 (the option's value)
    """Steps of playbooks a second with one worker, beside bare claims."""
    with throw_away():
        from qunce.cli.bench.tracks import measure

        show({"benchmark": "tracks", **measure(**size, rounds=rounds), **conditions()}, as_json)
