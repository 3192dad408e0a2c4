"""What the team puts on members: names, tags, notes, who cares for them, what is next.

It is put on the member at the top, and taken away wherever among the merged ones it stands.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.events import publish
from qunce.members import policies, selectors
from qunce.members.actions.pipeline import write_names
from qunce.members.events import MemberTagged
from qunce.members.models import Entry, Identity, Member, Tag
from qunce.members.selectors import Profile
from qunce.members.types import Colleague, EntryKind, NextStep

LONGEST_NAME, LONGEST_NOTE, LONGEST_STEP = 80, 4000, 300


@dataclass(slots=True)
class _Touched:
    """A member at work, locked: what is known of them, and how to write down what is done."""

    actor: Actor
    member: Member
    profile: Profile
    community_id: int | None

    @property
    def everyone(self) -> list[int]:
        """Them and all who were merged into them."""
        return [self.member.pk, *(row.pk for row in self.profile.merged)]

    def change(self, **values: Any) -> None:
        """Change the member at the top."""
        Member.objects.filter(pk=self.member.pk).update(**values)

    def change_all(self, **values: Any) -> None:
        """Change them and all who were merged into them."""
        Member.objects.filter(pk__in=self.everyone).update(**values)

    def record(self, kind: EntryKind, sentence: str, text: str = "", *, entry: bool = True) -> None:
        """A line in the timeline, and an entry in the audit."""
        by = {"by_id": self.actor.id, "by_name": self.actor.name}
        if entry:
            Entry.objects.create(member_id=self.member.pk, at=clock.now(), kind=kind, text=text, **by)
        audit.record(
            self.actor,
            f"member.{kind.value}",
            sentence,
            community_id=self.community_id,
            about=("member", self.member.pk),
            member=self.member.name,
            text=text,
        )
        live.touch(f"member:{self.member.pk}", "today")


@contextmanager
def _touching(actor: Actor, member_id: int, permission: Permission = Permission.OPERATE) -> Iterator[_Touched]:
    """The member as they are now, locked with all who were merged into them."""
    found = selectors.member(actor, member_id, permission)
    with transaction.atomic():
        locked = locks.row(Member, found.pk)
        if locked.merged_into_id is not None:
            raise Conflict(_("The member was merged in the meantime."), fix=_("Look at them anew."))
        home = selectors.home_of(actor, found, permission)
        yield _Touched(actor, locked, selectors.profile(locked), home)


# ------------------------------------------------------------------ names and tags
def rename_member(*, actor: Actor, member_id: int, name: str) -> None:
    """Call a member by a name of our own; from then on platforms do not rename them."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(_("A name has 1 to %(most)d characters.") % {"most": LONGEST_NAME}, field="name")
    with _touching(actor, member_id) as at_work:
        if at_work.member.name == name:
            return
        own = Identity.objects.filter(home=at_work.member.pk).values_list("name", "external_id")
        keys = policies.search_keys([name, *(known for known, _id in own)], [key for _name, key in own])
        with connection.cursor() as cursor:
            write_names(cursor, [(at_work.member.pk, name, policies.sort_key(name), policies.keys_text(keys))])
        at_work.record(EntryKind.RENAMED, gettext_noop("%(actor)s calls the member %(member)s “%(text)s”."), name)


def tag_member(*, actor: Actor, member_id: int, add: Collection[str] = (), remove: Collection[str] = ()) -> list[str]:
    """Put tags on a member and take tags off; returns the tags that they have then."""
    added = list(dict.fromkeys(filter(None, map(policies.tidy_tag, add))))
    removed = {policies.tidy_tag(tag) for tag in remove}
    if too_long := next((tag for tag in added if len(tag) > policies.LONGEST_TAG), None):
        raise Invalid(
            _("The tag “%(tag)s” is longer than %(most)d characters.")
            % {"tag": too_long, "most": policies.LONGEST_TAG},
            field="add",
        )
    with _touching(actor, member_id) as at_work:
        before = list(at_work.profile.tags)
        new = [tag for tag in added if tag not in before]
        gone = [tag for tag in before if tag in removed]
        if new and len(before) + len(new) - len(gone) > policies.MOST_TAGS:
            raise Invalid(
                _("A member has at most %(most)d tags.") % {"most": policies.MOST_TAGS},
                fix=_("Take some off first."),
                field="add",
            )
        for row in [at_work.member, *at_work.profile.merged]:
            tags = [tag for tag in row.tags if tag not in gone] + (new if row.pk == at_work.member.pk else [])
            if tags != row.tags:
                Member.objects.filter(pk=row.pk).update(tags=tags)
        _keep_tags(new, gone)
        for tag in new:
            at_work.record(
                EntryKind.TAGGED, gettext_noop("%(actor)s put the tag “%(text)s” on the member %(member)s."), tag
            )
        if new:
            publish(MemberTagged(at_work.member.pk, new, clock.now()))
        for tag in gone:
            at_work.record(
                EntryKind.UNTAGGED, gettext_noop("%(actor)s took the tag “%(text)s” off the member %(member)s."), tag
            )
    return [*(tag for tag in before if tag not in gone), *new]


def _keep_tags(new: Collection[str], gone: Collection[str]) -> None:
    """The tags to choose from are those that somebody has."""
    locks.name(*(f"member-tag:{tag}" for tag in (*new, *gone)))
    Tag.objects.bulk_create([Tag(name=tag) for tag in new], ignore_conflicts=True)
    unused = [tag for tag in gone if not Member.objects.filter(tags__contains=[tag]).exists()]
    Tag.objects.filter(name__in=unused).delete()


# ------------------------------------------------------------------ notes
def add_note(*, actor: Actor, member_id: int, text: str) -> None:
    """Write a note about a member; service agents may too."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(_("Write the note."), field="text")
    if len(text) > LONGEST_NOTE:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_NOTE}, field="text")
    with _touching(actor, member_id, Permission.REPLY) as at_work:
        at_work.record(EntryKind.NOTE, gettext_noop("%(actor)s wrote a note about the member %(member)s."), text)


def remove_note(*, actor: Actor, member_id: int, entry_id: int) -> None:
    """Take a note away: one's own, or, for who leads a community of the member, anybody's."""
    with _touching(actor, member_id, Permission.REPLY) as at_work:
        note = Entry.objects.filter(pk=entry_id, kind=EntryKind.NOTE, member__in=at_work.everyone).first()
        if note is None:
            raise NotFound
        if note.by_id != actor.id and not actor.may(Permission.LEAD, at_work.community_id):
            raise NotAllowed(_("Somebody else wrote this note."))
        note.delete()
        at_work.record(
            EntryKind.NOTE, gettext_noop("%(actor)s took a note about the member %(member)s away."), entry=False
        )


# ------------------------------------------------------------------ who cares, and what is next
def set_core(*, actor: Actor, member_id: int, core: bool) -> None:
    """Count somebody among the core members, who are not to be forgotten; or no longer."""
    with _touching(actor, member_id) as at_work:
        if at_work.profile.is_core == core:
            return
        at_work.change_all(is_core=False)
        at_work.change(is_core=core)
        if core:
            at_work.record(EntryKind.CORE, gettext_noop("%(actor)s made %(member)s a core member."))
        else:
            at_work.record(EntryKind.NO_CORE, gettext_noop("%(actor)s counts %(member)s no longer as a core member."))


def set_team(*, actor: Actor, member_id: int, team: bool) -> None:
    """Say that a member is one of our own people, who is never chased; or that they are not."""
    with _touching(actor, member_id) as at_work:
        if at_work.profile.is_team == team:
            return
        at_work.change_all(is_team=False)
        at_work.change(is_team=team)
        if team:
            at_work.record(EntryKind.TEAM, gettext_noop("%(actor)s noted that %(member)s belongs to the team."))
        else:
            at_work.record(
                EntryKind.NO_TEAM, gettext_noop("%(actor)s noted that %(member)s does not belong to the team.")
            )


def name_colleague(*, actor: Actor, member_id: int, colleague: Colleague | None) -> None:
    """Name the person of the team who keeps in touch with a member; None: nobody any more."""
    with _touching(actor, member_id) as at_work:
        if at_work.profile.named == colleague:
            return
        at_work.change_all(named_id=None, named_name="", named_at=None)
        if colleague is None:
            at_work.record(EntryKind.UNNAMED, gettext_noop("%(actor)s named nobody any more for %(member)s."))
            return
        at_work.change(named_id=colleague.id, named_name=colleague.name, named_at=clock.now())
        at_work.record(EntryKind.NAMED, gettext_noop("%(actor)s named %(text)s for %(member)s."), colleague.name)


_NO_STEP = {"step": "", "step_due": None, "step_by_id": None, "step_by_name": ""}


def set_next_step(*, actor: Actor, member_id: int, step: NextStep) -> None:
    """Write down what is next with a member, in place of what was."""
    text = " ".join(step.text.split())
    if not text:
        raise Invalid(_("Write what is to be done."), field="text")
    if len(text) > LONGEST_STEP:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_STEP}, field="text")
    with _touching(actor, member_id) as at_work:
        at_work.change_all(**_NO_STEP)
        by = step.by
        at_work.change(
            step=text,
            step_due=step.due,
            step_by_id=by.id if by else None,
            step_by_name=by.name if by else "",
        )
        at_work.record(
            EntryKind.STEP, gettext_noop("%(actor)s wrote down what is next with %(member)s: %(text)s"), text
        )


def finish_step(*, actor: Actor, member_id: int, done: bool) -> None:
    """What was next is done, or (``done`` False) dropped."""
    with _touching(actor, member_id, Permission.REPLY) as at_work:
        step = at_work.profile.step
        if step is None:
            raise Conflict(_("There is no next step any more."))
        at_work.change_all(**_NO_STEP)
        if done:
            at_work.record(
                EntryKind.STEP_DONE, gettext_noop("%(actor)s did what was next with %(member)s: %(text)s"), step.text
            )
        else:
            at_work.record(
                EntryKind.STEP_DROPPED,
                gettext_noop("%(actor)s dropped what was next with %(member)s: %(text)s"),
                step.text,
            )


# ------------------------------------------------------------------ leaving the house
def record_export(*, actor: Actor, count_at_least: int, what: str) -> None:
    """Personal data leaves as a file: who took it, and what of it (a sentence for people). Needs a lead somewhere."""
    if not actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    led = actor.communities(Permission.LEAD)
    with transaction.atomic():
        audit.record(
            actor,
            "member.exported",
            gettext_noop("%(actor)s exported a list of members: %(what)s (at least %(count)s)."),
            community_id=min(led) if led else None,
            about=("members", ""),
            what=what,
            count=count_at_least,
        )
