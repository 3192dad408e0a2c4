"""Changes of groups: where they stand, and their tags."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import policies, selectors
from qunce.community.events import GroupsAdopted, GroupsArchived, GroupsReleased, GroupsRestored, GroupsTagged
from qunce.community.models import Community, Group
from qunce.kernel import audit, clock, events, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.events import Event

_ADOPT = (
    "group.adopted",
    gettext_noop("%(actor)s took the group %(group)s into %(community)s."),
    gettext_noop("%(actor)s took %(count)s groups into %(community)s, %(group)s among them."),
)
_MOVE = (
    "group.moved",
    gettext_noop("%(actor)s moved the group %(group)s from %(community)s to %(to)s."),
    gettext_noop("%(actor)s moved %(count)s groups from %(community)s to %(to)s, %(group)s among them."),
)


def adopt_groups(*, actor: Actor, community_id: int, group_ids: Collection[int]) -> list[int]:
    """Take groups into a community: from now on they are read and served. Returns those that were not in it before.

    Needs an operator in the community and where the groups are now: for groups that were only found, that is
    an operator of all communities. Their archive state ends. Nothing happens to groups that are already there.
    """
    selectors.community(actor, community_id, Permission.OPERATE)
    with transaction.atomic():
        community = locks.row(Community, community_id)
        if community.archived_at:
            raise Conflict(
                _("The community %(community)s is archived.") % {"community": community.name},
                fix=_("Restore it first, or choose another one."),
            )
        groups = [each for each in _operable(actor, group_ids) if each.community_id != community.pk]
        ids = [each.pk for each in groups]
        if not ids:
            return []
        Group.objects.filter(pk__among=ids).update(community=community, adopted_at=clock.now(), archived_at=None)
        for source, those in _by_community(groups):
            if source is not None:
                _record_on_groups(actor, _MOVE, those, source, to=community.name)
        _record_on_groups(actor, _ADOPT, groups, community)
        events.publish(GroupsAdopted(community_id=community.pk, group_ids=ids))
        groups_changed(groups)
        live.touch(f"community:{community.pk}")
    return ids


@dataclass(frozen=True, slots=True)
class _Turn:
    """One way in which groups change their standing: which ones it applies to, what is written, what is said."""

    action: str
    applies: Callable[[Group], bool]
    one: str
    many: str
    event: Callable[[list[int]], Event]


_RELEASE = _Turn(
    "group.released",
    lambda group: group.community_id is not None,
    gettext_noop("%(actor)s released the group %(group)s from %(community)s."),
    gettext_noop("%(actor)s released %(count)s groups from %(community)s, %(group)s among them."),
    GroupsReleased,
)
_ARCHIVE = _Turn(
    "group.archived",
    lambda group: group.community_id is not None and group.archived_at is None,
    gettext_noop("%(actor)s archived the group %(group)s of %(community)s."),
    gettext_noop("%(actor)s archived %(count)s groups of %(community)s, %(group)s among them."),
    GroupsArchived,
)
_RESTORE = _Turn(
    "group.restored",
    lambda group: group.archived_at is not None,
    gettext_noop("%(actor)s restored the group %(group)s of %(community)s."),
    gettext_noop("%(actor)s restored %(count)s groups of %(community)s, %(group)s among them."),
    GroupsRestored,
)


def release_groups(*, actor: Actor, group_ids: Collection[int]) -> list[int]:
    """Undo an adoption: the groups are only found again; what was recorded stays. Returns those that were adopted."""
    return _turn(actor, group_ids, _RELEASE, community=None, adopted_at=None, archived_at=None)


def archive_groups(*, actor: Actor, group_ids: Collection[int]) -> list[int]:
    """Close adopted groups: no longer read or served, history stays. Returns those that were open."""
    return _turn(actor, group_ids, _ARCHIVE, archived_at=clock.now())


def restore_groups(*, actor: Actor, group_ids: Collection[int]) -> list[int]:
    """Open groups again that were archived by themselves. Returns those that were archived."""
    return _turn(actor, group_ids, _RESTORE, archived_at=None)


def tag_groups(
    *, actor: Actor, group_ids: Collection[int], add: Collection[str] = (), remove: Collection[str] = ()
) -> list[int]:
    """Put tags on groups and take tags off. Returns the groups that changed. Needs an operator of each group."""
    added = list(dict.fromkeys(filter(None, map(policies.tidy_tag, add))))
    removed = list(dict.fromkeys(filter(None, map(policies.tidy_tag, remove))))
    if too_long := next((tag for tag in added if len(tag) > policies.LONGEST_TAG), None):
        raise Invalid(
            _("The tag “%(tag)s” is longer than %(most)d characters.")
            % {"tag": too_long, "most": policies.LONGEST_TAG},
            field="add",
        )
    with transaction.atomic():
        changed: list[Group] = []
        new: dict[int, list[str]] = {}
        for group in _operable(actor, group_ids):
            tags = policies.with_tags(group.tags, add=added, remove=removed)
            if len(tags) > max(policies.MOST_TAGS, len(group.tags)):
                raise Invalid(
                    _("“%(group)s” would have more than %(most)d tags.")
                    % {"group": group.name, "most": policies.MOST_TAGS},
                    fix=_("Take some off first."),
                    field="add",
                )
            if fresh := [tag for tag in tags if tag not in group.tags]:
                new[group.pk] = fresh
            if tags != group.tags:
                group.tags = tags
                changed.append(group)
        Group.objects.bulk_update(changed, ["tags"], batch_size=1000)
        for community, groups in _by_community(changed):
            _record_on_groups(actor, _TAG, groups, community, tags=_tags_said(added, removed))
        if new:
            events.publish(GroupsTagged(new, clock.now()))
        groups_changed(changed)
    return [each.pk for each in changed]


_TAG = (
    "group.tagged",
    gettext_noop("%(actor)s changed tags of the group %(group)s: %(tags)s."),
    gettext_noop("%(actor)s changed tags of %(count)s groups, %(group)s among them: %(tags)s."),
)


def _tags_said(added: Iterable[str], removed: Iterable[str]) -> str:
    return " ".join([*(f"+{tag}" for tag in added), *(f"−{tag}" for tag in removed)])


def _turn(actor: Actor, group_ids: Collection[int], turn: _Turn, **values: object) -> list[int]:
    with transaction.atomic():
        groups = [each for each in _operable(actor, group_ids) if turn.applies(each)]
        if not groups:
            return []
        ids = [each.pk for each in groups]
        Group.objects.filter(pk__among=ids).update(**values)
        for community, those in _by_community(groups):
            _record_on_groups(actor, (turn.action, turn.one, turn.many), those, community)
        events.publish(turn.event(ids))
        groups_changed(groups)
    return ids


def _operable(actor: Actor, group_ids: Collection[int]) -> list[Group]:
    """The groups, locked. NotFound where the actor cannot see one of them, NotAllowed where he may not operate it."""
    groups = locks.rows(Group, sorted(set(group_ids)))
    visible = set(
        selectors.visible_groups(actor).filter(pk__among=[each.pk for each in groups]).values_list("pk", flat=True)
    )
    if visible != set(group_ids):
        raise NotFound
    for community_id in {each.community_id for each in groups}:
        actor.require(Permission.OPERATE, community_id)
    return groups


def _by_community(groups: Iterable[Group]) -> list[tuple[Community | None, list[Group]]]:
    """The groups of each community (None: found ones), in the order of the communities' ids."""
    sorted_out: dict[int | None, list[Group]] = defaultdict(list)
    for group in groups:
        sorted_out[group.community_id].append(group)
    communities = Community.objects.in_bulk([key for key in sorted_out if key is not None])
    return [(communities.get(key or 0), sorted_out[key]) for key in sorted(sorted_out, key=lambda key: key or 0)]


def _record_on_groups(
    actor: Actor,
    said: tuple[str, str, str],
    groups: Sequence[Group],
    community: Community | None,
    **params: audit.Param,
) -> None:
    """One entry for one group or for many at once: (action, sentence of one, sentence of many)."""
    action, one, many = said
    single = len(groups) == 1
    audit.record(
        actor,
        action,
        one if single else many,
        community_id=community.pk if community else None,
        about=("group", groups[0].pk) if single else ("groups", ""),
        group=groups[0].name or groups[0].external_id,
        count=len(groups),
        community=community.name if community else None,
        **params,
    )


def groups_changed(groups: Iterable[Group]) -> None:
    """Caches are stale and open pages are old: of the groups, and of the communities that they were in."""
    changed = list(groups)
    if changed:
        revisions.bump("groups")
        communities = {each.community_id for each in changed if each.community_id is not None}
        live.touch("groups", *(f"group:{each.pk}" for each in changed), *(f"community:{key}" for key in communities))
