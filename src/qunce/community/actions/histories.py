"""Groups that are known by their history alone."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors
from qunce.community.actions.groups import groups_changed
from qunce.community.models import Community, Group
from qunce.community.types import HISTORY
from qunce.kernel import audit, clock, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict

_NAME = 255


def found_history_group(*, actor: Actor, community_id: int, external_id: str, name: str) -> Group:
    """The group that holds this history, in the community; where there is none yet, it is founded there.

    No account reads or serves it. Needs the role of a lead. One that was archived is opened again. Raises Conflict
    where the history stands in another community.
    """
    selectors.community(actor, community_id, Permission.LEAD)
    with transaction.atomic():
        home = locks.row(Community, community_id)
        if home.archived_at:
            raise Conflict(
                _("The community %(community)s is archived.") % {"community": home.name},
                fix=_("Restore it first, or choose another one."),
            )
        locks.name(f"group:{HISTORY}:{external_id}")
        group = Group.objects.filter(platform=HISTORY, external_id=external_id).first()
        if group is not None and group.community_id not in {None, home.pk}:
            raise Conflict(
                _("This history is in another community already."),
                fix=_("Choose that community, or move the group first."),
            )
        if group is not None and group.community_id and not group.archived_at:
            return group
        group = group or Group(platform=HISTORY, external_id=external_id, found_at=clock.now(), name=name[:_NAME])
        group.community, group.adopted_at, group.archived_at = home, group.adopted_at or clock.now(), None
        group.save()
        audit.record(
            actor,
            "group.founded",
            gettext_noop("%(actor)s made the group %(group)s in %(community)s for a chat history."),
            community_id=home.pk,
            about=("group", group.pk),
            group=group.name,
            community=home.name,
        )
        groups_changed([group])
    return group
