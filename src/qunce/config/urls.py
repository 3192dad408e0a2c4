"""Every address of the web role."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from qunce.kernel.health import healthz

urlpatterns = [
    path("healthz", login_not_required(healthz), name="healthz"),
    path("m/", include("qunce.memberpages.urls")),
    path("", include("qunce.console.sign_in")),
    path("", include("qunce.console.urls")),
]
