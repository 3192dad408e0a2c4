"""Changes of keyword rules, one by one."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.desk import selectors
from qunce.desk.models import KeywordRule
from qunce.desk.types import LONGEST_KEYWORD, RuleDraft
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, NotFound

SCOPE = "keyword_rules"
"""Revision and live topic of the rules."""


@transaction.atomic
def create_rule(*, actor: Actor, draft: RuleDraft) -> KeywordRule:
    """Make a rule; it answers from the next message on. For operators of where it counts."""
    draft = selectors.checked(draft)
    _name, community_id = selectors.place_of(actor, draft.scope, Permission.OPERATE)
    selectors.require_item(actor, draft, community_id)
    now = clock.now()
    rule = KeywordRule.objects.create(**columns(draft), created_at=now, changed_at=now)
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
    draft = selectors.checked(draft)
    rule, _old_community = _locked(actor, rule_id)
    _name, community_id = selectors.place_of(actor, draft.scope, Permission.OPERATE)
    selectors.require_item(actor, draft, community_id, rule.item_id)
    if rule.changed_at != seen:
        raise Conflict(
            _("Somebody changed this rule after you opened it; nothing of yours was saved."),
            fix=_("Compare yours with the rule as it is now; saving again replaces that."),
        )
    for column, value in columns(draft).items():
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
    _name, community_id = selectors.place_of(actor, rule.scope, Permission.OPERATE)
    return rule, community_id


def columns(draft: RuleDraft) -> dict[str, object]:
    """A draft as its columns."""
    hours = draft.hours
    return {
        "community_id": draft.community_id,
        "group_id": draft.group_id,
        "tag": draft.tag,
        "match": draft.match,
        "keywords": list(draft.keywords),
        "answer": draft.answer,
        "variants": list(draft.variants),
        "files": [asdict(each) for each in draft.files],
        "item_id": draft.item_id,
        "cooldown_seconds": draft.cooldown_seconds,
        "days": list(hours.days) if hours else [],
        "opens_at": hours.opens if hours else None,
        "closes_at": hours.closes if hours else None,
        "away": draft.away,
    }


def _record(actor: Actor, action: str, sentence: str, rule: KeywordRule, community_id: int | None) -> None:
    """Write down who did it, and let every process and page read the rules anew."""
    keywords = ", ".join(rule.keywords)
    shown = keywords if len(keywords) <= LONGEST_KEYWORD else f"{keywords[:LONGEST_KEYWORD]}…"
    about = ("keyword_rule", rule.pk)
    audit.record(actor, action, sentence, community_id=community_id, about=about, keywords=shown)
    revisions.bump(SCOPE)
    live.touch(SCOPE)
