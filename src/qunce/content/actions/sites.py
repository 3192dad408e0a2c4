"""Public sites: switched on and off, and called as their community wants."""

import re

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.community.types import LANGUAGES
from qunce.content.models import Site
from qunce.kernel import audit, clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
LONGEST_INTRO = 1000


@transaction.atomic
def set_site(*, actor: Actor, community_id: int, enabled: bool, slug: str, intro: str, language: str) -> Site:
    """Switch a community's public site on or off, and say how it is called. Needs a lead of the community."""
    community.community(actor, community_id, Permission.LEAD)
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            _("“%(name)s” is no name for an address.") % {"name": slug},
            fix=_("Use small letters a–z, digits and hyphens, at most 40."),
            field="slug",
        )
    if language not in LANGUAGES:
        raise Invalid(_("Choose one of the list."), field="language")
    if Site.objects.filter(slug=slug).exclude(pk=community_id).exists():
        raise Conflict(_("Another community's site is called so."), fix=_("Choose another name."))
    row = Site.objects.filter(pk=community_id).first() or Site(community_id=community_id)
    row.enabled, row.slug, row.intro, row.language = enabled, slug, intro.strip()[:LONGEST_INTRO], language
    row.changed_at = clock.now()
    row.save()
    sentence = (
        gettext_noop("%(actor)s switched the public site “%(slug)s” on.")
        if enabled
        else gettext_noop("%(actor)s switched the public site “%(slug)s” off.")
    )
    audit.record(
        actor, "site.changed", sentence, community_id=community_id, about=("community", community_id), slug=slug
    )
    return row
