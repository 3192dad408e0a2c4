"""What a doctor finds: every context looks after its own (settings.CHECKUPS), page and command show the same."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import psutil
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateJob

from qunce.kernel import backups, clock, health
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.models import HandledEvent, StoredEvent

log = logging.getLogger(__name__)

LATE = timedelta(minutes=5)
BACKUP_AGE = timedelta(days=7)
SKEW = 2.0  # seconds
LEAST_SPACE = 2_000_000_000  # bytes
CONNECTIONS = 0.85


class Weight(StrEnum):
    """How much a finding matters: something does not work, will not for long, or could be better."""

    BAD = "bad"
    WARN = "warn"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be, in a sentence; what to do; ``about``: kind and id of what it concerns."""

    key: str
    weight: Weight
    sentence: str
    fix: str
    about: tuple[str, int | None] = ("", None)


Checkup = Callable[[], Iterator[Finding]]


def examine(actor: Actor) -> list[Finding]:
    """Everything that is found now, the worst first. For those who operate the installation."""
    actor.require(Permission.OPERATE)
    found: list[Finding] = []
    for path in settings.CHECKUPS:
        checkup: Checkup = import_string(path)
        try:
            found += checkup()
        except Exception as error:
            log.exception("a check-up failed: %s", path)
            said = _("A check-up could not be made: %(error)s.") % {"error": f"{type(error).__name__}: {error}"}
            found.append(Finding(path, Weight.BAD, said, _("See the log of the web process.")))
    return sorted(found, key=lambda finding: list(Weight).index(finding.weight))


# ------------------------------------------------------------------ the installation itself
def installation() -> Iterator[Finding]:
    """Database, clock, disk, processes, jobs, events, backup, configuration."""
    yield from _database()
    yield from _disk()
    yield from _processes()
    yield from _jobs()
    yield from _events()
    yield from _backup()
    yield from _configuration()


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), (SELECT count(*) FROM pg_stat_activity),"
            " current_setting('max_connections')::int"
        )
        moment, used, most = cursor.fetchone()
    apart = abs((clock.now() - moment).total_seconds())
    if apart > SKEW:
        yield Finding(
            "clock",
            Weight.BAD,
            _("The clocks of this machine and of the database differ by %(seconds)s seconds.")
            % {"seconds": round(apart, 1)},
            _("Let both follow a time server (NTP)."),
        )
    if used > most * CONNECTIONS:
        yield Finding(
            "connections",
            Weight.WARN,
            _("%(used)d of the database's %(most)d connections are in use.") % {"used": used, "most": most},
            _("Raise max_connections, or lower QUNCE_DB_POOL."),
        )


def _disk() -> Iterator[Finding]:
    if settings.DATA_DIR.exists() and (free := psutil.disk_usage(str(settings.DATA_DIR)).free) < LEAST_SPACE:
        yield Finding(
            "disk",
            Weight.BAD,
            _("Only %(megabytes)d MB are free in the data folder.") % {"megabytes": free // 1_000_000},
            _("Make room, or move the data folder to a larger disk: the database stops when it is full."),
        )


def _processes() -> Iterator[Finding]:
    for role in health.ROLES:
        if not health.alive(role):
            yield Finding(
                f"role:{role}",
                Weight.BAD,
                _("No process of the role “%(role)s” is alive.") % {"role": role},
                _("Start one with `qunce %(role)s`, or everything with `qunce run`.") % {"role": role},
            )


def _jobs() -> Iterator[Finding]:
    now = clock.now()
    due = ProcrastinateJob.objects.filter(status="todo").filter(
        Q(scheduled_at__lt=now - LATE) | Q(scheduled_at=None, procrastinateevent__at__lt=now - LATE)
    )
    if late := due.values("id").distinct().count():
        yield Finding(
            "jobs:late",
            Weight.BAD,
            ngettext("%(count)d job has waited for minutes.", "%(count)d jobs have waited for minutes.", late)
            % {"count": late},
            _("Start more workers (`qunce worker`), or look into their log."),
        )
    if failed := ProcrastinateJob.objects.filter(status="failed").count():
        names = sorted(set(ProcrastinateJob.objects.filter(status="failed").values_list("task_name", flat=True)[:50]))
        yield Finding(
            "jobs:failed",
            Weight.WARN,
            ngettext("%(count)d job has failed: %(names)s.", "%(count)d jobs have failed: %(names)s.", failed)
            % {"count": failed, "names": ", ".join(names)},
            _("The worker's log says why."),
        )


def _events() -> Iterator[Finding]:
    waiting = StoredEvent.objects.filter(done_at=None, at__lt=clock.now() - LATE).count()
    if waiting:
        error = HandledEvent.objects.filter(done_at=None).exclude(error="").values_list("error", flat=True).first()
        said = ngettext(
            "%(count)d event has not been handled by everybody.",
            "%(count)d events have not been handled by everybody.",
            waiting,
        )
        yield Finding(
            "events",
            Weight.WARN,
            said % {"count": waiting},
            _("It is tried again by itself. The last error: %(error)s") % {"error": error or "–"},
        )


def _backup() -> Iterator[Finding]:
    last = backups.last_made()
    if last is None or clock.now() - last > BACKUP_AGE:
        said = _("There is no backup yet.")
        if last:
            days = (clock.now() - last).days
            said = ngettext("The last backup is %(n)d day old.", "The last backup is %(n)d days old.", days) % {
                "n": days
            }
        yield Finding(
            "backup", Weight.WARN, said, _("Run `qunce backup`, best every night, and keep the file elsewhere.")
        )


def _configuration() -> Iterator[Finding]:
    key = settings.DATA_DIR / "secret.key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding(
            "key", Weight.BAD, _("Others on this machine can read secret.key."), _("Run `chmod 600` on the file.")
        )
    if not settings.BASE_URL:
        yield Finding(
            "address",
            Weight.HINT,
            _("The public address is not set: links in messages and mails cannot be made."),
            _("Set QUNCE_BASE_URL to the address people open."),
        )
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield Finding(
            "mail",
            Weight.HINT,
            _("Mail is not set up: it is written to the log only."),
            _("Set QUNCE_EMAIL_URL to a mail server."),
        )
