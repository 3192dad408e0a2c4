"""Digests: planned by people, made once per period by the clock or when asked for, edited, posted or not."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from procrastinate.contrib.django import app

from qunce.chat import actions as chat
from qunce.chat import selectors as chats
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Purpose
from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import LANGUAGES
from qunce.insights.actions.digest_writing import written
from qunce.insights.models import Digest, DigestPlan
from qunce.insights.policies import digests as policy
from qunce.insights.policies.periods import last_period
from qunce.insights.selectors import digests as reads
from qunce.insights.types import DigestChannel, DigestDocument, DigestLine, DigestState, Rhythm, Stretch, Writer
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.types import Topic

log = logging.getLogger(__name__)
MAKE = "insights.make_digest"
MAKE_DUE = "insights.make_digests"
"""The jobs, by name: jobs stand above what they run."""
STILL_NEWS = timedelta(hours=20)
"""A digest that could not be sent for so long is old news in a group."""
LAST_HOUR, MOST_LINES, LONGEST_LINE, MOST_DAYS = 23, 20, 500, 31
CHANGED = gettext_noop("Somebody changed this digest after you opened it; nothing of yours was done.")


# ------------------------------------------------------------------ planned
def plan_digests(
    *,
    actor: Actor,
    community_id: int,
    rhythm: Rhythm,
    hour: int,
    language: str,
    channel: DigestChannel,
    lines: int = 6,
    group_ids: Sequence[int] = (),
) -> DigestPlan:
    """Have digests made regularly, or change how; those of the period that has just ended are the first.

    For those who lead the community. ``hour``: of its zone. ``group_ids``: of which groups; none: of all.
    """
    home = community.community(actor, community_id, Permission.LEAD)
    _require(rhythm, hour, language, lines)
    if set(group_ids) - set(reads.groups_of(home.pk)):
        raise Invalid(_("Choose groups of this community."), field="groups")
    with transaction.atomic():
        locks.name(f"digests:{home.pk}:{rhythm}")
        plan, _made = DigestPlan.objects.update_or_create(
            community_id=home.pk,
            rhythm=rhythm,
            defaults={
                "hour": hour,
                "language": language,
                "channel": channel,
                "lines": lines,
                "group_ids": sorted(group_ids),
                "planned_at": clock.now(),
            },
        )
        _record(actor, home, "digests.planned", _PLANNED[rhythm])
        transaction.on_commit(lambda: app.configure_task(MAKE_DUE, lock=MAKE_DUE).defer(timestamp=0))
    return plan


def stop_digests(*, actor: Actor, plan_id: int) -> None:
    """Have no more of them made; those that were made stay. For those who lead the community."""
    plan = reads.one_plan(actor, plan_id)
    with transaction.atomic():
        if DigestPlan.objects.filter(pk=plan.pk).delete()[0]:
            home = community.community(actor, plan.community_id)
            _record(actor, home, "digests.stopped", _STOPPED[Rhythm(plan.rhythm)])


def _require(rhythm: Rhythm, hour: int, language: str, lines: int) -> None:
    if rhythm not in _PLANNED:
        raise Invalid(_("A digest is made every day or every week."), field="rhythm")
    if not 0 <= hour <= LAST_HOUR:
        raise Invalid(_("An hour from 0 to 23, please."), field="hour")
    if language not in LANGUAGES:
        raise Invalid(_("This language is not known."), field="language")
    if not 1 <= lines <= MOST_LINES:
        raise Invalid(_("Between 1 and %(most)d lines.") % {"most": MOST_LINES}, field="lines")


_PLANNED = {
    Rhythm.DAILY: gettext_noop("%(actor)s had a daily digest made of groups of %(community)s."),
    Rhythm.WEEKLY: gettext_noop("%(actor)s had a weekly digest made of groups of %(community)s."),
}
_STOPPED = {
    Rhythm.DAILY: gettext_noop("%(actor)s ended the daily digest of groups of %(community)s."),
    Rhythm.WEEKLY: gettext_noop("%(actor)s ended the weekly digest of groups of %(community)s."),
}


def _record(actor: Actor, home: Community, action: str, sentence: str) -> None:
    audit.record(actor, action, sentence, community_id=home.pk, about=("community", home.pk), community=home.name)
    live.touch(f"digests:{home.pk}")


# ------------------------------------------------------------------ asked for
def ask_for_digest(
    *, actor: Actor, community_id: int, group_id: int | None, stretch: Stretch, language: str
) -> Digest:
    """Have a digest made now: of a group, or (None) over the groups of a community. Made anew where there is one.

    For those who operate the community. What was posted or declined stays as it is.
    """
    home = community.community(actor, community_id, Permission.OPERATE)
    if group_id is not None and community.group(actor, group_id, Permission.OPERATE).community_id != home.pk:
        raise Invalid(_("Choose a group of this community."), field="group")
    today = clock.today(home.zone)
    if not (1 <= stretch.count <= MOST_DAYS and stretch.first <= today):
        raise Invalid(_("At most %(count)d days, none of them to come.") % {"count": MOST_DAYS}, field="first")
    if language not in LANGUAGES:
        raise Invalid(_("This language is not known."), field="language")
    with transaction.atomic():
        row = _row(home.pk, group_id, stretch, language)
        if row.state in {DigestState.POSTED, DigestState.DECLINED}:
            return row
        row.state, row.done, row.asked_at = DigestState.MAKING, 0, clock.now()
        row.save(update_fields=["state", "done", "asked_at"])
        _record(actor, home, "digest.asked", gettext_noop("%(actor)s had a digest made of groups of %(community)s."))
        key = row.pk
        transaction.on_commit(lambda: app.configure_task(MAKE, lock=f"{MAKE}:{key}").defer(digest_id=key))
    return row


def _row(community_id: int, group_id: int | None, stretch: Stretch, language: str, lines: int = 6) -> Digest:
    """The row of a digest, locked."""
    locks.name(f"digest:{community_id}:{group_id}:{stretch.first}:{stretch.count}")
    row, _made = Digest.objects.get_or_create(
        community_id=community_id,
        group_id=group_id,
        first=stretch.first,
        last=stretch.last,
        defaults={"language": language, "asked_at": clock.now(), "lines": lines},
    )
    return row


def make(*, digest_id: int) -> None:
    """Make a digest that was asked for; cut off anywhere, it is made from the beginning."""
    row = Digest.objects.filter(pk=digest_id, state=DigestState.MAKING).first()
    if row is not None:
        document = _made(row)
        with transaction.atomic():
            _keep(row, document, DigestState.KEPT)


def _made(row: Digest) -> DigestDocument:
    stretch = Stretch(row.first, (row.last - row.first).days + 1)
    if row.group_id is not None:
        return written(reads.found_in(row.group_id, stretch), row.community_id)
    groups = reads.groups_of(row.community_id, row.group_ids)
    found: dict[int, DigestDocument] = {}
    for done, group in enumerate(groups, 1):
        kept = Digest.objects.filter(
            community_id=row.community_id, group_id=group, first=row.first, last=row.last, made_at__gte=row.asked_at
        ).first()
        found[group] = DigestDocument.from_json(kept.content) if kept else reads.found_in(group, stretch)
        Digest.objects.filter(pk=row.pk).update(done=done, expected=len(groups))
        live.touch(f"digest:{row.pk}")
    return policy.joined(found)


def _keep(row: Digest, document: DigestDocument, state: DigestState) -> None:
    row.content, row.state, row.made_at = document.to_json(), state, clock.now()
    row.messages, row.covered = document.coverage.messages, document.coverage.covered
    row.worth, row.edition = document.coverage.worth_telling, row.edition + 1
    row.by_model = any(line.writer is Writer.MODEL for line in document.lines)
    row.save()
    live.touch(f"digest:{row.pk}", f"digests:{row.community_id}")


# ------------------------------------------------------------------ made by the clock
def make_due() -> int:
    """Make the digests whose period has ended and whose hour has come; returns how many. For the clock.

    Each group's period is made once, however often this runs; what a crash cut off is made at the next run.
    """
    return sum(make_planned(plan_id=plan.pk) for plan in DigestPlan.objects.order_by("pk") if _is_due(plan))


def _is_due(plan: DigestPlan) -> bool:
    home = community.community(SYSTEM, plan.community_id)
    return home.archived_at is None and clock.now().astimezone(ZoneInfo(home.zone)).hour >= plan.hour


_DECIDED = (DigestState.WAITING, DigestState.POSTED, DigestState.DECLINED)


def make_planned(*, plan_id: int) -> int:
    """Make the digests of a plan's last period that are not made yet: of each group, then over all of them."""
    plan = DigestPlan.objects.filter(pk=plan_id).first()
    if plan is None:
        return 0
    home = community.community(SYSTEM, plan.community_id)
    stretch = last_period(Rhythm(plan.rhythm), clock.today(home.zone))
    groups = reads.groups_of(home.pk, plan.group_ids)
    return sum(_make_one(plan, home, group, stretch) for group in (*groups, None))


def _make_one(plan: DigestPlan, home: Community, group_id: int | None, stretch: Stretch) -> bool:
    rows = Digest.objects.filter(community_id=home.pk, group_id=group_id, first=stretch.first, last=stretch.last)
    if rows.filter(planned_at__gte=plan.planned_at).exists() or rows.filter(state__in=_DECIDED).exists():
        return False
    with transaction.atomic():
        row = _row(home.pk, group_id, stretch, plan.language, plan.lines)
        Digest.objects.filter(pk=row.pk).update(group_ids=plan.group_ids if group_id is None else [])
        row.refresh_from_db()
    document = _made(row)
    with transaction.atomic():
        row = locks.row(Digest, row.pk)
        if (row.planned_at and row.planned_at >= plan.planned_at) or row.state in _DECIDED:
            return False
        row.language, row.lines, row.planned_at = plan.language, plan.lines, plan.planned_at
        waits = group_id is not None and plan.channel == DigestChannel.REVIEW and bool(document.lines)
        _keep(row, document, DigestState.WAITING if waits else DigestState.KEPT)
        if group_id is not None and plan.channel == DigestChannel.GROUP:
            _send(row, document, SYSTEM.name)
        elif group_id is None and plan.channel in {DigestChannel.TEAM, DigestChannel.REVIEW}:
            _tell(plan, home, row)
    return True


def _tell(plan: DigestPlan, home: Community, row: Digest) -> None:
    """The team, once for all groups of the period."""
    review = plan.channel == DigestChannel.REVIEW
    wanted = Permission.OPERATE if review else Permission.VIEW
    sentence = (
        gettext_noop("Digests of %(community)s are ready to be looked through and posted.")
        if review
        else gettext_noop("Digest of %(community)s: what was talked about")
    )
    team.tell(
        staff_ids=list(staff.who_may(wanted, [home.pk]).values_list("pk", flat=True)),
        topic=Topic.REPORTS,
        key=f"digest:{row.pk}",
        sentence=sentence,
        url="/content/digests/?state=waiting" if review else f"/content/digests/{row.pk}/",
        params={"community": home.name},
    )


# ------------------------------------------------------------------ edited and posted
def edit_digest(
    *, actor: Actor, digest_id: int, edition: int, said: Mapping[int, str], hidden: Collection[int]
) -> Digest:
    """Put lines into other words and take lines out, by their places; their messages stay with them.

    Empty words let a line be quoted again. Conflict where somebody changed it since ``edition``, or it is posted.
    """
    reads.one_digest(actor, digest_id, Permission.OPERATE)
    with transaction.atomic():
        row = _locked(digest_id, edition)
        document = DigestDocument.from_json(row.content)
        lines = [
            replace(_worded(line, said.get(place)), hidden=place in hidden)
            for place, line in enumerate(document.lines)
        ]
        if lines != list(document.lines):
            row.content, row.edition = replace(document, lines=lines).to_json(), row.edition + 1
            row.save(update_fields=["content", "edition"])
            _note(actor, row, "digest.edited", gettext_noop("%(actor)s edited the digest of %(name)s."))
    return row


def _worded(line: DigestLine, words: str | None) -> DigestLine:
    words = line.said if words is None else " ".join(words.split())[:LONGEST_LINE]
    if words == line.said:
        return line
    return replace(
        line, said=words, said_at=clock.now().timestamp(), writer=Writer.PERSON if words else Writer.QUOTED
    )


def post_digest(*, actor: Actor, digest_id: int, edition: int) -> Digest:
    """Send it into its group, once, as it was seen. Quiet hours and caps hold. Invalid where nothing can be sent."""
    reads.one_digest(actor, digest_id, Permission.OPERATE)
    with transaction.atomic():
        row = _locked(digest_id, edition)
        if row.group_id is None:
            raise Invalid(_("A digest over several groups goes into none of them."))
        if not _send(row, DigestDocument.from_json(row.content), actor.name):
            raise Invalid(_("Nothing can be sent: no line is left, or no account of ours is in the group."))
        _note(actor, row, "digest.posted", gettext_noop("%(actor)s posted the digest of %(name)s."))
    return row


def decline_digest(*, actor: Actor, digest_id: int, edition: int) -> Digest:
    """Say that it is not to be posted; its page stays."""
    reads.one_digest(actor, digest_id, Permission.OPERATE)
    with transaction.atomic():
        row = _locked(digest_id, edition)
        row.state, row.decided_by_name, row.decided_at = DigestState.DECLINED, actor.name, clock.now()
        row.save(update_fields=["state", "decided_by_name", "decided_at"])
        _note(actor, row, "digest.declined", gettext_noop("%(actor)s kept the digest of %(name)s from being posted."))
    return row


def _locked(digest_id: int, edition: int) -> Digest:
    row = locks.row(Digest, digest_id)
    if row.edition != edition:
        raise Conflict(_(CHANGED), fix=_("Look at it as it is now."))
    if row.state in {DigestState.MAKING, DigestState.POSTED, DigestState.DECLINED}:
        raise Conflict(_("This digest is being made, or it is decided on already."))
    return row


def _send(row: Digest, document: DigestDocument, by: str) -> bool:
    """Into its group, in the caller's transaction, once; False where nothing can be sent."""
    if row.group_id is None:
        return False
    group = community.group(SYSTEM, row.group_id)
    account_id, obstacle = chats.seats_of([group.pk]).get(group.pk, (None, "-"))
    with override(row.language):
        stretch = Stretch(row.first, (row.last - row.first).days + 1)
        title = reads.title_of(group.name or group.external_id, stretch)
    text = reads.post_of(document, title=title, most=row.lines, language=row.language, platform=group.platform)
    if account_id is None or obstacle or not text:
        log.info("digest %s is not sent: %s", row.pk, obstacle or "nothing to say")
        return False
    content, _remarks, misfit = chats.fit(group.platform, Content.of(text))
    if misfit:
        return False
    until = clock.now() + STILL_NEWS
    chat.plan(
        account_id=account_id,
        planned=[Planned(f"digest:{row.pk}", group.pk, content, Purpose.CAMPAIGN, reply_to=None, not_after=until)],
    )
    row.state, row.decided_by_name, row.decided_at = DigestState.POSTED, by, clock.now()
    row.save(update_fields=["state", "decided_by_name", "decided_at"])
    return True


def _note(actor: Actor, row: Digest, action: str, sentence: str) -> None:
    if row.group_id is not None:
        group = community.group(SYSTEM, row.group_id)
        name = group.name or group.external_id
    else:
        name = community.community(SYSTEM, row.community_id).name
    audit.record(actor, action, sentence, community_id=row.community_id, about=("digest", row.pk), name=name)
    live.touch(f"digest:{row.pk}", f"digests:{row.community_id}")
