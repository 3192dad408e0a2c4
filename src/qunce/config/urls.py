"""Every address of the web role."""

from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from qunce.kernel.health import healthz

urlpatterns = [
    # Browsers ask for it where an answer is no page.
    path("favicon.ico", login_not_required(RedirectView.as_view(url=static("console/logo.svg"))), name="favicon"),
    path("healthz", login_not_required(healthz), name="healthz"),
    path("site/", include("qunce.memberpages.site_urls")),
    path("m/", include("qunce.memberpages.urls")),
    path("", include("qunce.console.sign_in")),
    path("", include("qunce.console.urls")),
]
