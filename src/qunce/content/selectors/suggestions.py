"""Reads of suggestions: the board, who has made them, the author's own, and the thanks of a month."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import selectors as chat
from qunce.chat.selectors import Fate
from qunce.community import selectors as community
from qunce.content.models import Suggestion
from qunce.content.types import SuggestionState
from qunce.content.types.suggestions import TOLD_AFTER
from qunce.kernel import clock, words
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound
from qunce.members import selectors as members
from qunce.members.selectors import Visit

QUOTED = 60
CALLED: Mapping[str, str] = {
    SuggestionState.NEW: gettext_noop("Has just come in"),
    SuggestionState.CONSIDERED: gettext_noop("Is being looked at"),
    SuggestionState.PLANNED: gettext_noop("On the plan"),
    SuggestionState.DONE: gettext_noop("Carried out"),
    SuggestionState.DECLINED: gettext_noop("Not for now"),
}
"""What each state is called: message ids."""
MOST_THANKED = 50


@dataclass(frozen=True, slots=True)
class SuggestionFilter:
    """Which suggestions are wanted; what is empty does not restrict. ``text``: in what is suggested."""

    state: SuggestionState | None = None
    community_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who suggests it: as they are called, and the member where that is known."""

    row: Suggestion
    name: str
    member_id: int | None


def visible_suggestions(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Suggestion]:
    """Suggestions of communities in which the actor holds ``permission``, each once, the latest first."""
    found = Suggestion.objects.filter(same_as=None).select_related("community").order_by("-at", "-pk")
    allowed = actor.communities(permission)
    return found if allowed is None else found.filter(community__in=allowed)


def board(actor: Actor, wanted: SuggestionFilter) -> QuerySet[Suggestion]:
    """Those that are wanted; ``times``: how often each was suggested."""
    found = visible_suggestions(actor).annotate(times=Count("others") + 1)
    if wanted.community_id is not None:
        found = found.filter(community=wanted.community_id)
    if wanted.state is not None:
        found = found.filter(state=wanted.state)
    if wanted.text:
        found = found.filter(Q(text__icontains=wanted.text) | Q(others__text__icontains=wanted.text)).distinct()
    return found


def state_counts(actor: Actor, wanted: SuggestionFilter) -> dict[SuggestionState, int]:
    """How many there are of each state, whatever state is wanted."""
    rest = board(actor, SuggestionFilter(None, wanted.community_id, wanted.text)).values("pk")
    counted = Suggestion.objects.filter(pk__in=rest).order_by().values_list("state").annotate(Count("pk"))
    found = dict(counted)
    return {state: found.get(state, 0) for state in SuggestionState}


def last_carried_out(actor: Actor) -> int | None:
    """The community in which a suggestion was carried out last."""
    found = visible_suggestions(actor).filter(state=SuggestionState.DONE)
    return found.order_by("-decided_at").values_list("community", flat=True).first()


def suggestion(actor: Actor, suggestion_id: int, permission: Permission = Permission.VIEW) -> Suggestion:
    """One of them, also one that hangs beneath another. NotFound where the actor may not see it."""
    found = Suggestion.objects.filter(pk=suggestion_id).select_related("community").first()
    if found is None or not actor.may(Permission.VIEW, found.community_id):
        raise NotFound
    if not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def voices(suggestion_ids: Collection[int]) -> dict[int, list[Voice]]:
    """Who suggests each, the first first; somebody who does so twice once. For who may see the suggestions."""
    wanted = Q(pk__in=list(suggestion_ids)) | Q(same_as__in=list(suggestion_ids))
    rows = list(Suggestion.objects.filter(wanted).order_by("at", "pk"))
    known = members.who([row.identity_id for row in rows if row.identity_id])
    found: dict[int, dict[object, Voice]] = defaultdict(dict)
    for row in rows:
        who = known.get(row.identity_id or 0)
        member_id = who.member_id if who else row.member_id
        voice = Voice(row, who.name if who else row.name, member_id)
        found[row.same_as_id or row.pk].setdefault(member_id or row.identity_id or row.name or row.pk, voice)
    return {key: list(each.values()) for key, each in found.items()}


def key_of(made: Suggestion, row: Suggestion) -> str:
    """The key of what the author of ``made`` is told of the last decision on ``row``."""
    return f"suggestion:{made.pk}:{row.pk}:{row.edition}"


def told(row: Suggestion, heard: Iterable[Voice]) -> dict[int, Fate]:
    """How what those are told fares who are told of the last decision, by the suggestion that each has made."""
    made = {key_of(voice.row, row): voice.row.pk for voice in heard}
    return {made[key]: fate for key, fate in chat.fates(made).items()}


def time_to_undo(row: Suggestion) -> timedelta:
    """For how long the last decision can still be undone without anybody having been told of it."""
    if row.before is None or row.decided_at is None:
        return timedelta()
    return max(timedelta(), row.decided_at + TOLD_AFTER - clock.now())


def alike(actor: Actor, row: Suggestion, most: int = 50) -> QuerySet[Suggestion]:
    """Others of its community that it may be the same as, the latest first."""
    return visible_suggestions(actor).filter(community=row.community_id).exclude(pk=row.pk)[:most]


def own_suggestions(visit: Visit) -> list[tuple[Suggestion, Suggestion]]:
    """What a member has suggested in their community, the latest first; with each the one that says what became of
    it. The visit is the guard.
    """
    record = members.own_record(visit)
    mine = Q(member_id=visit.member.pk) | Q(identity_id__in=[each.pk for each in record.identities])
    found = Suggestion.objects.filter(mine, community=visit.link.community_id).select_related("same_as")
    return [(row, row.same_as or row) for row in found.order_by("-at", "-pk")[:100]]


# ------------------------------------------------------------------ thanks
def month_of(day: date) -> tuple[date, date]:
    """The first days of its month and of the next."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def thanks(community_id: int, day: date, language: str) -> str:
    """Thanks to those whose suggestions were carried out in the month of a day, as lines; empty where there are none.

    Who does not want to be mentioned is not named. For who may see the community.
    """
    home = community.community(SYSTEM, community_id)
    since, until = (datetime.combine(each, time(), ZoneInfo(home.zone)) for each in month_of(day))
    found = Suggestion.objects.filter(community=home, same_as=None, state=SuggestionState.DONE)
    rows = list(found.filter(decided_at__gte=since, decided_at__lt=until).order_by("decided_at")[:MOST_THANKED])
    heard = voices([row.pk for row in rows])
    quiet = members.muted({voice.member_id for each in heard.values() for voice in each if voice.member_id})
    with override(language):
        return "\n".join(_line(row, heard.get(row.pk, ()), quiet) for row in rows)


def _line(row: Suggestion, heard: Iterable[Voice], quiet: Collection[int]) -> str:
    names = list(dict.fromkeys(voice.name for voice in heard if voice.name and voice.member_id not in quiet))
    who = words.listed(names) or _("somebody of us")
    return _("· %(names)s: %(text)s") % {"names": who, "text": quoted(row.text)}


def quoted(text: str) -> str:
    """The beginning of a suggestion, on one line."""
    said = " ".join(text.split())
    return said if len(said) <= QUOTED else f"{said[: QUOTED - 1]}…"


def thanks_of(places: Sequence[tuple[int, str]]) -> dict[int, str]:
    """The thanks of this month by community, for texts; ``places``: communities with their languages. No guard."""
    return {
        key: thanks(key, clock.today(community.community(SYSTEM, key).zone), language)
        for key, language in dict(places).items()
    }
