"""The notice of groups: pushed where the platform can, else a task; the last text always wins."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat.actions import deliveries
from qunce.chat.models import Delivery, GroupNotice
from qunce.chat.selectors.notices import account_for, lost_notices
from qunce.chat.stage import Planned
from qunce.chat.types import Content, DeliveryState, Purpose, SetNotice
from qunce.community import selectors as community
from qunce.community.selectors import Community, Group
from qunce.community.types import HISTORY, GroupFilter
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.team import actions as team

REPLACED = gettext_noop("The notice says something else by now.")


def push_notices(*, actor: Actor, community_id: int, group_ids: Collection[int] | None = None) -> int:
    """Have the community's notice set in its groups (those named, else all) where it is not, or was refused.

    Needs an operator there. Where an account of ours can, it is a delivery; elsewhere a task with the text.
    Returns how many groups are told.
    """
    home = community.community(actor, community_id, Permission.OPERATE)
    with transaction.atomic():
        told = _push(actor, home, group_ids, lost_too=True)
        if told:
            audit.record(
                actor,
                "notice.pushed",
                gettext_noop("%(actor)s had the notice set in %(count)s groups of %(community)s."),
                community_id=home.pk,
                about=("community", home.pk),
                count=told,
                community=home.name,
            )
    return told


def keep_notices(*, community_id: int) -> int:
    """Set the notice where it is another by now, if it is to be kept current; returns how many groups are told."""
    with transaction.atomic():
        home = community.community(SYSTEM, community_id)
        if home.archived_at or not community.notice(SYSTEM, community_id).keep_current:
            return 0
        return _push(SYSTEM, home, None, lost_too=False)


def _push(actor: Actor, home: Community, group_ids: Collection[int] | None, *, lost_too: bool) -> int:
    # Whoever comes second reads, in here, what the first has committed: the last text is the one that stays.
    locks.name(f"notice:{home.pk}")
    notice = community.notice(actor, home.pk)
    found = community.find_groups(actor, GroupFilter(community_id=home.pk)).exclude(platform=HISTORY)
    chosen = None if group_ids is None else frozenset(group_ids)
    groups = {each.pk: each for each in found if chosen is None or each.pk in chosen}
    texts = community.notice_texts(notice, groups.values())
    rows = GroupNotice.objects.in_bulk(list(groups))
    lost = lost_notices(rows.values()) if lost_too else set()
    stale = [key for key in sorted(groups) if key not in rows or rows[key].text != texts[key] or key in lost]
    _replace([rows[key] for key in stale if key in rows])
    _tell({key: groups[key] for key in stale}, texts, rows, home)
    if stale:
        live.touch(f"community:{home.pk}", *(f"group:{key}" for key in stale))
    return len(stale)


def set_notices(*, texts: Mapping[int, str]) -> int:
    """Have groups show these notices, each its own, in the caller's transaction; returns how many are told.

    What a group was told last is not told again. The caller has its own guard. The notice of the community comes
    back when it is pushed.
    """
    rows = GroupNotice.objects.in_bulk(list(texts))
    groups = community.rooms([key for key in texts if key not in rows or rows[key].text != texts[key]])
    by_home: dict[int, dict[int, Group]] = defaultdict(dict)
    for key, group in groups.items():
        if group.community_id is not None:
            by_home[group.community_id][key] = group
    for home_id, those in sorted(by_home.items()):
        locks.name(f"notice:{home_id}")
        _replace([rows[key] for key in those if key in rows])
        _tell(those, texts, rows, community.community(SYSTEM, home_id))
        live.touch(f"community:{home_id}", *(f"group:{key}" for key in those))
    return sum(map(len, by_home.values()))


def _replace(rows: Collection[GroupNotice]) -> None:
    """What was told before is not done any more, wherever it is on its way."""
    before = Delivery.objects.filter(key__in=[row.key for row in rows])
    deliveries.withdraw(ids=list(before.values_list("pk", flat=True)), reason=REPLACED)
    before.filter(state=DeliveryState.CLAIMED).update(not_after=clock.now())
    for row in rows:
        if row.by_hand:
            team.cancel_task(actor=SYSTEM, key=row.key, reason=_(REPLACED))


def _tell(
    groups: Mapping[int, Group], texts: Mapping[int, str], rows: Mapping[int, GroupNotice], home: Community
) -> None:
    able = account_for(groups)
    planned: dict[int, list[Planned]] = defaultdict(list)
    told = []
    for key, group in groups.items():
        row = rows.get(key) or GroupNotice(group_id=key)
        row.text, row.serial, row.told_at = texts[key], row.serial + 1, clock.now()
        row.by_hand = key not in able
        told.append(row)
        if row.by_hand:
            _ask(row, group, home)
        else:
            operation = SetNotice(group.external_id, row.text)
            content = Content.of(row.text)
            planned[able[key]].append(
                Planned(row.key, key, content, Purpose.SERVICE, None, None, operation=operation)
            )
    GroupNotice.objects.bulk_create(
        told,
        update_conflicts=True,
        unique_fields=["group_id"],
        update_fields=["text", "serial", "by_hand", "told_at"],
    )
    for account_id, those in planned.items():
        deliveries.plan(account_id=account_id, planned=those)


def _ask(row: GroupNotice, group: Group, home: Community) -> None:
    with override(home.languages[0] if home.languages else settings.LANGUAGE_CODE):
        title = _("Set the notice of “%(group)s” by hand") % {"group": group.name or group.external_id}
    team.create_task(
        actor=SYSTEM,
        title=title[:200],
        community_id=home.pk,
        details=row.text,
        url=f"/communities/{home.pk}/notice/?group={row.group_id}",
        key=row.key,
    )
