"""Addresses of the members' pages, beneath /m/."""

from django.urls import path

from qunce.memberpages import library, pages, suggestions, writing

app_name = "memberpages"

urlpatterns = [
    path("language/", pages.language, name="language"),
    path("open/", pages.enter_now, name="enter_now"),
    path("open/<str:token>/", pages.enter, name="enter"),
    path("i/<str:token>/", library.handed, name="handed"),
    path("i/<str:token>/files/<str:sha256>/", library.handed_file, name="handed_file"),
    path("turns/", pages.my_turns, name="my_turns"),
    path("<slug:ref>/library/", library.library, name="library"),
    path("<slug:ref>/library/<int:item_id>/", library.item, name="library_item"),
    path("<slug:ref>/library/<int:item_id>/rate/", library.rate, name="library_rate"),
    path("<slug:ref>/library/<int:item_id>/files/<str:sha256>/", library.file, name="library_file"),
    path("<slug:ref>/", pages.home, name="home"),
    path("<slug:ref>/stored/", pages.stored, name="stored"),
    path("<slug:ref>/stored.json", pages.stored_file, name="stored_file"),
    path("<slug:ref>/turns/", pages.turns, name="turns"),
    path("<slug:ref>/turns/<int:rota_id>/", pages.turn, name="turn"),
    path("<slug:ref>/mute/", pages.mute, name="mute"),
    path("<slug:ref>/suggestions/", suggestions.suggestions, name="suggestions"),
    path("<slug:ref>/drafts/", writing.drafts, name="drafts"),
    path("<slug:ref>/drafts/<int:session_id>/", writing.draft, name="draft"),
    path("<slug:ref>/drafts/<int:session_id>/edit/", writing.draft_edit, name="draft_edit"),
    path("<slug:ref>/drafts/<int:session_id>/done/", writing.draft_done, name="draft_done"),
    path("<slug:ref>/quoted/", writing.quoted, name="quoted"),
    path("<slug:ref>/quoted/<int:consent_id>/", writing.quoted_answer, name="quoted_answer"),
    path("<slug:ref>/about/", pages.about, name="about"),
]
