"""Every change of keyword rules, and the count of their use."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.desk import policies, selectors
from qunce.desk.models import KeywordRule
from qunce.desk.types import LONGEST_COOLDOWN, LONGEST_KEYWORD, MOST_KEYWORDS, RuleDraft
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound

SCOPE = "keyword_rules"
"""Revision and live topic of the rules."""


# ------------------------------------------------------------------ rules
@transaction.atomic
def create_rule(*, actor: Actor, draft: RuleDraft) -> KeywordRule:
    """Make a rule; it answers from the next message on. For operators of where it counts."""
    draft = _checked(draft)
    _name, community_id = selectors.place_of(actor, (draft.community_id, draft.group_id), Permission.OPERATE)
    now = clock.now()
    rule = KeywordRule.objects.create(**_columns(draft), created_at=now, changed_at=now)
    _record(
        actor, "rule.created", gettext_noop("%(actor)s made the keyword rule “%(keywords)s”."), rule, community_id
    )
    return rule


@transaction.atomic
def change_rule(*, actor: Actor, rule_id: int, draft: RuleDraft, seen: datetime) -> KeywordRule:
    """Change what a rule says and where it counts.

    ``seen`` is the rule's ``changed_at`` as the editor saw it; Conflict where somebody has changed the rule
    since. For operators of both the old and the new place. Changed words are not a new rule: age, uses and a
    running cool-down stay.
    """
    draft = _checked(draft)
    rule, _old_community = _locked(actor, rule_id)
    _name, community_id = selectors.place_of(actor, (draft.community_id, draft.group_id), Permission.OPERATE)
    if rule.changed_at != seen:
        raise Conflict(
            _("Somebody changed this rule after you opened it; nothing of yours was saved."),
            fix=_("Compare yours with the rule as it is now; saving again replaces that."),
        )
    for column, value in _columns(draft).items():
        setattr(rule, column, value)
    rule.changed_at = max(clock.now(), rule.changed_at + timedelta(microseconds=1))
    rule.save()
    sentence = gettext_noop("%(actor)s changed the keyword rule “%(keywords)s”.")
    _record(actor, "rule.changed", sentence, rule, community_id)
    return rule


@transaction.atomic
def set_rule_enabled(*, actor: Actor, rule_id: int, enabled: bool) -> KeywordRule:
    """Let a rule answer, or not. Whoever edits it meanwhile loses nothing."""
    rule, community_id = _locked(actor, rule_id)
    if rule.enabled == enabled:
        return rule
    rule.enabled = enabled
    rule.save(update_fields=["enabled"])
    if enabled:
        sentence = gettext_noop("%(actor)s switched the keyword rule “%(keywords)s” on.")
    else:
        sentence = gettext_noop("%(actor)s switched the keyword rule “%(keywords)s” off.")
    _record(actor, "rule.enabled" if enabled else "rule.disabled", sentence, rule, community_id)
    return rule


@transaction.atomic
def delete_rule(*, actor: Actor, rule_id: int) -> KeywordRule:
    """Take a rule away; `restore_rule` undoes it."""
    rule, community_id = _locked(actor, rule_id)
    rule.deleted_at = clock.now()
    rule.save(update_fields=["deleted_at"])
    sentence = gettext_noop("%(actor)s deleted the keyword rule “%(keywords)s”.")
    _record(actor, "rule.deleted", sentence, rule, community_id)
    return rule


@transaction.atomic
def restore_rule(*, actor: Actor, rule_id: int) -> KeywordRule:
    """Undo a deletion: the rule is as it was, with its uses."""
    rule, community_id = _locked(actor, rule_id, deleted=True)
    if rule.deleted_at is None:
        return rule
    rule.deleted_at = None
    rule.save(update_fields=["deleted_at"])
    sentence = gettext_noop("%(actor)s brought back the keyword rule “%(keywords)s”.")
    _record(actor, "rule.restored", sentence, rule, community_id)
    return rule


def _locked(actor: Actor, rule_id: int, *, deleted: bool = False) -> tuple[KeywordRule, int | None]:
    """The rule, locked, and its community; refused unless the actor operates there."""
    try:
        rule = locks.row(KeywordRule, rule_id)
    except KeywordRule.DoesNotExist as error:
        raise NotFound from error
    if rule.deleted_at and not deleted:
        raise NotFound
    _name, community_id = selectors.place_of(actor, (rule.community_id, rule.group_id), Permission.OPERATE)
    return rule, community_id


def _columns(draft: RuleDraft) -> dict[str, object]:
    return {
        "community_id": draft.community_id,
        "group_id": draft.group_id,
        "match": draft.match,
        "keywords": list(draft.keywords),
        "answer": draft.answer,
        "cooldown_seconds": draft.cooldown_seconds,
    }


def _record(actor: Actor, action: str, sentence: str, rule: KeywordRule, community_id: int | None) -> None:
    """Write down who did it, and let every process and page read the rules anew."""
    keywords = ", ".join(rule.keywords)
    shown = keywords if len(keywords) <= LONGEST_KEYWORD else f"{keywords[:LONGEST_KEYWORD]}…"
    about = ("keyword_rule", rule.pk)
    audit.record(actor, action, sentence, community_id=community_id, about=about, keywords=shown)
    revisions.bump(SCOPE)
    live.touch(SCOPE)


def _checked(draft: RuleDraft) -> RuleDraft:
    """The draft, tidied; raises Invalid with the field at fault."""
    distinct = {policies.normalise(each): each.strip() for each in reversed(draft.keywords)}
    distinct.pop("", None)
    keywords = tuple(reversed(distinct.values()))
    if not keywords:
        raise Invalid(_("There is no keyword."), fix=_("Enter at least one word to listen for."), field="keywords")
    if len(keywords) > MOST_KEYWORDS or max(map(len, keywords)) > LONGEST_KEYWORD:
        raise Invalid(
            _("These are too many keywords, or one is too long."),
            fix=_("A rule has at most %(most)d keywords of %(longest)d characters; make a second rule.")
            % {"most": MOST_KEYWORDS, "longest": LONGEST_KEYWORD},
            field="keywords",
        )
    if draft.community_id is not None and draft.group_id is not None:
        raise Invalid(_("A rule counts in a community or in a group, not in both."), field="scope")
    if not 0 <= draft.cooldown_seconds <= LONGEST_COOLDOWN:
        raise Invalid(_("A cool-down lasts at most seven days."), field="cooldown")
    answer = draft.answer.replace("\r\n", "\n").replace("\0", "").strip()
    selectors.parse_answer(answer)
    return replace(draft, keywords=keywords, answer=answer)


# ------------------------------------------------------------------ the pipeline's part
def use_rules(*, asked: Mapping[tuple[int, int], int], at: datetime) -> set[tuple[int, int]]:
    """Count the use of rules, as (rule, group) with how often; returns those that may answer.

    A rule that is cooling down in the group, or was switched off or deleted a moment ago, may not and is not
    counted. Exact under concurrency: the row is locked, and judged again as whoever held it has left it. Runs
    in the caller's transaction.
    """
    rows = [(rule_id, group_id, times) for (rule_id, group_id), times in sorted(asked.items())]
    with connection.cursor() as cursor:
        # FOR KEY SHARE is what the foreign key takes anyway; deleting and switching off wait for it.
        cursor.execute(
            "WITH alive AS (SELECT id FROM desk_keywordrule WHERE id = ANY(%(rules)s) AND enabled"
            " AND deleted_at IS NULL FOR KEY SHARE)"
            " INSERT INTO desk_keyworduse AS used (rule_id, group_id, last_at, times)"
            " SELECT asked.* FROM (SELECT unnest(%(rules)s::bigint[]) AS rule_id, unnest(%(groups)s::bigint[]),"
            " %(at)s::timestamptz, unnest(%(times)s::bigint[])) asked JOIN alive ON alive.id = asked.rule_id"
            " ORDER BY 1, 2"
            " ON CONFLICT (rule_id, group_id) DO UPDATE SET times = used.times + EXCLUDED.times,"
            " last_at = greatest(used.last_at, EXCLUDED.last_at)"
            " WHERE (SELECT rule.cooldown_seconds = 0"
            " OR used.last_at + make_interval(secs => rule.cooldown_seconds) <= EXCLUDED.last_at"
            " FROM desk_keywordrule rule WHERE rule.id = used.rule_id)"
            " RETURNING rule_id, group_id",
            {
                "rules": [row[0] for row in rows],
                "groups": [row[1] for row in rows],
                "times": [row[2] for row in rows],
                "at": at,
            },
        )
        return set(cursor.fetchall())
