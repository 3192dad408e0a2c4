"""Every address of the web role."""

from django.urls import include, path

from qunce.kernel.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("qunce.console.sign_in")),
    path("", include("qunce.console.urls")),
]
