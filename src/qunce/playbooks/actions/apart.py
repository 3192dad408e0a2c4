"""A rehearsal for a page: asked of a process of its own, which forgets everything when it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from qunce.kernel.actor import Actor
from qunce.kernel.errors import Invalid, QunceError
from qunce.playbooks.types import Document
from qunce.playbooks.types.rehearsal import Rehearsal

PATIENCE = 60
STARTING = 20


def rehearse_apart(
    *,
    actor: Actor,
    document: Document,
    group_ids: Collection[int],
    days: int = 30,
    began_at: datetime | None = None,
    values: Mapping[str, str] | None = None,
) -> Rehearsal:
    """What ``rehearse`` says, from a process of its own; at most a minute, then it ends where it is.

    Raises Invalid with its objection.
    """
    asked = {
        "staff": actor.id,
        "document": document.model_dump(mode="json"),
        "groups": sorted(group_ids),
        "days": days,
        "began_at": began_at.isoformat() if began_at else None,
        "values": dict(values or {}),
        "language": get_language(),
        "seconds": PATIENCE,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "qunce", "rehearse", "-"],
            input=json.dumps(asked, ensure_ascii=False),
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "DATABASE_URL": _address(), "QUNCE_DATA_DIR": str(settings.DATA_DIR)},
            timeout=PATIENCE * 2 + STARTING,
            check=True,
        )
        told = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise QunceError(
            _("The rehearsal could not be held."), fix=_("Try fewer groups or days; the log says more.")
        ) from error
    if "objection" in told:
        raise Invalid(told["objection"])
    return Rehearsal.from_json(told)


def _address() -> str:
    parts = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{name: parts[key] for name, key in named.items() if parts.get(key)})
