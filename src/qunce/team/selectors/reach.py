"""Reads of how staff are told: channels, quiet hours, their own chat and the code that links one."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings

from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.kernel.errors import NotAllowed
from qunce.team import policies
from qunce.team.models import ChatCode, Staff, StaffChat
from qunce.team.types import Channel, Reach, Topic


def reach_of(staff: Staff) -> Reach:
    """How and when somebody wants to be told."""
    return Reach(
        mail=staff.by_mail,
        chat=staff.by_chat,
        topics=frozenset(map(Topic, staff.topics)),
        quiet_from=staff.quiet_from,
        quiet_until=staff.quiet_until,
    )


def zone_of(staff: Staff) -> ZoneInfo:
    """Where the person's quiet hours are."""
    return ZoneInfo(staff.zone or settings.DEFAULT_COMMUNITY_ZONE)


def mail_works() -> bool:
    """Whether mail leaves this installation."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def channels_of(staff: Staff) -> list[Channel]:
    """The channels by which somebody wants to be told and can be."""
    channels = []
    if staff.by_mail and staff.email and mail_works():
        channels.append(Channel.MAIL)
    if staff.by_chat and StaffChat.objects.filter(staff=staff).exists():
        channels.append(Channel.CHAT)
    return channels


def chat_of(staff_id: int) -> StaffChat | None:
    """The chat that somebody has linked."""
    return StaffChat.objects.filter(staff_id=staff_id).first()


def is_waiting_code(code: str) -> bool:
    """Whether somebody has been given this code to say, and it still holds."""
    return ChatCode.objects.filter(code=code, used_at=None, expires_at__gt=clock.now()).exists()


@dataclass(frozen=True, slots=True)
class OwnReach:
    """One's own choices, whether mail works here, the linked chat, and the code that waits to be said, if any."""

    reach: Reach
    mail_works: bool
    chat: Group | None
    code: str
    code_until: str


def own_reach(actor: Actor) -> OwnReach:
    """How the actor is told."""
    if actor.id is None:
        raise NotAllowed
    staff = Staff.objects.get(pk=actor.id)
    chat = chat_of(staff.pk)
    code = ChatCode.objects.filter(staff=staff, used_at=None, expires_at__gt=clock.now()).order_by("-id").first()
    return OwnReach(
        reach=reach_of(staff),
        mail_works=mail_works(),
        chat=community.rooms([chat.group_id]).get(chat.group_id) if chat else None,
        code=policies.shown_code(code.code) if code else "",
        code_until=code.expires_at.astimezone(zone_of(staff)).strftime("%H:%M") if code else "",
    )
