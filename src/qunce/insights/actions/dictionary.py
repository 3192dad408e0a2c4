"""Changes of the words that communities have of their own."""

import re

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.insights.models import Dictionary
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid

MOST = 2000
LONGEST = 40
_BETWEEN = re.compile(r"[\n,，、;；]+")


def set_dictionary(*, actor: Actor, community_id: int, words: str) -> list[str]:
    """Replace a community's own words: names and terms that are kept whole where words are counted.

    One a line, or with commas between; doubles and empty ones go. Needs an operator. Raises Invalid where one is
    a single character or too long, or where there are too many.
    """
    home = community.community(actor, community_id, Permission.OPERATE)
    wanted = _tidy(words)
    with transaction.atomic():
        locks.name(f"dictionary:{community_id}")
        found = Dictionary.objects.filter(pk=community_id).first()
        if wanted == (found.words.splitlines() if found else []):
            return wanted
        Dictionary.objects.update_or_create(
            pk=community_id, defaults={"words": "\n".join(wanted), "changed_at": clock.now()}
        )
        audit.record(
            actor,
            "dictionary.changed",
            gettext_noop("%(actor)s changed the words of %(community)s that are kept whole: %(count)s by now."),
            community_id=community_id,
            about=("community", community_id),
            community=home.name,
            count=len(wanted),
        )
        live.touch(f"community:{community_id}")
    return wanted


def _tidy(words: str) -> list[str]:
    wanted = list(dict.fromkeys(filter(None, (" ".join(each.split()) for each in _BETWEEN.split(words)))))
    wrong = next((each for each in wanted if not 1 < len(each) <= LONGEST), None)
    if wrong is not None:
        raise Invalid(
            _("“%(word)s” cannot be kept whole.") % {"word": wrong[:LONGEST]},
            fix=_("A word has from 2 to %(most)s characters.") % {"most": LONGEST},
            field="words",
        )
    if len(wanted) > MOST:
        raise Invalid(_("At most %(most)s words can be kept.") % {"most": MOST}, field="words")
    return wanted
