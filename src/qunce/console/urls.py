"""Addresses of the console: every page module has its own ``urlpatterns``, this is the list of them."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "console"

PAGES = (
    "today",
    "inbox",
    "community",
    "groups",
    "group",
    "members",
    "chat.broadcasts",
    "chat.deliveries",
    "chat.sandbox",
    "chat.accounts",
    "desk",
    "team",
    "audit",
    "live",
    "profile",
)

urlpatterns: list[URLPattern | URLResolver] = [path("", include(f"qunce.console.{page}")) for page in PAGES]
