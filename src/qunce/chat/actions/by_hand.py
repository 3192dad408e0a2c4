"""Messages that a person carries over: taken in hand, sent, left out, put off, taken back. The same ledger.

A claim of a person says who and until when. Once it has run out the message is free again, and whoever had it may
still say that they sent it, as long as nobody else has taken it up: what the ledger says is what happened. Every step
may be repeated by the same person without doing anything twice, so that a phone that lost its line can ask again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions.deliveries import expire, move, tell
from qunce.chat.actions.outcomes import of_stopped_broadcasts
from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Account, Carrying, Delivery
from qunce.chat.selectors import by_hand as reads
from qunce.chat.types import DeliveryState
from qunce.community import selectors as community
from qunce.kernel import audit, clock, files, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.team import actions as team
from qunce.team import selectors as team_reads
from qunce.team.types import TaskState

_S = DeliveryState
LONGEST_REASON = 300
LARGEST_PROOF = 15_000_000
LATEST = timedelta(days=14)
LIST = "/by-hand/"
"""The page where it is done, for tasks."""
_PICTURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
}
_STOPPED = gettext_noop("Its broadcast was stopped.")
_RAN_OUT = gettext_noop("Nobody said that it was sent; it is on the list again.")


def take_in_hand(*, actor: Actor, delivery_id: UUID) -> None:
    """Take a message that is due for oneself: for five minutes nobody else carries it over.

    Raises Conflict where somebody else has it, or it is settled.
    """
    with _locked(actor, delivery_id) as delivery:
        _take(actor, delivery)


def note_sent_by_hand(*, actor: Actor, delivery_id: UUID) -> None:
    """Say that one has sent it. Saying it again changes nothing; Conflict where somebody else was quicker."""
    with _locked(actor, delivery_id) as delivery:
        hand = _hand(delivery)
        if delivery.state == _S.SENT and hand is not None and hand.staff_id == actor.id:
            return
        _take(actor, delivery, lapsed=True)
        now = clock.now()
        move([delivery.pk], _S.SENT, detail=actor.name, sent_at=now)
        Carrying.objects.filter(delivery=delivery).update(settled_at=now)
        sentence = gettext_noop("%(actor)s sent the message to “%(group)s” by hand.")
        _record(actor, delivery, "delivery.sent_by_hand", sentence)


def skip_by_hand(*, actor: Actor, delivery_id: UUID, reason: str) -> None:
    """Leave it out for good, with the reason for the record. Doing it again changes nothing."""
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(_("Say why it is not sent."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_REASON}, field="reason")
    with _locked(actor, delivery_id) as delivery:
        hand = _hand(delivery)
        if delivery.state == _S.SKIPPED and hand is not None and hand.staff_id == actor.id:
            return
        _take(actor, delivery)
        move([delivery.pk], _S.PLANNED, detail=actor.name, afresh=True)
        move([delivery.pk], _S.SKIPPED, detail=reason)
        Carrying.objects.filter(delivery=delivery).update(settled_at=clock.now())
        sentence = gettext_noop("%(actor)s left out the message to “%(group)s”: %(reason)s")
        _record(actor, delivery, "delivery.skipped_by_hand", sentence, reason=reason)


def put_off(*, actor: Actor, delivery_id: UUID, until: datetime) -> None:
    """Not now: it is due again at ``until``. Raises Invalid where that is past, or later than it may be sent.

    What one has put off already stays as it is until it is due.
    """
    now = clock.now()
    with _locked(actor, delivery_id) as delivery:
        hand = _hand(delivery)
        if delivery.state == _S.PLANNED and delivery.not_before > now and hand and hand.staff_id == actor.id:
            return
        if not now < until <= now + LATEST:
            raise Invalid(_("Choose a time within the next two weeks."), field="until")
        if delivery.not_after is not None and until > delivery.not_after:
            raise Invalid(_("By then it is no longer to be sent."), field="until")
        _take(actor, delivery)
        move([delivery.pk], _S.PLANNED, detail=actor.name, not_before=until, afresh=True)
        stopped, recalled = of_stopped_broadcasts([delivery.pk])
        move(stopped, _S.HELD, detail=_STOPPED)
        move(recalled, _S.SKIPPED, detail=_STOPPED)


def take_back_word(*, actor: Actor, delivery_id: UUID) -> None:
    """Undo one's own "sent" or "left out" of the last ten minutes: one has the message in hand again."""
    with _locked(actor, delivery_id) as delivery:
        hand = _hand(delivery)
        if delivery.state == _S.CLAIMED and hand is not None and hand.staff_id == actor.id:
            return
        now = clock.now()
        fresh = hand is not None and hand.settled_at and now - hand.settled_at < policies.WORD_STANDS_AFTER
        if hand is None or hand.staff_id != actor.id or not fresh or delivery.state not in {_S.SENT, _S.SKIPPED}:
            raise Conflict(
                _("This can no longer be undone."),
                fix=_("Only who settled it can, within ten minutes; the history says what became of it."),
            )
        sentence = gettext_noop("%(actor)s took back having settled the message to “%(group)s”.")
        _claim(actor, delivery, gettext_noop("Taken back: it was not sent yet."))
        Delivery.objects.filter(pk=delivery.pk).update(sent_at=None)
        _record(actor, delivery, "delivery.taken_back", sentence)


def add_proof(*, actor: Actor, delivery_id: UUID, content: bytes) -> None:
    """Keep a picture that shows the message in its group, from whoever sent it."""
    kind = _picture(content)
    if len(content) > LARGEST_PROOF or not kind:
        raise Invalid(
            _("This is not a picture that can be kept."),
            fix=_("A screenshot as JPEG, PNG, WebP, GIF or HEIC of up to 15 MB, please."),
            field="proof",
        )
    with _locked(actor, delivery_id) as delivery:
        hand = _hand(delivery)
        if delivery.state != _S.SENT or hand is None or hand.staff_id != actor.id:
            raise Conflict(_("Only who has sent it can add a picture."))
        kept = files.put(content, name="proof", content_type=kind)
        Carrying.objects.filter(delivery=delivery).update(proof=kept.sha256, proof_type=kind)
        sentence = gettext_noop("%(actor)s added a picture of the message in “%(group)s”.")
        _record(actor, delivery, "delivery.proven", sentence)


def settle_recall_by_hand(*, actor: Actor, delivery_id: UUID, reason: str = "") -> None:
    """Say that a message was taken back in its group, or (``reason``) why that is not possible any more."""
    with _locked(actor, delivery_id) as delivery:
        if delivery.state == _S.RECALLED or (delivery.recall_error and delivery.recall_wanted_at is None):
            return
        if delivery.state != _S.SENT or delivery.recall_wanted_at is None:
            raise Conflict(_("This message is not to be taken back (any more)."))
        if reason:
            refused = {"recall_wanted_at": None, "recall_after": None, "recall_error": reason[:LONGEST_REASON]}
            Delivery.objects.filter(pk=delivery.pk).update(**refused)
            sentence = gettext_noop("%(actor)s could not take back the message to “%(group)s”: %(reason)s")
            _record(actor, delivery, "delivery.not_recalled", sentence, reason=reason[:LONGEST_REASON])
        else:
            move([delivery.pk], _S.RECALLED, detail=actor.name)
            sentence = gettext_noop("%(actor)s took back the message to “%(group)s” by hand.")
            _record(actor, delivery, "delivery.recalled_by_hand", sentence)


def tidy_up_by_hand() -> int:
    """What nobody has sent in time is free again; what is too late is skipped; carriers are told what waits.

    For the clock, once a minute. Returns how many were let go.
    """
    now = clock.now()
    with transaction.atomic():
        ran_out = Carrying.objects.filter(settled_at=None, until__lt=now, delivery__state=_S.CLAIMED)
        ids = list(ran_out.values_list("pk", flat=True))
        stopped, recalled = map(set, of_stopped_broadcasts(ids))  # before their deliveries, as whoever stops one does
        held = [row.pk for row in locks.rows(Delivery, ids)]
        let_go = move(
            list(ran_out.filter(pk__in=held).values_list("pk", flat=True)), _S.PLANNED, detail=_RAN_OUT, afresh=True
        )
        move([key for key in let_go if key in stopped], _S.HELD, detail=_STOPPED)
        move([key for key in let_go if key in recalled], _S.SKIPPED, detail=_STOPPED)
        ours = Account.objects.values("pk")
        orphans = Delivery.objects.filter(pk__in=let_go).exclude(account_id__in=ours).values_list("pk", flat=True)
        move(list(orphans), _S.SKIPPED, detail=gettext_noop("The account was removed."))
        carried = Account.objects.filter(platform__in=carried_by_hand(), enabled=True).order_by("pk")
        for account in carried:
            expire(account.pk, now)
        due = reads.due_by_account()
        for account in carried:
            _tell_carrier(
                account=account, day=clock.today(settings.DEFAULT_COMMUNITY_ZONE), due=due.get(account.pk, 0)
            )
        if let_go:
            tell(None, let_go)
    return len(let_go)


def _tell_carrier(*, account: Account, day: date, due: int) -> None:
    """Keep the task of who carries for the account on this day: there while entries are due, done once none is."""
    key = f"by_hand:{account.pk}:{day.isoformat()}"
    state = team_reads.states_of_tasks([key]).get(key)
    if due and state is None:
        live.touch("today", f"deliveries:{account.pk}")
        _ask_carrier(account, key)
    elif due and state is TaskState.DONE:
        team.reopen_task(actor=SYSTEM, task_id=_ask_carrier(account, key))
    elif not due and state is TaskState.OPEN:
        team.complete_task(actor=SYSTEM, task_id=_ask_carrier(account, key))


def _ask_carrier(account: Account, key: str) -> int:
    """The day's task of the account; asked for once, of whoever carries for it if they still work here."""
    carrier = account.carrier_id
    if carrier is not None and not team_reads.who_may(Permission.VIEW).filter(pk=carrier).exists():
        carrier = None
    title = _("Send by hand: %(account)s") % {"account": account.name}
    return team.create_task(actor=SYSTEM, title=title, assignee_id=carrier, url=LIST, key=key).pk


# ------------------------------------------------------------------ within
@contextmanager
def _locked(actor: Actor, delivery_id: UUID) -> Iterator[Delivery]:
    """The delivery, held until the end of its transaction; what has become too late meanwhile is skipped before."""
    found = reads.delivery_to_carry(actor, delivery_id)
    if found.state == _S.PLANNED:
        with transaction.atomic():
            expire(found.account_id, clock.now())
    with transaction.atomic():
        of_stopped_broadcasts([delivery_id])  # held before its delivery, as whoever stops it does
        delivery = locks.row(Delivery, delivery_id)
        yield delivery
        tell(delivery.account_id, [delivery_id])
        live.touch("today", f"deliveries:{delivery.account_id}")


def _hand(delivery: Delivery) -> Carrying | None:
    return Carrying.objects.filter(delivery=delivery).first()


def _take(actor: Actor, delivery: Delivery, *, lapsed: bool = False) -> None:
    """Make it the actor's. ``lapsed``: also what was skipped out of their hands, because it was late or stopped."""
    hand, now = _hand(delivery), clock.now()
    mine = hand is not None and hand.staff_id == actor.id
    if delivery.state == _S.CLAIMED and hand is not None:
        if mine:
            Carrying.objects.filter(delivery=delivery).update(until=now + policies.CARRYING_LASTS, settled_at=None)
            return
        if hand.until > now:
            raise Conflict(
                _("%(name)s is sending this.") % {"name": hand.name},
                fix=_("Take the next one. It comes back to the list if it is not sent within a few minutes."),
            )
        move([delivery.pk], _S.PLANNED, detail=_RAN_OUT, afresh=True)
    elif delivery.state == _S.SKIPPED and lapsed and mine and hand is not None and hand.settled_at is None:
        pass
    elif delivery.state != _S.PLANNED:
        raise _settled(delivery, hand)
    elif delivery.not_before > now:
        raise Conflict(_("This is not due yet."))
    elif not mine and Account.objects.filter(pk=delivery.account_id, enabled=False).exists():
        raise Conflict(_("Its account is switched off."))
    _claim(actor, delivery, actor.name)


def _settled(delivery: Delivery, hand: Carrying | None) -> Conflict:
    if delivery.state == _S.SENT and hand is not None:
        return Conflict(
            _("%(name)s has sent this already.") % {"name": hand.name},
            fix=_("If you have sent it too, take yours back in the group."),
        )
    return Conflict(_("This has been settled in the meantime."), fix=_("Its history says how."))


def _claim(actor: Actor, delivery: Delivery, detail: str) -> None:
    now = clock.now()
    move([delivery.pk], _S.CLAIMED, detail=detail)
    Delivery.objects.filter(pk=delivery.pk).update(claimed_at=now, claim_epoch=None, first_claimed_at=now, attempts=1)
    Carrying.objects.update_or_create(
        delivery=delivery,
        defaults={
            "staff_id": actor.id,
            "name": actor.name,
            "until": now + policies.CARRYING_LASTS,
            "settled_at": None,
            "proof": "",
            "proof_type": "",
        },
    )


def _picture(content: bytes) -> str:
    """What kind of picture these bytes are, whatever their name says; empty where they are none."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in {b"heic", b"heix", b"mif1", b"msf1"}:
        return "image/heic"
    return next((kind for start, kind in _PICTURES.items() if content.startswith(start)), "")


def _record(actor: Actor, delivery: Delivery, action: str, sentence: str, **params: audit.Param) -> None:
    group = community.group(SYSTEM, delivery.group_id)
    audit.record(
        actor,
        action,
        sentence,
        community_id=group.community_id,
        about=("delivery", delivery.pk),
        group=group.name,
        **params,
    )
