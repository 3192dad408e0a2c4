"""When this installation was backed up: remembered in the audit, asked by the doctor."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from qunce.kernel import audit
from qunce.kernel.actor import SYSTEM
from qunce.kernel.models import AuditEntry

ACTION = "backup.made"
PASSING = ("kernel_heartbeat",)
"""Tables whose rows belong to running processes: neither kept nor compared."""


@transaction.atomic
def record_made(*, name: str, size: int, rows: int) -> None:
    """A backup was written: under which name, of how many bytes and rows."""
    sentence = gettext_noop("A backup was written: %(name)s (%(rows)s rows, %(megabytes)s MB).")
    megabytes = round(size / 1e6, 1)
    audit.record(SYSTEM, ACTION, sentence, about=("backup", name), name=name, rows=rows, megabytes=megabytes)


def last_made() -> datetime | None:
    """When the last one was written; None where there is none."""
    made = AuditEntry.objects.filter(object_kind="backup", action=ACTION).order_by("-id")
    return made.values_list("at", flat=True).first()
