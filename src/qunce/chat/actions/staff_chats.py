"""Staff's own chats: a code said to one of our accounts links the chat, and what staff are told is sent there."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from qunce.chat.actions import deliveries, groups
from qunce.chat.actions.recognition import AccountView
from qunce.chat.models import Seat
from qunce.chat.stage import Planned
from qunce.chat.types import Content, GroupSeen, MessageReceived, Purpose
from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.policies import code_in

TRIES = 5
WITHIN = timedelta(minutes=10)
MOST_REMEMBERED = 10_000
WORTH_TELLING = timedelta(hours=6)
_tried: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
"""When each sender said a code that nobody waits for: guessing is not answered. An account has one gateway."""


def link_where_said(account_id: int, view: AccountView, received: Sequence[MessageReceived]) -> None:
    """Link the chats in which somebody said a code of ours, adopted or not, in the batch's transaction.

    Every message passes here, so what is no code costs no statement. A wrong code is answered with silence.
    """
    for event in received:
        code = code_in(event.text)
        if code is None or event.sender.is_bot or event.sender.external_id in view.ours:
            continue
        if not _may_try(view.platform, event.sender.external_id):
            continue
        if not staff.is_waiting_code(code):
            _tried[view.platform, event.sender.external_id].append(clock.now())
            continue
        _link(account_id, view.platform, event, code)


def _may_try(platform: str, sender: str) -> bool:
    if len(_tried) > MOST_REMEMBERED:
        _tried.clear()
    since = clock.now() - WITHIN
    lately = [at for at in _tried.get((platform, sender), ()) if at > since]
    if lately:
        _tried[platform, sender] = lately
    return len(lately) < TRIES


def _link(account_id: int, platform: str, event: MessageReceived, code: str) -> None:
    rooms = groups.record_seen(account_id, platform, [GroupSeen(event.group)])
    group_id = rooms[event.group]
    name = community.rooms([group_id])[group_id].name or event.sender.name
    person = team.link_chat(code=code, group_id=group_id, room=name)
    if person is None:
        return
    with override(person.language or settings.LANGUAGE_CODE):
        said = _("Done, %(name)s: from now on Qunce writes to you here.") % {"name": person.name}
    later = clock.now() + WORTH_TELLING
    answer = Planned(f"linked:{code}", group_id, Content.of(said), Purpose.SERVICE, event.external_id, later)
    deliveries.plan(account_id=account_id, planned=[answer])


def send_to_staff(*, message_id: int, group_id: int, text: str) -> bool:
    """Plan a message to a staff member's own chat, once; False where none of our accounts is there any more."""
    seats = Seat.objects.filter(group_id=group_id, left_at=None, account__enabled=True)
    account_id = seats.order_by("-reads", "account_id").values_list("account_id", flat=True).first()
    if account_id is None:
        return False
    not_after = clock.now() + WORTH_TELLING
    message = Planned(f"staff:{message_id}", group_id, Content.of(text), Purpose.SERVICE, None, not_after)
    deliveries.plan(account_id=account_id, planned=[message])
    return True
