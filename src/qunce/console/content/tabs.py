"""What stands beside the library, one tab each: key, title, address."""

from django.utils.translation import gettext_lazy as _

TABS = (("sessions", _("Sessions"), "console:sessions"),)
