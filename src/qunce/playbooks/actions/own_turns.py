"""What members decide about their turns on their own pages: the link is the guard, and all is audited as theirs."""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import actions as chat
from qunce.chat import selectors as chats
from qunce.chat.stage import Planned
from qunce.chat.types import Purpose
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import clock, locks
from qunce.kernel.actor import SYSTEM, Actor
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.members import selectors as members
from qunce.members.selectors import Visit
from qunce.playbooks.actions.rotas import OPEN, change_days, hand_over, note_change, open_turn, plan_anew, stand_in
from qunce.playbooks.models import Rota, RotaTurn, TurnOffer
from qunce.playbooks.selectors.own_turns import holds, own_places
from qunce.playbooks.types import TurnState

OWN_TURNS = "/m/turns/"
"""The same address for everybody: a browser that knows its member is led to their own page."""
WANTS_RID = gettext_noop("Who can take %(name)s's turn as %(title)s on %(day)s? Say yes on your own page. Thank you!")
WANTS_SWAP = gettext_noop(
    "%(name)s would like to change days with you as %(title)s: %(day)s for %(other)s. Say yes on your own page."
)
WANTS_HELP = gettext_noop("could you take %(name)s's turn as %(title)s on %(day)s? Say yes on your own page.")


def accept_own_turn(*, visit: Visit, rota_id: int, day: date) -> None:
    """The visitor will do it; an offer of that turn is taken back."""
    with transaction.atomic():
        rota, turn = _mine(visit, rota_id, day)
        hand_over(turn, turn.member_id, TurnState.ACCEPTED)
        TurnOffer.objects.filter(turn=turn).delete()
        note_change(_actor(visit), rota, "rota.accepted", gettext_noop("%(actor)s takes a turn as “%(title)s”"))


def decline_own_turn(*, visit: Visit, rota_id: int, day: date) -> int:
    """The visitor cannot on that day: the next in order stands in. Returns them; Conflict where nobody can."""
    with transaction.atomic():
        rota, turn = _mine(visit, rota_id, day)
        found = stand_in(rota_id=rota.pk, day=day, instead_of=turn.member_id)
        if found is None:
            raise Conflict(_("Nobody else can on that day."), fix=_("Ask somebody in the group, or tell the team."))
        note_change(_actor(visit), rota, "rota.declined", gettext_noop("%(actor)s cannot take a turn as “%(title)s”"))
    return found


def set_own_away(*, visit: Visit, rota_id: int, since: date | None, until: date | None) -> None:
    """The days on which the visitor cannot; none: both empty. The others take those turns, accepted ones, too."""
    if since and until and until < since:
        raise Invalid(_("The end comes before the beginning."), field="until")
    with transaction.atomic():
        rota = _locked(visit, rota_id)
        rota.places.filter(member_id=visit.member.pk).update(away_from=since, away_until=until)
        if since or until:
            given_up = rota.turns.filter(
                member_id=visit.member.pk, state__in=OPEN, day__gte=max(since or date.min, _today(rota))
            )
            given_up.filter(day__lte=until or date.max).delete()
        plan_anew(rota)
        note_change(
            _actor(visit), rota, "rota.away", gettext_noop("%(actor)s noted when somebody cannot be “%(title)s”")
        )


def offer_turn(
    *, visit: Visit, rota_id: int, day: date, to_member: int | None = None, other: date | None = None
) -> TurnOffer:
    """Ask somebody of the order, or everybody, to take the visitor's turn; ``other``: for theirs of that day.

    Who is asked is told in the group. An offer of the same turn before is replaced.
    """
    with transaction.atomic():
        rota, turn = _mine(visit, rota_id, day)
        theirs = open_turn(rota, other) if other is not None else None
        if theirs is not None:
            to_member = theirs.member_id
        if to_member == visit.member.pk:
            raise Invalid(_("This turn is yours already."), field="other")
        if to_member is not None and not rota.places.filter(member_id=to_member).exists():
            raise Invalid(_("This member does not take turns."), field="to")
        TurnOffer.objects.filter(turn=turn).delete()
        made = TurnOffer.objects.create(
            turn=turn, by_member=visit.member.pk, to_member=to_member, other=theirs, made_at=clock.now()
        )
        note_change(_actor(visit), rota, "rota.offered", gettext_noop("%(actor)s offered a turn as “%(title)s”"))
        _tell(rota, made, visit)
    return made


def take_back_offer(*, visit: Visit, rota_id: int, day: date) -> None:
    """The visitor keeps their turn."""
    with transaction.atomic():
        rota, turn = _mine(visit, rota_id, day)
        if TurnOffer.objects.filter(turn=turn).delete()[0]:
            note_change(_actor(visit), rota, "rota.kept", gettext_noop("%(actor)s keeps a turn as “%(title)s”"))


def accept_offer(*, visit: Visit, offer_id: int) -> None:
    """The visitor takes the turn that was offered, and gives theirs where that was asked; the first one has it."""
    with transaction.atomic():
        rota_id = TurnOffer.objects.filter(pk=offer_id).values_list("turn__rota", flat=True).first()
        if rota_id is None:
            raise Conflict(_gone(), fix=_("See what is there now."))
        rota = _locked(visit, rota_id)
        offer = TurnOffer.objects.select_related("turn", "other").filter(pk=offer_id).first()
        if offer is None or not holds(offer) or offer.turn.day < _today(rota):
            raise Conflict(_gone(), fix=_("See what is there now."))
        if visit.member.pk == offer.by_member or offer.to_member not in {None, visit.member.pk}:
            raise NotFound
        if offer.other is not None:
            change_days(offer.turn, offer.other, TurnState.ACCEPTED)
            sentence = gettext_noop("%(actor)s changed days with somebody as “%(title)s”")
        else:
            hand_over(offer.turn, visit.member.pk, TurnState.ACCEPTED)
            sentence = gettext_noop("%(actor)s stands in for somebody as “%(title)s”")
        offer.delete()
        note_change(_actor(visit), rota, "rota.offer_accepted", sentence)


# ------------------------------------------------------------------ within
def _gone() -> str:
    return _("Somebody was quicker, or it was taken back.")


def _actor(visit: Visit) -> Actor:
    return Actor(id=None, name=visit.member.name)


def _today(rota: Rota) -> date:
    return clock.today(rota.community.zone)


def _locked(visit: Visit, rota_id: int) -> Rota:
    if not own_places(visit).filter(rota=rota_id).exists():
        raise NotFound
    return locks.row(Rota, rota_id)


def _mine(visit: Visit, rota_id: int, day: date) -> tuple[Rota, RotaTurn]:
    rota = _locked(visit, rota_id)
    turn = open_turn(rota, day)
    if turn.member_id != visit.member.pk:
        raise Conflict(_("This turn is not yours any more."), fix=_("See what is there now."))
    return rota, turn


def _tell(rota: Rota, offer: TurnOffer, visit: Visit) -> None:
    """A line in the group, once for the same wish, as far as an account of ours can say something there."""
    group = next(iter(community.groups_in_order(SYSTEM, [rota.group_id])), None)
    account_id, obstacle = chats.seats_of([rota.group_id]).get(rota.group_id, (None, ""))
    if group is None or account_id is None or obstacle:
        return
    there = {each.member_id: each for each in members.present_before(SYSTEM, {group.pk: clock.now()})[group.pk]}
    asked = [there[offer.to_member]] if offer.to_member in there else []
    if members.muted({each.member_id for each in asked}):
        return
    mine = there.get(visit.member.pk)
    text = _line(rota, offer, mine.name if mine else visit.member.name, group)
    said = Planned(
        key=f"turn-offer:{offer.turn_id}:{offer.to_member or 0}:{offer.other_id or 0}",
        group_id=group.pk,
        content=chats.naming(group.platform, asked, (), text),
        purpose=Purpose.CAMPAIGN,
        reply_to=None,
        not_after=None,
    )
    chat.plan(account_id=account_id, planned=[said])


def _line(rota: Rota, offer: TurnOffer, name: str, group: Group) -> str:
    sentence = WANTS_RID if offer.to_member is None else WANTS_SWAP if offer.other else WANTS_HELP
    with override(group.community.languages[0] if group.community else None):
        said = _(sentence) % {
            "name": name,
            "title": rota.title,
            "day": date_format(offer.turn.day, "MONTH_DAY_FORMAT"),
            "other": date_format(offer.other.day, "MONTH_DAY_FORMAT") if offer.other else "",
        }
    return f"{said}\n{settings.BASE_URL}{OWN_TURNS}" if settings.BASE_URL else said
