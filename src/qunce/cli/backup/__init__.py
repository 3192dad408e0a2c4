"""The commands ``qunce backup`` and ``qunce restore``: what they ask, and the order of the work."""

import os
from pathlib import Path

import click
from click import ClickException

from qunce.cli.backup import archive as archives
from qunce.cli.main import ready, set_up_django, with_data_dir

ASKED = "Passphrase for the installation's key"
with_passphrase = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The passphrase's first line; else QUNCE_BACKUP_PASSPHRASE, else it is asked for.",
)


def _passphrase(file: Path | None, *, twice: bool) -> str:
    if file:
        given = (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    else:
        given = os.environ.get("QUNCE_BACKUP_PASSPHRASE", "")
    given = given or click.prompt(ASKED, hide_input=True, confirmation_prompt=twice)
    if twice and len(given) < archives.SHORTEST_PASSPHRASE:
        raise ClickException(f"A passphrase has at least {archives.SHORTEST_PASSPHRASE} characters.")
    return given


@click.command()
@with_data_dir
@with_passphrase
@click.argument("target", required=False, type=click.Path(path_type=Path))
def backup(data_dir: Path | None, passphrase_file: Path | None, target: Path | None) -> None:
    """Write everything into one file: database, files, and the key under a passphrase. Qunce may go on running.

    TARGET is a file, or a folder for a file with today's date in its name; by default `backups` in the data folder.
    """
    passphrase = _passphrase(passphrase_file, twice=True)
    with ready(data_dir) as folder:
        from django.conf import settings

        from qunce.kernel import backups, clock

        place = target or folder / "backups"
        if target is None or place.is_dir() or not place.suffix:
            place /= f"qunce-{clock.now():%Y-%m-%d-%H%M%S}.tar"
        if place.exists():
            raise ClickException(f"{place} exists already; nothing was overwritten.")
        made = archives.make(
            url=os.environ["DATABASE_URL"], target=place, key=settings.SECRET_KEY, passphrase=passphrase
        )
        size = place.stat().st_size
        backups.record_made(name=place.name, size=size, rows=made.rows)
        click.echo(f"{place}: {made.rows:,} rows, {made.files:,} files, {size / 1e6:,.1f} MB.")


@click.command()
@with_data_dir
@with_passphrase
@click.option(
    "--switch-on",
    is_flag=True,
    help="Let accounts go on at once: where the old installation does not run any more.",
)
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(data_dir: Path | None, passphrase_file: Path | None, switch_on: bool, source: Path) -> None:  # noqa: FBT001
    """Put a backup into an empty data folder (or the empty database of DATABASE_URL), and compare the two.

    Accounts come back switched off, so that nobody is answered twice while the old installation still runs. What was
    still to be sent waits for a person: it may have been sent after the backup.
    """
    from qunce.cli.database import default_data_dir, migrate, opened

    folder = (data_dir or default_data_dir()).absolute()
    with archives.read(source) as archive:
        key = archives.open_key(archive.read(archives.KEY), _passphrase(passphrase_file, twice=False))
        _put_key(folder, key)
        with opened(folder, note=f"qunce restore, process {os.getpid()}", alone=True):
            archives.fill(archive, os.environ["DATABASE_URL"], progress=click.echo)
            set_up_django()
            from qunce.chat import actions as chat

            files = archives.put_files(archive)
            migrate()
            waiting = chat.after_restore(accounts_on=switch_on)
    manifest = archive.manifest
    click.echo(f"Restored as of {manifest.created_at}: {manifest.rows:,} rows compared, {files:,} files.")
    if waiting:
        click.echo(f"{waiting:,} messages that were still to be sent wait for you under Deliveries.")
    if not switch_on:
        click.echo("All accounts are switched off. Switch them on once the old installation is stopped for good.")


def _put_key(folder: Path, key: str) -> None:
    """The key must be there before anything else is made in the folder."""
    file = folder / "secret.key"
    if (folder / "postgres").exists() or file.exists():
        raise ClickException(f"{folder} is in use already: restore into an empty folder; nothing was changed.")
    if os.environ.get("QUNCE_SECRET_KEY", key) != key:
        raise ClickException("QUNCE_SECRET_KEY is another key than the backup's: unset it, or set it to the old one.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:  # noqa: PTH123 (Path cannot say the mode)
        opened.write(key)
