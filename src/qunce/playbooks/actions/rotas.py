"""Roles that go round: the order, the turns made ahead, swaps, stand-ins, and how each turn went."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qunce.community import selectors as community
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.playbooks import policies
from qunce.playbooks.models import Rota, RotaPlace, RotaTurn
from qunce.playbooks.selectors import rotas as reads
from qunce.playbooks.types import Had, Place, TurnState

AHEAD = timedelta(days=35)
LONGEST_TITLE, LONGEST_TEXT, MOST_PEOPLE = 60, 2000, 500
OPEN = (TurnState.PLANNED, TurnState.ACCEPTED)


def begin_rota(
    *, actor: Actor, group_id: int, title: str, duties: str, weekdays: Collection[int], member_ids: Sequence[int]
) -> Rota:
    """Let a role go round among members of a group, in this order, from today on. Needs an operator there."""
    title, days = _title(title), _weekdays(weekdays)
    with transaction.atomic():
        group = community.group(actor, group_id, Permission.OPERATE)
        if group.community_id is None or group.archived_at is not None:
            raise Conflict(_("This group is in no community."), fix=_("Take it over first."))
        locks.name(f"rotas:{group_id}")
        if Rota.objects.filter(group_id=group_id, title=title, ended_at=None).exists():
            raise Conflict(_("This role goes round in this group already."), fix=_("Give it another name."))
        rota = Rota.objects.create(
            community_id=group.community_id,
            group_id=group_id,
            title=title,
            duties=duties.strip()[:LONGEST_TEXT],
            weekdays=days,
            created_at=clock.now(),
        )
        _put_in_order(actor, rota, member_ids)
        _plan(rota)
        note_change(
            actor, rota, "rota.begun", gettext_noop("%(actor)s lets “%(title)s” go round in “%(group)s”"), group.name
        )
    return rota


def change_rota(
    *, actor: Actor, rota_id: int, title: str, duties: str, weekdays: Collection[int], member_ids: Sequence[int]
) -> Rota:
    """Change the name, duties, days or order; turns that nobody fixed or took are made anew. Needs an operator."""
    title, days = _title(title), _weekdays(weekdays)
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        rota.title, rota.duties, rota.weekdays = title, duties.strip()[:LONGEST_TEXT], days
        rota.save(update_fields=["title", "duties", "weekdays"])
        _put_in_order(actor, rota, member_ids)
        plan_anew(rota)
        note_change(actor, rota, "rota.changed", gettext_noop("%(actor)s changed who takes turns as “%(title)s”"))
    return rota


def end_rota(*, actor: Actor, rota_id: int) -> None:
    """Let it go round no more; what was stays. Needs an operator."""
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        rota.ended_at = clock.now()
        rota.save(update_fields=["ended_at"])
        rota.turns.filter(state__in=OPEN, day__gte=_today(rota)).delete()
        note_change(actor, rota, "rota.ended", gettext_noop("%(actor)s ended the turns of “%(title)s”"))


def set_away(*, actor: Actor, rota_id: int, member_id: int, since: date | None, until: date | None) -> None:
    """Note the days on which a member cannot; the others take those turns. Needs an operator."""
    if since and until and until < since:
        raise Invalid(_("The end comes before the beginning."), field="until")
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        changed = rota.places.filter(member_id=member_id).update(away_from=since, away_until=until)
        if not changed:
            raise NotFound
        plan_anew(rota)
        note_change(actor, rota, "rota.away", gettext_noop("%(actor)s noted when somebody cannot be “%(title)s”"))


def give_turn(*, actor: Actor, rota_id: int, day: date, member_id: int) -> None:
    """Let somebody of the order stand in on a day; the turn still counts as theirs who had it. Needs an operator."""
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        turn = open_turn(rota, day)
        if not rota.places.filter(member_id=member_id).exists():
            raise Invalid(
                _("This member does not take turns."), fix=_("Put them into the order first."), field="member"
            )
        hand_over(turn, member_id, TurnState.PLANNED)
        note_change(actor, rota, "rota.given", gettext_noop("%(actor)s let somebody stand in as “%(title)s”"))


def swap_turns(*, actor: Actor, rota_id: int, one: date, other: date) -> None:
    """Let two people change days, each keeping what they owe. Needs an operator."""
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        change_days(open_turn(rota, one), open_turn(rota, other), TurnState.PLANNED)
        note_change(actor, rota, "rota.swapped", gettext_noop("%(actor)s let two people change days as “%(title)s”"))


def accept_turn(*, rota_id: int, day: date, member_id: int) -> bool:
    """They have said that they will do it. False where it is not theirs, or over. For playbooks."""
    mine = RotaTurn.objects.filter(rota=rota_id, day=day, member_id=member_id, state=TurnState.PLANNED)
    return bool(mine.update(state=TurnState.ACCEPTED, fixed=True))


def stand_in(*, rota_id: int, day: date, instead_of: int) -> int | None:
    """Whoever has the turn does not answer: the next in order who is there stands in. Returns them; None: nobody.

    The turn stays owed by whom it was. ``instead_of``: who has not answered; where somebody else has the turn by now,
    it is them. For playbooks.
    """
    with transaction.atomic():
        rota = locks.row(Rota, rota_id)
        turn = rota.turns.filter(day=day).first()
        if turn is None or turn.state not in OPEN:
            return None
        if turn.member_id != instead_of:  # it was settled before
            return turn.member_id
        asked = {turn.member_id, turn.owed_by, *_soon(rota, day)}
        able = [place for place in _order(rota) if place.can(day) and place.member_id not in asked]
        found = policies.next_turns(able, _had(rota, besides=day), [day])
        if not found:
            return None
        hand_over(turn, found[0].member_id, TurnState.PLANNED)
        live.touch("rotas")
    return found[0].member_id


def settle_turn(*, actor: Actor, rota_id: int, day: date, kept: bool, handover: str = "") -> None:
    """Say how a turn went, with what the next one should know. Needs an operator, or the system for a playbook."""
    with transaction.atomic():
        rota = _locked(actor, rota_id)
        turn = rota.turns.filter(day=day).first()
        if turn is None:
            raise NotFound
        turn.state = TurnState.KEPT if kept else TurnState.MISSED
        turn.handover, turn.settled_at = handover.strip()[:LONGEST_TEXT], clock.now()
        turn.save(update_fields=["state", "handover", "settled_at"])
        sentence = (
            gettext_noop("%(actor)s noted that a turn as “%(title)s” was kept")
            if kept
            else gettext_noop("%(actor)s noted that a turn as “%(title)s” was missed")
        )
        note_change(actor, rota, "rota.settled", sentence)


def plan_turns() -> int:
    """Make the turns of the weeks to come, for every rota; returns how many are new. For the clock."""
    made = 0
    for rota_id in Rota.objects.filter(ended_at=None).order_by("id").values_list("id", flat=True):
        with transaction.atomic():
            made += _plan(locks.row(Rota, rota_id))
    return made


# ------------------------------------------------------------------ within
def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise Invalid(_("Give the role a name."), field="title")
    if len(title) > LONGEST_TITLE:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_TITLE}, field="title")
    return title


def _weekdays(weekdays: Collection[int]) -> list[int]:
    days = sorted(set(weekdays))
    if not days or not set(days) <= set(range(7)):
        raise Invalid(_("Choose at least one day of the week."), field="weekdays")
    return days


def _locked(actor: Actor, rota_id: int) -> Rota:
    reads.rota(actor, rota_id, Permission.OPERATE)
    return locks.row(Rota, rota_id)


def open_turn(rota: Rota, day: date) -> RotaTurn:
    """The turn of a day that is not over yet."""
    turn = rota.turns.filter(day=day).first()
    if turn is None:
        raise NotFound
    if turn.state not in OPEN or day < _today(rota):
        raise Conflict(_("This turn is over."))
    return turn


def _put_in_order(actor: Actor, rota: Rota, member_ids: Sequence[int]) -> None:
    """The order as wished; who stays in it keeps the days on which they cannot."""
    wished = list(dict.fromkeys(member_ids))
    if not wished:
        raise Invalid(_("Choose who takes turns."), field="people")
    if len(wished) > MOST_PEOPLE:
        raise Invalid(_("At most %(count)d people.") % {"count": MOST_PEOPLE}, field="people")
    there = {member_id for member_id, _name in reads.candidates(actor, rota.group_id)}
    known = dict(rota.places.values_list("member_id", "id"))
    if strangers := [key for key in wished if key not in there and key not in known]:
        raise Invalid(
            ngettext(
                "%(count)d person of the order is not in this group.",
                "%(count)d people of the order are not in this group.",
                len(strangers),
            )
            % {"count": len(strangers)},
            fix=_("Only people of the group take turns."),
            field="people",
        )
    rota.places.exclude(member_id__in=wished).delete()
    RotaPlace.objects.bulk_create(
        [RotaPlace(rota=rota, member_id=key, position=at) for at, key in enumerate(wished)],
        update_conflicts=True,
        unique_fields=["rota", "member_id"],
        update_fields=["position"],
    )


def _today(rota: Rota) -> date:
    return clock.today(rota.community.zone)


def _order(rota: Rota) -> list[Place]:
    rows = rota.places.order_by("position", "id").values_list("member_id", "away_from", "away_until")
    return [Place(*row) for row in rows]


def _had(rota: Rota, besides: date | None = None) -> list[Had]:
    turns = rota.turns.exclude(day=besides) if besides else rota.turns.all()
    return [Had(member_id, day) for member_id, day in turns.values_list("owed_by", "day")]


def _soon(rota: Rota, day: date) -> set[int]:
    """Who has the day before or after: nobody has two in a row."""
    near = rota.turns.filter(day__range=(day - timedelta(days=1), day + timedelta(days=1)))
    return set(near.values_list("member_id", flat=True))


def _plan(rota: Rota) -> int:
    """Fill the days of the weeks to come that nobody has; in the caller's transaction."""
    today = _today(rota)
    taken = set(rota.turns.filter(day__gte=today).values_list("day", flat=True))
    wanted = [day for day in policies.days(rota.weekdays, today, today + AHEAD) if day not in taken]
    given = policies.next_turns(_order(rota), _had(rota), wanted)
    RotaTurn.objects.bulk_create(
        [RotaTurn(rota=rota, day=turn.day, member_id=turn.member_id, owed_by=turn.member_id) for turn in given],
        ignore_conflicts=True,
    )
    return len(given)


def hand_over(turn: RotaTurn, member_id: int, state: TurnState) -> None:
    """A person has decided who has it; it still counts for whom it was."""
    turn.member_id, turn.fixed, turn.state = member_id, True, state
    turn.save(update_fields=["member_id", "fixed", "state"])


def change_days(first: RotaTurn, second: RotaTurn, state: TurnState) -> None:
    """Two turns change their people, and for whom they count."""
    first.member_id, second.member_id = second.member_id, first.member_id
    first.owed_by, second.owed_by = second.owed_by, first.owed_by
    for turn in (first, second):
        turn.fixed, turn.state = True, state
        turn.save(update_fields=["member_id", "owed_by", "fixed", "state"])


def plan_anew(rota: Rota) -> None:
    """Turns to come that no person has decided, and nobody has accepted, are made again by the present order."""
    rota.turns.filter(day__gte=_today(rota), state=TurnState.PLANNED, fixed=False).delete()
    gone = rota.turns.filter(day__gte=_today(rota), state__in=OPEN).exclude(
        member_id__in=rota.places.values("member_id")
    )
    gone.delete()
    _plan(rota)


def note_change(actor: Actor, rota: Rota, action: str, sentence: str, group: str = "") -> None:
    """Audit what a person decided, and let pages know."""
    if actor is not SYSTEM:
        audit.record(
            actor,
            action,
            sentence,
            community_id=rota.community_id,
            about=("rota", rota.pk),
            title=rota.title,
            group=group,
        )
    live.touch("rotas")
