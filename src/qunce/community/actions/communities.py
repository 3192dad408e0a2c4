"""Changes of communities."""

from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import policies, selectors
from qunce.community.actions.groups import groups_changed
from qunce.community.events import CommunityZoneChanged, GroupsArchived, GroupsRestored, NoticeChanged
from qunce.community.models import Community
from qunce.community.types import LANGUAGES, ZONES, CommunityProfile
from qunce.kernel import audit, clock, events, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid


def create_community(*, actor: Actor, profile: CommunityProfile) -> Community:
    """Found a community. Needs the role of a lead in all communities; a name is taken once."""
    actor.require(Permission.LEAD)
    profile = _checked(profile)
    with transaction.atomic():
        locks.name("community.name")
        _name_is_free(profile.name)
        community = Community.objects.create(created_at=clock.now(), **_columns_of(profile))
        audit.record(
            actor,
            "community.created",
            gettext_noop("%(actor)s founded the community %(community)s."),
            community_id=community.pk,
            about=("community", community.pk),
            community=community.name,
        )
        revisions.bump("groups")
    return community


def change_community(
    *, actor: Actor, community_id: int, profile: CommunityProfile, seen: str | None = None
) -> Community:
    """Replace what is written down about a community. Needs the role of a lead there.

    ``seen``: the fingerprint of the profile that the change started from; Conflict where it is another by now.
    A changed zone moves the borders of its days: counts by day are made again in the background.
    """
    selectors.community(actor, community_id, Permission.LEAD)
    profile = _checked(profile)
    with transaction.atomic():
        locks.name("community.name")
        community = locks.row(Community, community_id)
        before = selectors.profile_of(community)
        if seen is not None and seen != before.fingerprint:
            raise Conflict(
                _("Somebody else changed this community while you were writing."),
                fix=_("Look at what is there now, then enter your change again."),
            )
        if profile == before:
            return community
        if profile.name != before.name:
            _name_is_free(profile.name)
        for column, value in _columns_of(profile).items():
            setattr(community, column, value)
        community.save(update_fields=list(_columns_of(profile)))
        _say_changed(actor, community, before)
        events.publish(NoticeChanged(community_id=community.pk))
        if profile.zone != before.zone:
            events.publish(CommunityZoneChanged(community_id=community.pk, zone=profile.zone))
        revisions.bump("groups")
        live.touch(f"community:{community.pk}")
    return community


def _say_changed(actor: Actor, community: Community, before: CommunityProfile) -> None:
    """One sentence for each thing that a reader of the audit would look for."""
    after = selectors.profile_of(community)
    kept = replace(after, name=before.name, zone=before.zone)
    sentences = [
        (after.name != before.name, gettext_noop("%(actor)s renamed the community %(before)s to %(community)s.")),
        (after.zone != before.zone, gettext_noop("%(actor)s set the clock of %(community)s to %(zone)s.")),
        (kept != before, gettext_noop("%(actor)s changed what is written about the community %(community)s.")),
    ]
    for true, sentence in sentences:
        if true:
            audit.record(
                actor,
                "community.changed",
                sentence,
                community_id=community.pk,
                about=("community", community.pk),
                community=after.name,
                before=before.name,
                zone=after.zone,
            )


def archive_community(*, actor: Actor, community_id: int) -> Community:
    """Close a community: its groups are no longer read or served; history stays. Needs its owner."""
    return _set_community_archived(actor, community_id, archived=True)


def restore_community(*, actor: Actor, community_id: int) -> Community:
    """Open an archived community again, with all its groups that were not archived by themselves."""
    return _set_community_archived(actor, community_id, archived=False)


def _set_community_archived(actor: Actor, community_id: int, *, archived: bool) -> Community:
    selectors.community(actor, community_id, Permission.ADMINISTER)
    with transaction.atomic():
        community = locks.row(Community, community_id)
        if (community.archived_at is not None) == archived:
            return community
        community.archived_at = clock.now() if archived else None
        community.save(update_fields=["archived_at"])
        audit.record(
            actor,
            "community.archived" if archived else "community.restored",
            gettext_noop("%(actor)s archived the community %(community)s.")
            if archived
            else gettext_noop("%(actor)s restored the community %(community)s."),
            community_id=community.pk,
            about=("community", community.pk),
            community=community.name,
        )
        groups = list(community.groups.filter(archived_at=None).order_by("pk"))
        ids = [each.pk for each in groups]
        events.publish(GroupsArchived(group_ids=ids) if archived else GroupsRestored(group_ids=ids))
        groups_changed(groups)
        live.touch(f"community:{community.pk}")
    return community


def _columns_of(profile: CommunityProfile) -> dict[str, Any]:
    return {**asdict(profile), "languages": list(profile.languages)}


def _checked(profile: CommunityProfile) -> CommunityProfile:
    """The profile without stray spaces; Invalid, with the field, where a rule is broken."""
    tidy = replace(
        profile,
        **{column: getattr(profile, column).strip() for column in ("purpose", "shared_goal", "promise", "voice")},
        name=policies.one_line(profile.name),
    )
    if not tidy.name:
        raise Invalid(_("A community needs a name."), field="name")
    if len(tidy.name) > policies.LONGEST_NAME:
        raise Invalid(_("A name has at most %(most)d characters.") % {"most": policies.LONGEST_NAME}, field="name")
    if tidy.zone not in ZONES:
        raise Invalid(
            _("“%(zone)s” is not a time zone.") % {"zone": tidy.zone},
            fix=_("Choose one such as Asia/Shanghai."),
            field="zone",
        )
    if not tidy.languages or set(tidy.languages) - set(LANGUAGES):
        raise Invalid(_("Choose at least one language from the list."), field="languages")
    return tidy


def _name_is_free(name: str) -> None:
    """Compared without case. The caller holds the lock on names."""
    if Community.objects.filter(name__iexact=name).exists():
        raise Invalid(
            _("There is already a community called “%(name)s”.") % {"name": name},
            fix=_("Choose another name; archived communities keep theirs."),
            field="name",
        )
