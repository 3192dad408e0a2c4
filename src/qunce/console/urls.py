"""Addresses of the console: every page module has its own ``urlpatterns``, this is the list of them."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "console"

PAGES = (
    "today",
    "inbox",
    "community",
    "notice",
    "tasks",
    "approvals",
    "groups",
    "group",
    "members",
    "care",
    "member",
    "merging",
    "answers",
    "member_links",
    "chat.broadcasts",
    "chat.compose",
    "chat.schedules",
    "chat.restraint",
    "playbooks",
    "calendar",
    "chat.files",
    "chat.deliveries",
    "chat.sandbox",
    "chat.accounts",
    "hooks",
    "desk.rules",
    "desk.rule",
    "desk.sheets",
    "desk.files",
    "content.sessions",
    "content.site",
    "rota",
    "chat.hand_groups",
    "chat.by_hand",
    "insights",
    "reports",
    "team",
    "audit",
    "doctor",
    "live",
    "profile",
)

urlpatterns: list[URLPattern | URLResolver] = [path("", include(f"qunce.console.{page}")) for page in PAGES]
