"""The notice of a community's groups: its text, from which each group's own is made."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import policies, selectors
from qunce.community.events import NoticeChanged
from qunce.community.models import Community, Notice
from qunce.kernel import audit, clock, events, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.variables import BadTextError

LONGEST_CONTACT = 200


def set_notice(
    *, actor: Actor, community_id: int, text: str, contact: str = "", keep_current: bool = False
) -> Notice:
    """Say what stands at the top of the community's groups, with variables. Needs an operator there.

    ``contact``: whom members may ask. ``keep_current``: what changes is sent to the groups by itself.
    """
    selectors.community(actor, community_id, Permission.OPERATE)
    text, contact = text.replace("\r\n", "\n").strip(), policies.one_line(contact)
    _check(text, contact)
    with transaction.atomic():
        community = locks.row(Community, community_id)
        notice = Notice.objects.filter(community=community).first() or Notice(community=community)
        notice.text, notice.contact, notice.keep_current = text, contact, keep_current
        notice.changed_at = clock.now()
        notice.save()
        audit.record(
            actor,
            "notice.changed",
            gettext_noop("%(actor)s changed the group notice of %(community)s."),
            community_id=community.pk,
            about=("community", community.pk),
            community=community.name,
        )
        events.publish(NoticeChanged(community_id=community.pk))
        live.touch(f"community:{community.pk}")
    return notice


def _check(text: str, contact: str) -> None:
    if not text:
        raise Invalid(_("Write what members should see first."), field="text")
    if len(text) > policies.LONGEST_NOTICE:
        raise Invalid(_("At most %(count)d characters.") % {"count": policies.LONGEST_NOTICE}, field="text")
    if len(contact) > LONGEST_CONTACT:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_CONTACT}, field="contact")
    try:
        policies.notice_text(text, dict.fromkeys(policies.NOTICE_VARIABLES, ""))
    except BadTextError as error:
        raise selectors.bad_notice(error) from error
