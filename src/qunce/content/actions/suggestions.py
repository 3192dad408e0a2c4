"""Suggestions: made in a group, on one's own page or by somebody of the team; decided on, and their authors told."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import actions as chat
from qunce.chat import selectors as chats
from qunce.chat.connector import connectors
from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Key
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Mention, Purpose, Text
from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.content.models import Suggestion
from qunce.content.policies import suggestions as policies
from qunce.content.selectors import suggestions as reads
from qunce.content.selectors.suggestions import Voice
from qunce.content.types import CLOSED, HeardSuggestion, Standing, SuggestionState
from qunce.content.types.suggestions import LONGEST_SUGGESTION, LONGEST_SUGGESTION_REASON, TOLD_AFTER
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.members import selectors as members
from qunce.members.selectors import Visit

TOPIC = "suggestions"
"""Live topic of the board."""
TOLD_WITHIN = timedelta(days=1)
UNDONE_WITHIN = timedelta(minutes=1)
"""Whoever presses in the last second, and whose authors were not told yet, is still in time."""
UNDONE = gettext_noop("The decision was taken back before it was told.")
MOST_TOLD = 30
MOST_A_DAY = 10
SAID = {
    SuggestionState.NEW: gettext_noop("Your suggestion “%(text)s” is open again."),
    SuggestionState.CONSIDERED: gettext_noop("Your suggestion “%(text)s” is being looked at."),
    SuggestionState.PLANNED: gettext_noop("Your suggestion “%(text)s” is planned. Thank you!"),
    SuggestionState.DONE: gettext_noop("Thank you, this came of it: your suggestion “%(text)s” is carried out."),
    SuggestionState.DECLINED: gettext_noop("Thank you for your suggestion “%(text)s”. It will not be done for now."),
}
"""What its author is told of each state."""
DECIDED = {
    SuggestionState.NEW: gettext_noop("%(actor)s opened the suggestion “%(text)s” again."),
    SuggestionState.CONSIDERED: gettext_noop("%(actor)s considers the suggestion “%(text)s”."),
    SuggestionState.PLANNED: gettext_noop("%(actor)s planned the suggestion “%(text)s”."),
    SuggestionState.DONE: gettext_noop("%(actor)s marked the suggestion “%(text)s” as carried out."),
    SuggestionState.DECLINED: gettext_noop("%(actor)s declined the suggestion “%(text)s”: %(reason)s"),
}


# ------------------------------------------------------------------ making one
def hear(*, heard: Sequence[HeardSuggestion]) -> dict[tuple[int, str], bool]:
    """Keep what was suggested in groups, in the caller's transaction; a message once.

    Returns whether each, by group and message, is new from this person: somebody who says the same again is not.
    """
    fresh: dict[tuple[int, str], bool] = {}
    for each in heard:
        row = Suggestion(
            community_id=each.community_id,
            text=each.text,
            identity_id=each.identity_id,
            name=each.name,
            group_id=each.group_id,
            external_id=each.external_id,
            at=each.sent_at,
        )
        fresh[each.group_id, each.external_id] = _keep(row)
    return fresh


@transaction.atomic
def suggest(*, visit: Visit, text: str) -> Suggestion:
    """What a member suggests on their own page; the visit is the guard. Raises Invalid, Conflict."""
    text, now = _written(text), clock.now()
    mine = Suggestion.objects.filter(member_id=visit.member.pk, at__gt=now - timedelta(days=1))
    if mine.count() >= MOST_A_DAY:
        raise Invalid(_("That is a lot for one day."), fix=_("Come back tomorrow."), field="text")
    row = Suggestion(
        community_id=visit.link.community_id, text=text, member_id=visit.member.pk, name=visit.member.name, at=now
    )
    if not _keep(row):
        raise Conflict(_("You have suggested this already."))
    return row


@transaction.atomic
def enter_suggestion(
    *, actor: Actor, community_id: int | None, text: str, name: str = "", message: Key | None = None
) -> Suggestion:
    """Note what somebody has suggested, for service agents and up; ``message``: where they said it.

    What was said in a group belongs to that group's community. Raises Invalid, Conflict where it is there already.
    """
    row = Suggestion(text=_written(text), name=" ".join(name.split())[:120], entered_by_name=actor.name)
    row.at = clock.now()
    if message is not None:
        said = messages.message(actor, message, Permission.REPLY)
        group = community.group(actor, said.group_id, Permission.REPLY)
        community_id = group.community_id
        row.group_id, row.external_id, row.identity_id, row.at = (
            said.group_id,
            said.external_id,
            said.identity_id,
            said.sent_at,
        )
        row.name = members.who([said.identity_id])[said.identity_id].name
    if community_id is None:
        raise Invalid(_("Choose a community."), field="community")
    row.community = community.community(actor, community_id, Permission.REPLY)
    if not _keep(row):
        raise Conflict(_("This suggestion is on the board already."))
    _note(actor, row, "suggestion.entered", gettext_noop("%(actor)s noted the suggestion “%(text)s”."))
    return row


def _keep(row: Suggestion) -> bool:
    """Store it; beneath the same one of somebody else where that is open.

    False where this person has said so already, or this message was kept.
    """
    row.text_key = policies.same_key(row.text)
    locks.name(f"suggestion:{row.community_id}:{row.text_key}")
    known = Suggestion.objects.filter(community=row.community_id)
    if row.group_id and known.filter(group_id=row.group_id, external_id=row.external_id).exists():
        return False
    open_ones = known.filter(text_key=row.text_key).exclude(state__in=CLOSED).select_related("same_as")
    same = list(open_ones.order_by("at", "pk"))
    if any(_who(each) == _who(row) is not None for each in same):
        return False
    first = next((each.same_as or each for each in same), None)
    row.same_as = first if first is not None and first.state not in CLOSED else None
    row.save()
    live.touch(TOPIC)
    return True


def _who(row: Suggestion) -> object:
    """Whom a suggestion is from, as far as that is known."""
    if row.identity_id:
        who = members.who([row.identity_id]).get(row.identity_id)
        return who.member_id if who else None
    return row.member_id


def _written(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(policies.same_key(text)) < policies.SHORTEST:
        raise Invalid(_("Write what is suggested."), field="text")
    if len(text) > LONGEST_SUGGESTION:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_SUGGESTION}, field="text")
    return text


# ------------------------------------------------------------------ deciding
@transaction.atomic
def decide_suggestion(
    *, actor: Actor, suggestion_id: int, edition: int, state: SuggestionState, reason: str = "", tells: bool = True
) -> Suggestion:
    """Say what becomes of it; those who have suggested it in a group are told there, unless ``tells`` is not wanted.

    They are told after ten seconds, so that it can be undone (`undo_decision`); of a decision that is replaced before
    that, nobody hears. ``edition``: which one was seen; Conflict where somebody else has decided since. To decline
    needs a reason.
    """
    row = _locked(actor, suggestion_id)
    if row.edition != edition:
        raise Conflict(
            _("Somebody decided on this suggestion after you opened it; yours was not kept."),
            fix=_("Look at what it says now."),
        )
    if row.same_as_id is not None:
        raise Conflict(_("This suggestion hangs beneath another."), fix=_("Decide on that one."))
    reason = reason.strip()
    if state is SuggestionState.DECLINED and not reason:
        raise Invalid(_("Say why: its author is told."), field="reason")
    if len(reason) > LONGEST_SUGGESTION_REASON:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_SUGGESTION_REASON}, field="reason")
    if row.state == state and row.reason == reason:
        return row
    heard = reads.voices([row.pk])[row.pk]
    if not _kept_from(row, heard):
        row.before = _standing(row).model_dump(mode="json")
    row.state, row.reason = state, reason
    row.decided_by_name, row.decided_at = actor.name, clock.now()
    row.edition += 1
    row.save()
    _note(actor, row, "suggestion.decided", DECIDED[state], reason=reason)
    if tells:
        _tell(row, heard)
    return row


@transaction.atomic
def undo_decision(*, actor: Actor, suggestion_id: int, edition: int) -> Suggestion:
    """Take back the last decision, and what its authors would have been told of it.

    Conflict once one of them was told, or somebody has decided since.
    """
    row = _locked(actor, suggestion_id)
    late = row.decided_at is None or clock.now() >= row.decided_at + UNDONE_WITHIN
    heard = reads.voices([row.pk]).get(row.pk, ())
    if row.edition != edition or row.before is None or late or _kept_from(row, heard) is False:
        raise Conflict(
            _("This can no longer be undone."), fix=_("Decide otherwise; its authors are told of that, too.")
        )
    before = Standing.model_validate(row.before)
    row.state, row.reason, row.before = before.state, before.reason, None
    row.decided_by_name, row.decided_at = before.by, before.at
    row.edition += 1
    row.save()
    sentence = gettext_noop("%(actor)s took back the decision on the suggestion “%(text)s”.")
    _note(actor, row, "suggestion.undone", sentence)
    return row


def _standing(row: Suggestion) -> Standing:
    state = SuggestionState(row.state)
    return Standing(state=state, reason=row.reason, by=row.decided_by_name, at=row.decided_at)


def _kept_from(row: Suggestion, heard: Iterable[Voice]) -> bool | None:
    """Keep the last decision from its authors: whether they all were to hear of it and do not; None: nobody was."""
    ids = [fate.id for fate in reads.told(row, heard).values() if not fate.is_lost]
    return len(chat.withdraw(ids=ids, reason=UNDONE)) == len(ids) if ids else None


@transaction.atomic
def merge_suggestions(*, actor: Actor, suggestion_id: int, into: int) -> Suggestion:
    """Hang one beneath another of its community that says the same: its people count there, and are told with it."""
    if suggestion_id == into:
        raise Invalid(_("Choose another one."), field="into")
    for key in (suggestion_id, into):
        reads.suggestion(actor, key, Permission.OPERATE)
    rows = {each.pk: each for each in locks.rows(Suggestion, [suggestion_id, into])}
    row, target = rows[suggestion_id], rows[into]
    if row.community_id != target.community_id:
        raise Invalid(_("They belong to different communities."), field="into")
    if target.same_as_id is not None or row.same_as_id is not None:
        raise Conflict(_("One of them hangs beneath another by now."), fix=_("Look at the board as it is now."))
    row.same_as = target
    row.edition += 1
    row.save(update_fields=["same_as", "edition"])
    Suggestion.objects.filter(same_as=row).update(same_as=target)
    sentence = gettext_noop("%(actor)s put the suggestion “%(text)s” beneath “%(other)s”.")
    _note(actor, row, "suggestion.merged", sentence, other=reads.quoted(target.text))
    return target


@transaction.atomic
def separate_suggestion(*, actor: Actor, suggestion_id: int) -> Suggestion:
    """Let one that hangs beneath another stand by itself again."""
    row = _locked(actor, suggestion_id)
    if row.same_as is not None:
        row.state, row.reason = row.same_as.state, row.same_as.reason
        row.same_as = None
        row.edition += 1
        row.save()
        _note(actor, row, "suggestion.separated", gettext_noop("%(actor)s let “%(text)s” stand by itself again."))
    return row


# ------------------------------------------------------------------ telling
def _tell(row: Suggestion, heard: Iterable[Voice]) -> None:
    """A reply to each message by which it was made. Who has left, or does not want to be mentioned, is left alone."""
    said = [voice for voice in heard if voice.row.group_id and voice.row.external_id and voice.member_id][:MOST_TOLD]
    pairs = {(voice.row.group_id or 0, voice.member_id or 0) for voice in said}
    people = members.addressed(pairs)
    groups = {each.id: each for each in community.group_facts({group_id for group_id, _member in pairs})}
    seats = chats.seats_of(list(groups))
    for voice in said:
        place = (voice.row.group_id or 0, voice.member_id or 0)
        person, group = people.get(place), groups.get(place[0])
        account_id, obstacle = seats.get(place[0], (None, ""))
        if group is None or person is None or not person.here or person.unasked or obstacle or account_id is None:
            continue
        said_there = _content(row, group, Mention(person.external_id, person.name))
        content, _remarks, misfit = chats.fit(group.platform, said_there)
        if not misfit:
            chat.plan(account_id=account_id, planned=[_reply(row, voice.row, group, content)])


def _content(row: Suggestion, group: GroupFacts, author: Mention) -> Content:
    with override(group.language):
        said = _(SAID[SuggestionState(row.state)]) % {"text": reads.quoted(row.text)}
    return Content((author, Text(f" {said}\n{row.reason}" if row.reason else f" {said}")))


def _reply(row: Suggestion, made: Suggestion, group: GroupFacts, content: Content) -> Planned:
    kind = connectors.get(group.platform)
    now = row.decided_at or clock.now()
    return Planned(
        key=reads.key_of(made, row),
        group_id=group.id,
        content=content,
        purpose=Purpose.SERVICE,
        reply_to=made.external_id if kind is not None and kind.capabilities.reply else None,
        not_before=now + TOLD_AFTER,
        not_after=now + TOLD_WITHIN,
    )


# ------------------------------------------------------------------ within
def _locked(actor: Actor, suggestion_id: int) -> Suggestion:
    reads.suggestion(actor, suggestion_id, Permission.OPERATE)
    return locks.row(Suggestion, suggestion_id)


def _note(actor: Actor, row: Suggestion, action: str, sentence: str, **more: str) -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=row.community_id,
        about=("suggestion", row.pk),
        text=reads.quoted(row.text),
        **more,
    )
    live.touch(TOPIC)
