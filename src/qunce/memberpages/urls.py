"""Addresses of the members' pages, beneath /m/."""

from django.urls import path

from qunce.memberpages import pages, suggestions

app_name = "memberpages"

urlpatterns = [
    path("language/", pages.language, name="language"),
    path("open/", pages.enter_now, name="enter_now"),
    path("open/<str:token>/", pages.enter, name="enter"),
    path("<slug:ref>/", pages.home, name="home"),
    path("<slug:ref>/stored/", pages.stored, name="stored"),
    path("<slug:ref>/stored.json", pages.stored_file, name="stored_file"),
    path("<slug:ref>/turns/", pages.turns, name="turns"),
    path("<slug:ref>/turns/<int:rota_id>/", pages.turn, name="turn"),
    path("<slug:ref>/mute/", pages.mute, name="mute"),
    path("<slug:ref>/suggestions/", suggestions.suggestions, name="suggestions"),
    path("<slug:ref>/about/", pages.about, name="about"),
]
