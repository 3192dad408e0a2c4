"""The endpoint that writes: set up, tried, allowed per community, and asked within the day's budget.

It speaks as OpenAI's does (``chat/completions``) and may be in our own network, for many run one at home.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.content.models import Endpoint, EndpointConsent, EndpointUse
from qunce.content.selectors import endpoints as reads
from qunce.content.types import UnwrittenError
from qunce.kernel import audit, clock, crypto, locks, outside
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid

LONGEST_TIMEOUT = 120
LARGEST_ANSWER = 256 << 10
LETTERS_PER_TOKEN = 2
"""Where the other side does not say how many tokens it took: a cautious guess for Chinese and English."""
ENOUGH = gettext_noop("The day's budget for the endpoint is used up.")
AWAY = gettext_noop("The endpoint did not answer in time.")
REFUSED = gettext_noop("The endpoint refused the call.")
UNREADABLE = gettext_noop("The endpoint's answer cannot be read.")
NOT_ALLOWED = gettext_noop("No endpoint is set up, or this community's texts may not be sent there.")


@transaction.atomic
def set_endpoint(
    *,
    actor: Actor,
    url: str,
    model: str,
    key: str | None,
    timeout: int = 30,
    calls_per_day: int = 500,
    tokens_per_day: int = 500_000,
) -> None:
    """Set it up, or change how. ``key`` None: the one that is stored stays, as long as the address does."""
    actor.require(Permission.ADMINISTER)
    url = url.strip().rstrip("/")
    if not outside.may_be_called(url=url, inside=True):
        raise Invalid(_("This is not a web address that may be called."), field="url")
    if not model.strip():
        raise Invalid(_("Say which model is to be asked."), field="model")
    if not 1 <= timeout <= LONGEST_TIMEOUT:
        raise Invalid(_("Between 1 and %(most)d seconds.") % {"most": LONGEST_TIMEOUT}, field="timeout")
    locks.name("content:endpoint")
    known = Endpoint.objects.first()
    kept = known.secrets if known and key is None else ""
    if kept and known and known.url != url:
        raise Invalid(
            _("The address is another one: enter the key again, so that it goes nowhere unasked."), field="key"
        )
    Endpoint.objects.update_or_create(
        only=True,
        defaults={
            "url": url,
            "model": model.strip(),
            "secrets": crypto.seal({"key": key}) if key else kept,
            "timeout": timeout,
            "calls_per_day": calls_per_day,
            "tokens_per_day": tokens_per_day,
            "changed_by_name": actor.name,
            "changed_at": clock.now(),
        },
    )
    audit.record(
        actor,
        "endpoint.set",
        gettext_noop("%(actor)s set up the endpoint that writes: %(model)s."),
        about=("endpoint", 1),
        model=model.strip(),
    )


@transaction.atomic
def remove_endpoint(*, actor: Actor) -> None:
    """Have nothing written by a model any more; its key is gone."""
    actor.require(Permission.ADMINISTER)
    if Endpoint.objects.all().delete()[0]:
        audit.record(
            actor,
            "endpoint.removed",
            gettext_noop("%(actor)s removed the endpoint that writes."),
            about=("endpoint", 1),
        )


@transaction.atomic
def let_texts_leave(*, actor: Actor, community_id: int, allowed: bool) -> None:
    """Say whether texts of a community may be sent to the endpoint. For those who administer the community."""
    home = community.community(actor, community_id, Permission.ADMINISTER)
    known = EndpointConsent.objects.filter(community_id=home.pk)
    if known.exists() == allowed:
        return
    if allowed:
        EndpointConsent.objects.create(community_id=home.pk, by_name=actor.name, at=clock.now())
        sentence = gettext_noop("%(actor)s let texts of %(community)s be sent to the endpoint that writes.")
    else:
        known.delete()
        sentence = gettext_noop("%(actor)s let no more texts of %(community)s be sent to the endpoint that writes.")
    about = ("community", home.pk)
    audit.record(actor, "endpoint.consent", sentence, community_id=home.pk, about=about, community=home.name)


def try_endpoint(*, actor: Actor) -> str:
    """Let it say something, and return that. Raises Invalid with what is wrong. It counts as a call."""
    actor.require(Permission.ADMINISTER)
    with transaction.atomic():
        audit.record(
            actor,
            "endpoint.tried",
            gettext_noop("%(actor)s tried the endpoint that writes."),
            about=("endpoint", 1),
        )
    try:
        said = _asked([{"role": "user", "content": "Answer with the single word: ready"}], most=20)
    except UnwrittenError as error:
        raise Invalid(_(error.reason)) from error
    return said[:200]


def ask(*, community_id: int, messages: Sequence[Mapping[str, str]], most: int = 2000) -> str:
    """What the endpoint answers to messages with texts of a community. Raises UnwrittenError, never anything else.

    To be called outside of transactions: it may take a minute. ``most``: tokens of the answer.
    """
    if not reads.may_leave(community_id):
        raise UnwrittenError(NOT_ALLOWED)
    return _asked(messages, most=most)


def _asked(messages: Sequence[Mapping[str, str]], *, most: int) -> str:
    row = Endpoint.objects.first()
    if row is None:
        raise UnwrittenError(NOT_ALLOWED)
    asked = sum(len(each["content"]) for each in messages) // LETTERS_PER_TOKEN
    _take(row, asked)
    body = {"model": row.model, "messages": list(messages), "temperature": 0, "max_tokens": most, "stream": False}
    key = crypto.unseal(row.secrets).get("key", "")
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    try:
        answer = outside.call(
            url=f"{row.url}/chat/completions",
            body=json.dumps(body).encode(),
            headers=headers,
            inside=True,
            timeout=row.timeout,
            largest=LARGEST_ANSWER,
        )
    except outside.AwayError as error:
        raise UnwrittenError(AWAY) from error
    except outside.RefusedError as error:
        raise UnwrittenError(REFUSED) from error
    said, tokens = _read(answer.body)
    _add(tokens - asked if tokens else len(said) // LETTERS_PER_TOKEN)
    return said


def _take(row: Endpoint, tokens: int) -> None:
    """Count a call that begins. Raises UnwrittenError where the day has no room for it."""
    with transaction.atomic():
        use, _made = EndpointUse.objects.get_or_create(day=clock.today("UTC"))
        use = locks.row(EndpointUse, use.pk)
        if use.calls >= row.calls_per_day or use.tokens + tokens > row.tokens_per_day:
            raise UnwrittenError(ENOUGH)
        use.calls += 1
        use.tokens += tokens
        use.save(update_fields=["calls", "tokens"])


def _add(tokens: int) -> None:
    with transaction.atomic():
        use = EndpointUse.objects.select_for_update().get(day=clock.today("UTC"))
        use.tokens = max(0, use.tokens + tokens)
        use.save(update_fields=["tokens"])


def _read(body: bytes) -> tuple[str, int]:
    try:
        answer: Any = json.loads(body)
        said = answer["choices"][0]["message"]["content"]
        tokens = (answer.get("usage") or {}).get("total_tokens") or 0
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnwrittenError(UNREADABLE) from error
    if not isinstance(said, str) or not isinstance(tokens, int):
        raise UnwrittenError(UNREADABLE)
    return said, max(tokens, 0)
