"""What every answer has: a strict content policy, and errors as pages that say what to do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import content_disposition_header
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from qunce.kernel import files
from qunce.kernel.errors import QunceError

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


def stored_file(sha256: str, *, name: str, content_type: str) -> HttpResponse:
    """A stored file for who has been let to it: pictures are shown, everything else is only saved.

    Whatever its bytes say they are, it is never a page of ours. Raises NotFound where the bytes are gone.
    """
    shown = content_type in files.PICTURES
    with files.open_file(sha256) as opened:
        answer = HttpResponse(opened.read(), content_type=content_type if shown else "application/octet-stream")
    header = content_disposition_header(not shown, name or sha256[:12])
    answer["Content-Disposition"] = header or "inline"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


GetResponse = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """The content policy and what else keeps a page from doing what we did not write."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Files of the pages, each in one piece: an asynchronous server would warn of a synchronous stream."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Answer with a file, a part of it, or that the browser's copy is still true."""
        found = static_file.get_response(request.method, request.META)
        response = HttpResponse(status=int(found.status))
        del response["Content-Type"]  # an answer without content must not rename the type of the browser's copy
        for name, value in found.headers:
            response[name] = value
        if found.file is not None:
            with found.file as file:
                response.content = file.read()
        return response


class ProductErrors(MiddlewareMixin):
    """A QunceError becomes a page, or a notice in the page where htmx asked."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show what went wrong and what to do, with the error's status."""
        if not isinstance(exception, QunceError):
            return None
        partial = request.headers.get("HX-Request") == "true"
        template = "kernel/error_notice.html" if partial else "kernel/error.html"
        response = render(request, template, {"error": exception}, status=exception.status)
        if partial:
            response["HX-Retarget"] = "#notices"
            response["HX-Reswap"] = "beforeend"
        return response
