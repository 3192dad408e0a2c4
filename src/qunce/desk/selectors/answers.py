"""Which rule answers a message, with what, and why the others do not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from qunce.chat.types import OURS, Content, Media, Part, Text
from qunce.community import selectors as communities
from qunce.community.types import GroupFacts
from qunce.content import policies as content_policies
from qunce.content import selectors as content
from qunce.content.types import Attached, Ready, Way, Wire
from qunce.desk import policies
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.selectors.drafts import draft_of
from qunce.desk.types import (
    EVERYWHERE,
    VARIABLES,
    Explanation,
    Fate,
    Hit,
    Judged,
    Rule,
    RuleDraft,
    Scope,
)
from qunce.kernel import clock, files
from qunce.kernel.actor import Actor
from qunce.kernel.variables import FillableText, fillable


def live_rules() -> list[Rule]:
    """All rules that are on, for the pipeline. No guard: not for pages."""
    return compilable(KeywordRule.objects.filter(enabled=True, deleted_at=None))


def compilable(rules: QuerySet[KeywordRule]) -> list[Rule]:
    """Rules as the matcher needs them, the oldest first."""
    return [as_rule(draft_of(row), row.pk) for row in rules.order_by("id").iterator(chunk_size=5000)]


def as_rule(draft: RuleDraft, key: int = 0) -> Rule:
    """A rule, or one that is not made yet, as the matcher needs it."""
    return Rule(
        key,
        draft.match,
        draft.keywords,
        draft.answer,
        draft.cooldown_seconds,
        draft.scope,
        draft.variants,
        draft.files,
        draft.hours,
        draft.away,
        draft.item_id,
    )


def items_of(rules: Iterable[Rule]) -> dict[int, Ready]:
    """What the rules hand on from the library, by id: as far as it is published for members. No guard."""
    return content.ready({rule.item_id for rule in rules if rule.item_id is not None})


# ------------------------------------------------------------------ what is said
@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says. ``item``: what of the library goes along, under an address with that ``token``, if any."""

    content: Content
    item: Ready | None = None
    token: str = ""


def answer_of(
    hit: Hit, *, turn: int, name: str, group: GroupFacts, at: datetime, items: Mapping[int, Ready]
) -> Answer:
    """What a rule answers to somebody of that name: the text whose turn it is, the rule's files, and its item.

    A file that the platform cannot carry becomes a link in the text; without a public address it is left out. An item
    that was taken down, or is another community's, is left out. Without parts there is nothing to say.
    """
    rule = hit.rule
    text = fill(rule.away if hit.closed else rule.said(turn), name=name, group=group, at=at)
    attached = () if hit.closed else rule.files
    wire = content.wire_of(group.platform) if attached else Wire("")
    parts: list[Part] = []
    links = []
    for file in attached:
        way = content_policies.way_of(file, wire, public=bool(settings.BASE_URL))
        if way is Way.SENT:
            kind = file.kind if file.kind in wire.media else "file"
            parts.append(Media(kind, OURS + file.sha256, file.name, file.content_type, file.size))
        elif way is Way.LINKED:
            links.append(f"{file.name}: {files.link(file.sha256, name=file.name)}")
    if said := "\n".join(filter(None, [text, *links])):
        parts.insert(0, Text(said))
    item = None if hit.closed else items.get(rule.item_id or 0)
    if item is None or item.community_id not in {None, group.community_id}:
        return Answer(Content(tuple(parts)))
    token = content.token_for(item)
    handed = content.parts_of(item, group.platform, token=token)
    return Answer(Content(content_policies.joined(tuple(parts), handed)), item, token)


def fill(text: str, *, name: str, group: GroupFacts, at: datetime) -> str:
    """A text with its variables filled in, as it is where and when it is said."""
    cut = _cut(text)
    count = group.member_count
    values = {
        "name": name,
        "group": group.name,
        "community": group.community,
        "members": "–" if count is None else str(count),
    }
    if cut.variables & {"date", "weekday"}:
        local = at.astimezone(group.zone)
        with translation.override(group.language):
            values |= {"date": date_format(local, "DATE_FORMAT"), "weekday": date_format(local, "l")}
    return cut.fill(values)


@lru_cache(maxsize=4096)
def _cut(text: str) -> FillableText:
    return fillable(text, VARIABLES)


def wires_of(actor: Actor, scope: Scope) -> list[Wire]:
    """The platforms of the groups in which a rule with this scope would count and that the actor may see."""
    platforms = _reached(actor, scope).order_by().values_list("platform", flat=True).distinct()
    return [content.wire_of(each) for each in sorted(platforms)]


def sample(actor: Actor, scope: Scope) -> GroupFacts:
    """A group in which a rule with this scope would count, to show an answer with; a made-up one where there is none.

    For all groups that is no group of theirs: whose name stands there would look like a choice.
    """
    chosen = _reached(actor, scope).order_by("pk").values_list("pk", flat=True)[:1] if scope != EVERYWHERE else ()
    if found := communities.group_facts(chosen):
        return found[0]
    zone, language = ZoneInfo(settings.DEFAULT_COMMUNITY_ZONE), translation.get_language() or ""
    return GroupFacts(0, "", "", _("Night readers"), 0, zone, (), _("Reading club"), language, 128)


def _reached(actor: Actor, scope: Scope) -> QuerySet[communities.Group]:
    """The groups in which a rule with this scope counts and that the actor may see."""
    groups = communities.visible_groups(actor)
    if scope.group_id is not None:
        groups = groups.filter(pk=scope.group_id)
    if scope.community_id is not None:
        groups = groups.filter(community=scope.community_id)
    return groups.filter(tags__contains=[scope.tag]) if scope.tag else groups


# ------------------------------------------------------------------ which rule answers
def explain(actor: Actor, *, group_id: int, text: str, name: str) -> Explanation:
    """Which rule would answer now if somebody of that name wrote ``text`` in the group, and why the others do not.

    Decided by the same code as for live messages; nothing is sent, counted or cooled down. Rules that are off
    are shown where they would be met.
    """
    communities.group(actor, group_id)
    served = communities.group_facts([group_id])
    if not served:
        return Explanation(policies.normalise(text), None, ())
    group, now = served[0], clock.now()
    here = Q()
    for scope in policies.scopes_of(group):
        here |= Q(community_id=scope.community_id, group_id=scope.group_id, tag=scope.tag)
    rules = KeywordRule.objects.filter(here, deleted_at=None)
    on, off = (
        policies.Matcher(compilable(rules.filter(enabled=enabled))).hits(text, group, now)
        for enabled in (True, False)
    )
    judged = [Judged(hit, Fate.OFF) for hit in off if not hit.cut]
    if not on or on[0].silent:
        silent = (Judged(hit, Fate.CUT if hit.cut else Fate.CLOSED) for hit in on)
        return Explanation(policies.normalise(text), None, (*silent, *judged))
    best, *others = on
    used = KeywordUse.objects.filter(rule=best.rule.id, group_id=group_id).first()
    until = _cooling_until(best, used)
    first = Judged(best, Fate.COOLING if until else Fate.AWAY if best.closed else Fate.ANSWERS, until)
    lost = [Judged(hit, policies.lost_by(hit, best)) for hit in others]
    read_as, judged = policies.normalise(text), [first, *lost, *judged]
    if until:
        return Explanation(read_as, None, tuple(judged))
    items = items_of([best.rule])
    said = answer_of(best, turn=used.times if used else 0, name=name, group=group, at=now, items=items)
    words = Content(tuple(part for part in said.content.parts if not isinstance(part, Media)))
    return Explanation(read_as, words.plain, tuple(judged), _sent(best, said), said.item)


def _sent(best: Hit, said: Answer) -> tuple[Attached, ...]:
    """Those of the rule's and its item's files that go along as files."""
    refs = {part.ref for part in said.content.parts if isinstance(part, Media)}
    files = (*best.rule.files, *(said.item.document.files if said.item else ()))
    return tuple(file for file in files if OURS + file.sha256 in refs)


def _cooling_until(hit: Hit, used: KeywordUse | None) -> datetime | None:
    """When the rule may answer again in the group; None where it may now."""
    if used is None or not hit.rule.cooldown_seconds:
        return None
    until = used.last_at + timedelta(seconds=hit.rule.cooldown_seconds)
    return until if until > clock.now() else None
