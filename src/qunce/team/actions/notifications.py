"""Telling staff: what they are to know is taken down once per key, then sent one by one or joined."""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.kernel import audit, clock, events
from qunce.team import policies
from qunce.team.events import StaffNotified
from qunce.team.models import Notification, Staff, StaffMessage
from qunce.team.selectors import reach
from qunce.team.types import Channel, Topic

log = logging.getLogger(__name__)
NOTIFY = "team.notify"
"""The job that sends what is waiting, by name: jobs stand above what they run."""
LONGEST_SUBJECT = 120
MAILS_AT_ONCE = 50
MAIL_WITHIN = timedelta(hours=6)
"""A mail that could not leave for so long is old news."""


def tell(
    *,
    staff_ids: Collection[int],
    topic: Topic,
    key: str,
    sentence: str,
    url: str = "",
    params: Mapping[str, audit.Param] | None = None,
) -> int:
    """Have people told of something, each in his language and once per ``key``, in the caller's transaction.

    ``sentence``: an untranslated message id with places for ``params``. Whoever has not chosen the topic is left out.
    Returns how many are new.
    """
    people = Staff.objects.filter(pk__among=list(staff_ids), is_active=True, topics__contains=[topic])
    known = set(Notification.objects.filter(key=key, staff__in=people).values_list("staff_id", flat=True))
    rows = []
    for staff in people:
        if staff.pk in known:
            continue
        with override(staff.language or settings.LANGUAGE_CODE):
            text = _(sentence) % (params or {})
        rows.append(Notification(staff=staff, topic=topic, key=key, text=text, url=url, created_at=clock.now()))
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        transaction.on_commit(_wake)
    return len(rows)


def _wake() -> None:
    with suppress(AlreadyEnqueued):
        app.configure_task(NOTIFY, queueing_lock=NOTIFY).defer()


def send_notifications() -> int:
    """Make messages of what is waiting, outside people's quiet hours; returns how many messages. For the clock.

    More than five within ten minutes are joined into one. Somebody without any channel sees it in the console alone.
    """
    waiting = Notification.objects.filter(told_at=None).order_by().values_list("staff_id", flat=True).distinct()
    return sum(map(_send_to, sorted(waiting)))


def _send_to(staff_id: int) -> int:
    """One person's messages, in a transaction that has his row: another worker leaves him alone."""
    with transaction.atomic():
        staff = Staff.objects.select_for_update(skip_locked=True).filter(pk=staff_id).first()
        if staff is None:
            return 0
        now = clock.now()
        waiting = list(Notification.objects.filter(staff=staff, told_at=None).order_by("id"))
        channels = reach.channels_of(staff) if staff.is_active else []
        if channels and policies.quiet_until(reach.reach_of(staff), reach.zone_of(staff), now):
            return 0
        lately = _lately(staff, channels)
        apart = policies.told_apart(len(waiting), lately.count())
        if channels and not apart and lately.filter(joined=True).exists():
            return 0
        portions = [[each] for each in waiting] if apart else [waiting]
        for portion in portions:
            for channel in channels:
                _message(staff, channel, portion, joined=not apart)
        Notification.objects.filter(pk__in=[each.pk for each in waiting]).update(told_at=now)
    return len(portions) * len(channels)


def _lately(staff: Staff, channels: Sequence[Channel]) -> QuerySet[StaffMessage]:
    """What went out within the window, by one channel: the others carry the same."""
    since = clock.now() - policies.WINDOW
    return StaffMessage.objects.filter(staff=staff, created_at__gt=since, channel__in=channels[:1])


def _message(staff: Staff, channel: Channel, portion: Sequence[Notification], *, joined: bool) -> None:
    with override(staff.language or settings.LANGUAGE_CODE):
        if len(portion) == 1:
            subject = portion[0].text
        else:
            subject = ngettext("%(count)d thing for you", "%(count)d things for you", len(portion)) % {
                "count": len(portion)
            }
    said = [f"{each.text}\n{settings.BASE_URL}{each.url}" if _links(each) else each.text for each in portion]
    text = said[0] if len(said) == 1 else "\n\n".join([subject, *(f"· {each}" for each in said)])
    now = clock.now()
    message = StaffMessage.objects.create(
        staff=staff,
        channel=channel,
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        text=text,
        joined=joined,
        created_at=now,
        sent_at=now if channel is Channel.CHAT else None,
    )
    if channel is Channel.CHAT and (chat := reach.chat_of(staff.pk)):
        events.publish(StaffNotified(message_id=message.pk, group_id=chat.group_id, text=text))


def _links(notification: Notification) -> bool:
    return bool(notification.url and settings.BASE_URL)


def send_mails() -> int:
    """Send mails that wait, each once; one that cannot leave is tried again for six hours. For the clock."""
    waiting = StaffMessage.objects.filter(
        channel=Channel.MAIL, sent_at=None, created_at__gt=clock.now() - MAIL_WITHIN
    ).order_by("id")
    return sum(map(_mail, list(waiting.values_list("pk", flat=True)[:MAILS_AT_ONCE])))


def _mail(message_id: int) -> bool:
    with transaction.atomic():
        found = StaffMessage.objects.select_for_update(skip_locked=True, of=("self",)).select_related("staff")
        message = found.filter(pk=message_id, sent_at=None).first()
        if message is None or not message.staff.is_active or not message.staff.email:
            return False
        try:
            send_mail(message.subject, message.text, None, [message.staff.email])
        except (OSError, SMTPException) as error:
            log.warning("a mail to staff %s could not leave: %s", message.staff_id, type(error).__name__)
            return False
        message.sent_at = clock.now()
        message.save(update_fields=["sent_at"])
    return True
