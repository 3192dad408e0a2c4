"""Every address of the web role, asked for as every role: who gets what, and who changes nothing.

An address without a line in tests/support/addresses/ fails.
"""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from qunce.kernel.models import AuditEntry
from qunce.memberpages.doors import guesses
from tests.support import world
from tests.support.addresses import EXPECTED
from tests.support.stage import build

pytestmark = pytest.mark.django_db


def names_of(patterns, prefix=""):
    """The full names of all addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + (pattern.name or f"without a name: {pattern.pattern}")
        else:
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from names_of(pattern.url_patterns, inner)


def test_every_address_has_its_line():
    known = set(names_of(get_resolver().url_patterns))
    assert known == set(EXPECTED), {"without a line": known - set(EXPECTED), "gone": set(EXPECTED) - known}


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """Built once; every request is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = build()
        for who, staff in built.people.items():
            built.clients[who] = Client()
            built.clients[who].force_login(staff)
        yield built
        transaction.set_rollback(True)


def ask(client, name, line, things):
    """Send the line's request, undo it; returns the answer, and whether it was written down."""
    put = {key: things.get(value, value) for key, value in line.args.items()}
    url = reverse(name, kwargs=put)
    given = {
        key: [things.get(each, each) for each in value] if isinstance(value, list) else fill(value, things)
        for key, value in (line.query if line.posts is None else line.posts).items()
    }
    with transaction.atomic():
        before = AuditEntry.objects.count()
        answer = client.get(url, given) if line.posts is None else client.post(url, given)
        written = AuditEntry.objects.count() > before
        transaction.set_rollback(True)
    return answer, written


def fill(value, things):
    return value.format(**things) if isinstance(value, str) else value


def to_sign_in(answer):
    return answer.status_code == 302 and answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", EXPECTED)
def test_who_gets_what(name, stage):
    guesses.forget()
    line, surprises = EXPECTED[name], []
    for who, staff in {"anonymous": None, **stage.people}.items():
        client = stage.clients.get(who) or Client()
        answer, written = ask(client, name, line, stage.things)
        if problem := _wrong(line, staff, stage.things["home"], answer, written):
            surprises.append(f"{who}: {problem}, got {answer.status_code}")
    assert not surprises, "\n".join(surprises)


def _wrong(line, staff, home, answer, written):
    if staff is None:
        return _wrong_outside(line, answer, written)
    if not line.scope(world.actor(staff), home):
        return _wrong_denial(line, answer, written)
    usual = 200 if line.posts is None else 302
    if answer.status_code != (line.answers or usual):
        return "does not get it"
    if line.posts is not None and line.audited and not written:
        return "changes nothing"
    return ""


def _wrong_outside(line, answer, written):
    right = to_sign_in(answer) if line.outside is None else answer.status_code == line.outside
    return "" if right and not written else "is not sent to sign in"


def _wrong_denial(line, answer, written):
    if written:
        return "changes what it may not"
    told = {403, 404} if line.posts is None or not line.audited else {302, 403, 404, 200}
    return "" if answer.status_code in told else "gets what it may not"
