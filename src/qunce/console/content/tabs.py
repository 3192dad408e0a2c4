"""What stands beside the library, one tab each: key, title, address."""

from django.utils.translation import gettext_lazy as _

TABS = (
    ("library", _("Library"), "console:library"),
    ("briefs", _("Briefs"), "console:briefs"),
    ("digests", _("Digests"), "console:digests"),
    ("sessions", _("Sessions"), "console:sessions"),
    ("suggestions", _("Suggestions"), "console:suggestions"),
)
