"""Addresses of the public sites, beneath /site/."""

from django.urls import path

from qunce.memberpages import site

app_name = "site"

urlpatterns = [
    path("", site.index, name="index"),
    path("<slug:slug>/", site.home, name="home"),
    path("<slug:slug>/feed.xml", site.feed, name="feed"),
    path("<slug:slug>/sitemap.xml", site.sitemap, name="sitemap"),
    path("<slug:slug>/<str:key>/", site.entry, name="entry"),
    path("<slug:slug>/<str:key>/files/<str:digest>/", site.entry_file, name="entry_file"),
]
