"""The doctor: each thing that goes wrong is found, and says what to do."""

from datetime import timedelta

import pytest

from qunce.chat.actions import leases
from qunce.chat.models import Account, Gap, Lease, SetAside
from qunce.chat.types import AccountState
from qunce.kernel import backups, checkups, clock, health
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.checkups import Weight
from qunce.kernel.errors import NotAllowed
from qunce.kernel.models import Heartbeat
from tests.support import world

pytestmark = pytest.mark.django_db


def keys():
    return {finding.key for finding in checkups.examine(SYSTEM)}


@pytest.fixture
def well(settings, tmp_path):
    """An installation in which nothing is found."""
    settings.BASE_URL = "https://qunce.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DATA_DIR = tmp_path
    for role in health.ROLES:
        Heartbeat.objects.create(role=role, process="here:1", at=clock.now())
    backups.record_made(name="qunce.tar", size=10, rows=10)
    lively = world.lively(groups=2, found=0)
    assert checkups.examine(SYSTEM) == []
    return lively


def test_a_dead_role_a_late_backup_and_a_readable_key_are_found(well, settings):
    Heartbeat.objects.filter(role="worker").update(at=clock.now() - timedelta(minutes=2))
    (settings.DATA_DIR / "secret.key").write_text("x")
    (settings.DATA_DIR / "secret.key").chmod(0o644)
    with clock.at(clock.now() + timedelta(days=8)):
        found = keys()
    assert {"role:worker", "backup", "key"} <= found
    assert "role:web" in found  # a week later nobody has beaten
    assert well.account.enabled


def test_accounts_that_need_somebody_are_found(well):
    Lease.objects.update(until=clock.now() - timedelta(seconds=1))
    assert f"lease:{well.account.pk}" in keys()
    Account.objects.update(state=AccountState.TROUBLE, detail="signed out")
    found = {finding.key: finding for finding in checkups.examine(SYSTEM)}
    trouble = found[f"account:{well.account.pk}"]
    assert trouble.weight is Weight.BAD
    assert "signed out" in trouble.sentence
    assert trouble.about == ("account", well.account.pk)
    Account.objects.update(enabled=False)
    assert keys() == {"unread"}
    assert leases.LASTS


def test_what_was_set_aside_and_what_is_missing_is_found(well):
    group = next(iter(well.groups.values()))
    SetAside.objects.create(account_id=well.account.pk, error="ValueError: ?", event={}, at=clock.now())
    Gap.objects.create(
        account_id=well.account.pk,
        group_id=group.pk,
        since=clock.now() - timedelta(hours=2),
        until=clock.now(),
        reason="away",
    )
    assert keys() == {"set_aside", "gaps"}


def test_a_checkup_that_fails_is_a_finding(well, settings):
    settings.CHECKUPS = [*settings.CHECKUPS, "tests.kernel.test_checkups.broken"]
    (finding,) = checkups.examine(SYSTEM)
    assert finding.weight is Weight.BAD
    assert "ZeroDivisionError" in finding.sentence
    assert well


def broken():
    yield 1 / 0


def test_only_operators_of_everything_see_it():
    with pytest.raises(NotAllowed):
        checkups.examine(Actor(1, "林", {3: Role.OWNER}))
