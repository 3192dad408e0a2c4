"""The kernel's small parts: clock, locks, secrets, files, audit, actors."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from qunce.kernel import audit, clock, crypto, files, locks, revisions
from qunce.kernel.actor import SYSTEM, Actor, Permission, Role
from qunce.kernel.errors import Busy, NotAllowed, NotFound, QunceError
from qunce.kernel.models import AuditEntry, Revision, StoredFile

database = pytest.mark.django_db(transaction=True)


# ------------------------------------------------------------------ clock
def test_the_clock_can_be_moved_and_comes_back():
    moment = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    with clock.at(moment):
        assert clock.now() == moment
        assert clock.today("Asia/Shanghai") == date(2026, 3, 1)
    assert clock.now() != moment
    with pytest.raises(ValueError, match="zone"), clock.at(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


# ------------------------------------------------------------------ locks
@database
def test_locked_rows_come_in_the_order_of_their_keys():
    for scope in "bca":
        Revision.objects.create(scope=scope)
    with transaction.atomic():
        assert [row.scope for row in locks.rows(Revision, ["c", "a", "b", "missing"])] == ["a", "b", "c"]


@database
def test_a_lock_outside_a_transaction_is_a_mistake():
    with pytest.raises(transaction.TransactionManagementError):
        locks.rows(Revision, ["a"])


@database
def test_a_lock_that_is_held_too_long_is_busy_and_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(locks, "WAIT", "200ms")
    Revision.objects.create(scope="a", number=1)
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            locks.row(Revision, "a")
            locks.name("the-name")
            held.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    try:
        for attempt in (lambda: locks.row(Revision, "a"), lambda: locks.name("the-name")):
            with pytest.raises(Busy), transaction.atomic():
                Revision.objects.create(scope="b")
                attempt()
        assert not Revision.objects.filter(scope="b").exists()
    finally:
        done.set()
        thread.join()
    with transaction.atomic():
        assert locks.row(Revision, "a").number == 1


@database
def test_many_threads_with_the_same_rows_never_lock_each_other_out():
    for scope in "abcd":
        Revision.objects.create(scope=scope)
    errors = []

    def work(order):
        try:
            for _ in range(10):
                with transaction.atomic():
                    for row in locks.rows(Revision, order):
                        row.number += 1
                        row.save()
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(order,)) for order in ("abcd", "dcba", "cadb", "bdac")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(Revision.objects.values_list("number", flat=True)) == {40}


@database
def test_revisions_count_changes():
    with transaction.atomic():
        revisions.bump("rules", "groups", "rules")
    with transaction.atomic():
        revisions.bump("rules")
    assert revisions.current() == {"rules": 2, "groups": 1}


# ------------------------------------------------------------------ secrets, files
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4))
def test_secrets_come_back_and_cannot_be_read_in_between(secrets):
    sealed = crypto.seal(secrets)
    assert crypto.unseal(sealed) == secrets
    assert all(value not in sealed for value in secrets.values() if len(value) > 3)


def test_secrets_of_another_installation_say_what_to_do(settings):
    sealed = crypto.seal({"token": "geheim"})
    settings.SECRET_KEY = "another"
    with pytest.raises(QunceError, match=r"secret\.key"):
        crypto.unseal(sealed)
    assert crypto.unseal("") == {}


@database
def test_the_same_bytes_are_stored_once(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    one = files.put("讲义".encode(), name="讲义.txt", content_type="text/plain")
    two = files.put(iter([b"\xe8\xae\xb2", "义".encode()]), name="again.txt", content_type="text/plain")
    assert one == two
    assert StoredFile.objects.count() == 1
    assert sum(1 for path in tmp_path.rglob("*") if path.is_file()) == 1
    with files.open_file(one.sha256) as stored:
        assert stored.read().decode() == "讲义"
    with pytest.raises(NotFound):
        files.open_file("0" * 64)


# ------------------------------------------------------------------ audit, actors
@database
def test_an_audit_entry_is_a_sentence_in_the_readers_language():
    with transaction.atomic():
        audit.record(
            Actor(3, "李雷"), "test.done", "%(actor)s did %(what)s", community_id=4, about=("thing", 5), what="it"
        )
    entry = AuditEntry.objects.get()
    with translation.override("en"):
        assert audit.say(entry) == "李雷 did it"
    assert (entry.object_kind, entry.object_id, entry.community_id) == ("thing", "5", 4)
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(SYSTEM, "test.done", "x")


def test_roles_reach_as_far_as_they_are_given():
    actor = Actor(1, "韩梅梅", {7: Role.OPERATOR, 8: Role.VIEWER})
    assert actor.may(Permission.OPERATE, 7)
    assert not actor.may(Permission.OPERATE, 8)
    assert not actor.may(Permission.VIEW)
    assert not actor.may(Permission.VIEW, 9)
    assert actor.communities(Permission.VIEW) == {7, 8}
    assert actor.communities(Permission.LEAD) == frozenset()
    with pytest.raises(NotAllowed):
        actor.require(Permission.LEAD, 7)
    everywhere = Actor(2, "主理人", {None: Role.OWNER, 7: Role.VIEWER})
    assert everywhere.communities(Permission.ADMINISTER) is None
    assert everywhere.may(Permission.ADMINISTER, 7), "a narrower role does not take away"


@given(st.dictionaries(st.none() | st.integers(1, 5), st.sampled_from(Role)), st.sampled_from(Permission))
def test_what_an_actor_may_everywhere_he_may_anywhere(grants, permission):
    actor = Actor(1, "x", grants)
    where = actor.communities(permission)
    for community in range(1, 6):
        assert actor.may(permission, community) == (where is None or community in where)
    if not grants:
        assert not actor.may_anywhere(permission)
