"""Calls of platforms to our address (webhooks): proven, stored, and only then acknowledged."""

from functools import partial

from qunce.chat.actions.asking import ask
from qunce.chat.actions.ingest import ingest
from qunce.chat.connector import Unproven
from qunce.chat.models import Account
from qunce.chat.selectors.accounts import open_connector
from qunce.chat.types import Batch, Call, Origin
from qunce.kernel.errors import NotAllowed, NotFound, QunceError

WITHIN = 20.0
"""Seconds that a connector has to make sense of a call: platforms wait for about a minute."""


def answer_call(*, account_id: int, call: Call) -> None:
    """Take in what a platform brings to an account's address; all is committed when it returns.

    Raises NotFound where there is no such account at work, and NotAllowed where the call does not prove that it
    comes from the platform. A proven call that cannot be read is set aside and counts as taken: repeating it would
    not make it readable, and platforms keep everything behind it waiting. A database that is away raises, so that
    the platform repeats the call.
    """
    account = Account.objects.filter(pk=account_id, enabled=True).first()
    if account is None:
        raise NotFound
    try:
        connector = open_connector(account)
    except QunceError as error:
        raise NotFound from error
    try:
        arrival = ask(connector, partial(connector.receive, call), WITHIN)
    except Unproven as error:
        raise NotAllowed from error
    ingest(Batch(account_id, Origin.LIVE, arrival.events, unreadable=arrival.unreadable))
