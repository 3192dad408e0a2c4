"""Addresses of the members' pages, beneath /m/."""

from django.urls import path

from qunce.memberpages import knowledge, pages, writing

app_name = "memberpages"

urlpatterns = [
    path("language/", pages.language, name="language"),
    path("open/", pages.enter_now, name="enter_now"),
    path("open/<str:token>/", pages.enter, name="enter"),
    path("<slug:ref>/", pages.home, name="home"),
    path("<slug:ref>/stored/", pages.stored, name="stored"),
    path("<slug:ref>/stored.json", pages.stored_file, name="stored_file"),
    path("<slug:ref>/mute/", pages.mute, name="mute"),
    path("<slug:ref>/drafts/", writing.drafts, name="drafts"),
    path("<slug:ref>/drafts/<int:session_id>/", writing.draft, name="draft"),
    path("<slug:ref>/drafts/<int:session_id>/edit/", writing.draft_edit, name="draft_edit"),
    path("<slug:ref>/drafts/<int:session_id>/done/", writing.draft_done, name="draft_done"),
    path("<slug:ref>/quoted/", writing.quoted, name="quoted"),
    path("<slug:ref>/quoted/<int:consent_id>/", writing.quoted_answer, name="quoted_answer"),
    path("<slug:ref>/knowledge/", knowledge.knowledge, name="knowledge"),
    path("<slug:ref>/knowledge/<str:key>/", knowledge.known, name="known"),
    path("<slug:ref>/knowledge/<str:key>/files/<str:sha256>/", knowledge.known_file, name="known_file"),
    path("<slug:ref>/about/", pages.about, name="about"),
]
