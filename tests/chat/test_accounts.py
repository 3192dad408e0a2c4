"""Accounts: connected by a connector's Config, checked live, changed without showing a secret, removed."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from qunce.chat import actions, selectors
from qunce.chat.actions import accounts
from qunce.chat.actions.accounts import InvalidConfig
from qunce.chat.models import Account, Delivery, Lease, Message, Seat, SetAside
from qunce.chat.stage import Planned
from qunce.chat.types import AccountState, Content, GroupSeen, Purpose
from qunce.kernel import audit, clock, revisions
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, QunceError
from qunce.kernel.models import AuditEntry
from tests.chat import probe, support

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]

OWNER = Actor(id=1, name="Lin", grants={None: Role.OWNER})
OPERATOR = Actor(id=2, name="Wei", grants={None: Role.OPERATOR})
ELSEWHERE = Actor(id=3, name="Mei", grants={7: Role.OWNER})


def connected(identity="@one", **config):
    return actions.connect_account(
        actor=OWNER, platform="probe", name=" Our  probe ", config={"identity": identity, "token": "s3cret", **config}
    )


def test_an_account_is_stored_with_its_secrets_sealed_and_works_after_its_first_check():
    before = revisions.current().get("accounts", 0)
    account = connected(most="7", loud=True)
    assert account.name == "Our probe"
    assert account.config == {"identity": "@one", "mood": "fine", "most": 7, "share": 0.5, "loud": True}
    assert "s3cret" not in account.secrets
    assert revisions.current()["accounts"] == before + 1
    assert actions.acquire_leases(holder="gateway", room_for=10) == []
    checked = actions.check_account(actor=OPERATOR, account_id=account.pk)
    assert (checked.state, checked.external_id, checked.detail) == (AccountState.WORKING, "@one", "It is raining.")
    assert actions.acquire_leases(holder="gateway", room_for=10) == [(account.pk, 1)]
    assert selectors.one_account(OPERATOR, account.pk).held_by == "gateway"
    said = [audit.say(entry) for entry in AuditEntry.objects.order_by("id")]
    assert said == ["Lin connected the account Our probe."]


def test_what_a_platform_gives_for_a_secret_is_kept_until_the_secret_changes():
    account = connected()
    actions.check_account(actor=OWNER, account_id=account.pk)
    stored = selectors.open_connector(Account.objects.get()).config
    assert stored.second.get_secret_value() == "session of s3cret"
    actions.change_account(
        actor=OWNER, account_id=account.pk, name="Probe", config={"identity": "@one", "token": "", "most": 3}
    )
    stored = selectors.open_connector(Account.objects.get()).config
    assert (stored.most, stored.token.get_secret_value()) == (3, "s3cret")
    assert stored.second.get_secret_value() == "session of s3cret"
    actions.change_account(
        actor=OWNER, account_id=account.pk, name="Probe", config={"identity": "@one", "token": "other"}
    )
    stored = selectors.open_connector(Account.objects.get()).config
    assert (stored.most, stored.token.get_secret_value(), stored.second) == (5, "other", None)


def test_every_field_that_breaks_a_rule_is_named_in_words():
    with pytest.raises(InvalidConfig) as caught:
        connected(identity="x", token="", mood="angry", most="11", share="much")
    assert caught.value.errors == {
        "identity": "At least 2 characters.",
        "token": "This is needed.",
        "mood": "Choose one of the list.",
        "most": "At most 10, please.",
        "share": "A number, please.",
    }
    assert not Account.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_is_needed(name):
    with pytest.raises(Invalid) as caught:
        actions.connect_account(actor=OWNER, platform="probe", name=name, config={"token": "t"})
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    ("mood", "state", "detail"),
    [
        ("signed_out", AccountState.TROUBLE, "The token is no longer valid."),
        ("busy", AccountState.WAITING, "The platform is busy."),
        ("sleepy", AccountState.WAITING, "The platform did not answer in time."),
    ],
)
def test_a_failing_check_says_why_and_switches_nothing_on(mood, state, detail, monkeypatch):
    monkeypatch.setattr(accounts, "CHECK_TIMEOUT", 0.05)
    account = connected(mood=mood)
    checked = actions.check_account(actor=OWNER, account_id=account.pk)
    assert (checked.state, checked.detail, checked.enabled) == (state, detail, False)
    assert selectors.one_account(OPERATOR, account.pk).state == "trouble"
    with pytest.raises(Conflict, match="Check it first"):
        actions.set_account_enabled(actor=OWNER, account_id=account.pk, enabled=True)


def test_a_connector_that_breaks_is_trouble_with_its_error(monkeypatch):
    async def broken(_self):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(probe.Probe, "check", broken)
    checked = actions.check_account(actor=OWNER, account_id=connected().pk)
    assert (checked.state, checked.detail) == (AccountState.TROUBLE, "ZeroDivisionError: by nothing")


def test_one_identity_is_connected_once():
    first, second = connected(), connected()
    actions.check_account(actor=OWNER, account_id=first.pk)
    with pytest.raises(Conflict, match="is connected already, as the account “Our probe”"):
        actions.check_account(actor=OWNER, account_id=second.pk)
    second.refresh_from_db()
    assert (second.state, second.external_id, second.enabled) == (AccountState.TROUBLE, "", False)
    assert "connected already" in second.detail


def test_an_account_does_not_become_another_identity():
    account = connected()
    actions.check_account(actor=OWNER, account_id=account.pk)
    actions.change_account(actor=OWNER, account_id=account.pk, name="Probe", config={"identity": "@two"})
    with pytest.raises(Conflict, match="another identity: @two instead of @one"):
        actions.check_account(actor=OWNER, account_id=account.pk)
    account.refresh_from_db()
    assert (account.external_id, account.state) == ("@one", AccountState.TROUBLE)


def test_switched_off_it_stays_off_through_a_check():
    account = connected()
    actions.check_account(actor=OWNER, account_id=account.pk)
    actions.set_account_enabled(actor=OWNER, account_id=account.pk, enabled=False)
    assert not actions.check_account(actor=OWNER, account_id=account.pk).enabled
    assert selectors.one_account(OWNER, account.pk).state == "off"
    assert actions.set_account_enabled(actor=OWNER, account_id=account.pk, enabled=True).enabled


def test_removing_an_account_that_reads_groups_takes_a_second_word():
    account, other = connected(), connected("@two")
    for each in (account, other):
        actions.check_account(actor=OWNER, account_id=each.pk)
    groups = support.adopted(account, "!a", "!b")
    support.live(other, GroupSeen("!b"))
    actions.plan(
        account_id=account.pk,
        planned=[Planned("k", groups["!a"].pk, Content.of("hello"), Purpose.SERVICE, None, None)],
    )
    support.live(account, support.said("!a", "good morning"))
    with pytest.raises(Conflict, match="reads 2 groups"):
        actions.remove_account(actor=OWNER, account_id=account.pk)
    actions.remove_account(actor=OWNER, account_id=account.pk, end_seats=True)
    assert not Account.objects.filter(pk=account.pk).exists()
    assert list(Lease.objects.values_list("account_id", flat=True)) == [other.pk]
    assert list(Seat.objects.filter(reads=True).values_list("account_id", "group_id")) == [
        (other.pk, groups["!b"].pk)
    ]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == ("skipped", "The account was removed.")
    assert Message.objects.get().text == "good morning"


def test_only_administrators_change_and_only_operators_see():
    account = connected()
    for attempt in (
        lambda: actions.connect_account(actor=OPERATOR, platform="probe", name="x", config={"token": "t"}),
        lambda: actions.change_account(actor=OPERATOR, account_id=account.pk, name="x", config={}),
        lambda: actions.set_account_enabled(actor=OPERATOR, account_id=account.pk, enabled=True),
        lambda: actions.remove_account(actor=OPERATOR, account_id=account.pk),
        lambda: actions.check_account(actor=ELSEWHERE, account_id=account.pk),
        lambda: selectors.visible_accounts(ELSEWHERE),
        lambda: selectors.one_account(ELSEWHERE, account.pk),
        lambda: selectors.visible_set_aside(ELSEWHERE),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(NotFound):
        actions.check_account(actor=OWNER, account_id=account.pk + 1)


def test_a_connector_that_is_not_installed_any_more_is_shown_and_says_what_to_do():
    account = connected()
    Account.objects.update(platform="gone")
    assert selectors.visible_accounts(OWNER)[0].title == "gone"
    checked = actions.check_account(actor=OWNER, account_id=account.pk)
    assert checked.state == AccountState.TROUBLE
    assert "There is no connector “gone” in this installation." in checked.detail
    with pytest.raises(QunceError):
        selectors.shown_config(Account.objects.get())
    actions.remove_account(actor=OWNER, account_id=account.pk)


def test_the_list_costs_as_many_statements_for_many_accounts(django_assert_num_queries):
    for number in range(12):
        connected(f"@{number}n")
    with django_assert_num_queries(7):
        assert len(selectors.visible_accounts(OPERATOR)) == 12


def test_an_event_that_was_set_aside_is_settled_once():
    event = SetAside.objects.create(account_id=1, error="ValueError: no", event={}, at=clock.now())
    assert list(selectors.visible_set_aside(OPERATOR)) == [event]
    actions.settle_set_aside(actor=OPERATOR, set_aside_id=event.pk)
    actions.settle_set_aside(actor=OPERATOR, set_aside_id=event.pk)
    assert list(selectors.visible_set_aside(OPERATOR)) == []
    assert list(selectors.visible_set_aside(OPERATOR, settled=True)) == [event]
    assert AuditEntry.objects.filter(action="set_aside.settled").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_checks_of_one_identity_at_once_leave_one_account_at_work():
    pair = [connected(), connected()]
    barrier, errors = Barrier(2), []

    def check(account):
        barrier.wait()
        try:
            actions.check_account(actor=SYSTEM, account_id=account.pk)
        except Conflict as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=check, args=(account,)) for account in pair]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(errors) == 1
    assert sorted(Account.objects.values_list("state", flat=True)) == ["trouble", "working"]
