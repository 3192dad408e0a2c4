"""Chasing politely: reminding a group, with a few names, of a call that it was sent."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions.deliveries import plan
from qunce.chat.connector import connectors
from qunce.chat.selectors import answers as reads
from qunce.chat.selectors.broadcasts import broadcast
from qunce.chat.stage import Planned
from qunce.chat.types import Purpose
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Conflict, Invalid

LONGEST_REMINDER = 500
STILL_POLITE = timedelta(hours=24)
"""A reminder that could not be sent for so long (quiet hours, an account away) is not sent any more."""


def chase(*, actor: Actor, broadcast_id: int, group_ids: Collection[int], text: str, keyword: str = "") -> int:
    """Remind groups of a broadcast: one message to each, naming at most MOST_NAMED who have not answered.

    Not before a day after the call or the reminder before, and twice at most; never our own people or bots. It is a
    campaign: quiet hours and caps hold. Groups where it cannot be done are left out; Conflict where that is all of
    them. Returns how many groups are reminded. Needs an operator of each group.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(_("Write what is to be sent."), field="text")
    if len(text) > LONGEST_REMINDER:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_REMINDER}, field="text")
    with transaction.atomic():
        row = broadcast(actor, broadcast_id)
        locks.name(policies.chase_key(broadcast_id))
        called = reads.answers(actor, broadcast_id, keyword=keyword, group_ids=group_ids)
        able = [each for each in called if not each.obstacle]
        if not able:
            why = next(
                (each.obstacle for each in called if each.obstacle), gettext_noop("Choose at least one group.")
            )
            raise Conflict(_("Nobody can be reminded now."), fix=_(why))
        by_account: dict[int, list[Planned]] = defaultdict(list)
        for each in able:
            by_account[each.account_id or 0].append(_planned(broadcast_id, each, text))
        for account_id, planned in by_account.items():
            plan(account_id=account_id, planned=planned)
        audit.record(
            actor,
            "broadcast.chased",
            gettext_noop("%(actor)s reminded of the broadcast “%(title)s” (groups: %(count)s)."),
            community_id=row.community_ids[0] if len(row.community_ids) == 1 else None,
            about=("broadcast", row.pk),
            title=row.title,
            count=len(able),
        )
        live.touch(f"broadcast:{row.pk}", "today")
    return len(able)


def _planned(broadcast_id: int, called: reads.Called, text: str) -> Planned:
    kind = connectors.get(called.group.platform)
    replies = kind is not None and kind.capabilities.reply and called.external_id
    return Planned(
        key=f"{policies.chase_key(broadcast_id)}{called.group.pk}:{called.tries + 1}",
        group_id=called.group.pk,
        content=reads.reminder(called, text),
        purpose=Purpose.CAMPAIGN,
        reply_to=called.external_id if replies else None,
        not_after=clock.now() + STILL_POLITE,
    )
