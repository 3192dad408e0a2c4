"""The ``qunce`` command. What a subcommand needs is imported when it runs, so that ``--version`` is instant."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from qunce import __version__
from qunce.cli.language import speak

# Subcommands with a module of their own: the module and the click command in it.
ELSEWHERE = {
    "backup": ("qunce.cli.backup", "backup"),
    "bench": ("qunce.cli.bench", "bench"),
    "cloud": ("qunce.cli.cloud", "cloud"),
    "doctor": ("qunce.cli.doctor", "doctor"),
    "evaluate": ("qunce.cli.evaluate", "evaluate"),
    "rebuild": ("qunce.cli.rebuild", "rebuild"),
    "import": ("qunce.cli.histories", "import_"),
    "playbook": ("qunce.cli.playbook", "playbook"),
    "rehearse": ("qunce.cli.rehearse", "rehearse"),
    "report": ("qunce.cli.report", "report"),
    "restore": ("qunce.cli.backup", "restore"),
}


class Commands(click.Group):
    """A group whose commands in ELSEWHERE are imported only when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by name."""
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name = ELSEWHERE[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command


def with_data_dir(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --data-dir."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, readable=False),
        envvar="QUNCE_DATA_DIR",
        help="Keys, files and the embedded database. [default: ~/.local/share/qunce; as root /var/lib/qunce]",
    )(command)


with_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
with_port = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)


@contextmanager
def ready(data_dir: Path | None) -> Iterator[Path]:
    """A database, and Django set up, for the block; yields the data folder."""
    from qunce.cli.database import default_data_dir, opened

    folder = data_dir or default_data_dir()
    command = click.get_current_context().command_path
    with opened(folder, note=f"{command}, process {os.getpid()}"):
        set_up_django()
        from qunce.kernel.errors import QunceError

        try:
            yield folder
        except QunceError as error:
            raise click.ClickException(str(error)) from error


def set_up_django() -> None:
    """Load settings and models; DATABASE_URL and QUNCE_DATA_DIR are in the environment by now."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qunce.config.settings")
    gc.disable()  # what is loaded here stays: collecting meanwhile takes a tenth of a start
    django.setup()
    gc.freeze()
    gc.enable()
    speak()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="qunce %(version)s")
def main() -> None:
    """Qunce 群策: run communities that live in chat groups."""


@main.command()
@with_data_dir
@with_host
@with_port
def run(data_dir: Path | None, host: str, port: int) -> None:
    """Run everything on this machine: database, web, worker, gateway."""
    from qunce.cli import supervisor
    from qunce.cli.database import default_data_dir

    supervisor.run(data_dir or default_data_dir(), host, port)


@main.command()
@with_data_dir
@with_host
@with_port
@click.option("--fd", type=int, hidden=True, help="A socket that already listens, instead of host and port.")
def web(data_dir: Path | None, host: str, port: int, fd: int | None) -> None:
    """Run the web role alone: pages, API, health."""
    with ready(data_dir):
        from qunce.cli import web as role
        from qunce.cli.database import wait_until_migrated

        role.load()
        wait_until_migrated()
        role.serve(host, port, fd)


@main.command()
@with_data_dir
def worker(data_dir: Path | None) -> None:
    """Run the worker role alone: background jobs and the clock."""
    with ready(data_dir):
        from qunce.cli import worker as role
        from qunce.cli.database import wait_until_migrated

        wait_until_migrated()
        sys.exit(role.work())


@main.command()
@with_data_dir
def gateway(data_dir: Path | None) -> None:
    """Run the gateway role alone: connections to the chat platforms."""
    with ready(data_dir):
        from qunce.cli import gateway as role
        from qunce.cli.database import wait_until_migrated

        wait_until_migrated()
        sys.exit(role.main())


@main.command()
@with_data_dir
def migrate(data_dir: Path | None) -> None:
    """Bring the database to this version."""
    with ready(data_dir):
        from qunce.cli.database import migrate as bring_up_to_date

        bring_up_to_date()


@main.command(hidden=True)
@with_data_dir
def prepare(data_dir: Path | None) -> None:
    """Bring the database to this version and print the path of the first sign-in link, for `qunce run`."""
    with ready(data_dir):
        from qunce.cli.database import migrate as bring_up_to_date
        from qunce.team import actions as team

        bring_up_to_date()
        click.echo(team.issue_first_sign_in_link() or "", nl=False)


@main.command("admin-link")
@with_data_dir
def admin_link(data_dir: Path | None) -> None:
    """Print a one-time sign-in link for an administrator."""
    with ready(data_dir) as folder:
        from qunce.cli.address import public_address
        from qunce.team import actions as team

        path = team.issue_sign_in_link(email=None)
        click.echo(f"{public_address(folder)}{path}")
