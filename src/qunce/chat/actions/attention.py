"""Quiet hours and the daily cap: what binds campaigns, decided by people and obeyed where messages are claimed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.models import CommunityRestraint
from qunce.chat.selectors import attention
from qunce.chat.selectors.attention import Wait
from qunce.chat.types import Restraint
from qunce.community import selectors as community
from qunce.kernel import audit, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid

AT_A_TIME = 200
LONGEST_WORD, MOST_WORDS, MOST_A_DAY, MOST_GROUPS = 40, 40, 100, 1_000_000


def set_restraint(*, actor: Actor, community_id: int, restraint: Restraint) -> None:
    """Decide when campaigns may reach a community's groups, how many a day, which words count as complaints, and to
    how many groups one may go without a lead's consent.
    """
    if (restraint.quiet_from is None) != (restraint.quiet_until is None):
        raise Invalid(_("Quiet hours have a beginning and an end."), field="quiet_from")
    if restraint.daily_cap is not None and not 1 <= restraint.daily_cap <= MOST_A_DAY:
        raise Invalid(_("Between 1 and %(count)d.") % {"count": MOST_A_DAY}, field="daily_cap")
    if restraint.consent_above is not None and not 1 <= restraint.consent_above <= MOST_GROUPS:
        raise Invalid(_("Between 1 and %(count)d.") % {"count": MOST_GROUPS}, field="consent_above")
    words = tuple(dict.fromkeys(word.strip() for word in restraint.complaints if word.strip()))
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise Invalid(
            _("At most %(most)d words of %(longest)d characters.") % {"most": MOST_WORDS, "longest": LONGEST_WORD},
            field="complaints",
        )
    with transaction.atomic():
        home = community.community(actor, community_id, Permission.LEAD)
        CommunityRestraint.objects.update_or_create(
            pk=community_id,
            defaults={
                "quiet_from": restraint.quiet_from,
                "quiet_until": restraint.quiet_until,
                "daily_cap": restraint.daily_cap,
                "complaints": list(words),
                "consent_above": restraint.consent_above,
            },
        )
        audit.record(
            actor,
            "community.restrained",
            gettext_noop("%(actor)s decided when broadcasts may reach “%(community)s”"),
            community_id=community_id,
            about=("community", community_id),
            community=home.name,
        )
        live.touch("broadcasts")


_DUE = """
SELECT id, group_id FROM chat_delivery WHERE account_id = %s AND state = 'planned' AND purpose = 3
AND not_before <= %s AND first_claimed_at IS NULL AND group_id <> ALL(%s) ORDER BY not_before, id LIMIT %s
"""


def claimable(*, account_id: int, now: datetime, waiting: Sequence[int], limit: int) -> list[UUID]:
    """The campaigns due that may go now; others are put off, with the reason and until when.

    Within the claim's own transaction. Groups are held by name until it ends, so that several accounts in a
    group do not pass its cap together.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [account_id, now, list(waiting), AT_A_TIME])
            due: list[tuple[UUID, int]] = cursor.fetchall()
        if not due:
            return []
        groups = attention.bound(group_id for _key, group_id in due)
        night = attention.nights(groups, now)
        put_off = {key: night[group_id] for key, group_id in due if group_id in night}
        awake = [(key, group_id) for key, group_id in due if group_id not in night][:limit]
        capped = {group_id: groups[group_id] for _key, group_id in awake if group_id in groups}
        if capped:
            locks.patiently(*(f"campaigns:{group_id}" for group_id in capped))
        had = Counter(attention.had(capped, now) if capped else {})
        allowed: list[UUID] = []
        for key, group_id in awake:
            facts, rules = capped.get(group_id, (None, None))
            if facts and rules and rules.daily_cap is not None and had[group_id] >= rules.daily_cap:
                put_off[key] = Wait(policies.tomorrow(rules, now, facts.zone), attention.ENOUGH)
            else:
                had[group_id] += 1
                allowed.append(key)
        _put_off(put_off, now)
        if allowed or len(due) < AT_A_TIME:
            return allowed


def _put_off(waits: Mapping[UUID, Wait], now: datetime) -> None:
    """They stay planned, and are looked at again when the wait is over."""
    if not waits:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH put AS (UPDATE chat_delivery d SET not_before = w.until, reason = w.reason"
            " FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS w(id, until, reason)"
            " WHERE d.id = w.id AND d.state = 'planned' RETURNING d.id, d.reason, d.broadcast_id), steps AS ("
            " INSERT INTO chat_deliverystep (delivery_id, at, state, detail)"
            " SELECT id, %s, 'planned', reason FROM put)"
            " SELECT DISTINCT broadcast_id FROM put WHERE broadcast_id IS NOT NULL",
            [list(waits), [w.until for w in waits.values()], [w.reason for w in waits.values()], now],
        )
        live.touch(*(f"broadcast:{key}" for (key,) in cursor.fetchall()))
