"""Where platforms bring what they have for an account: nobody signs in here, each call proves itself."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from qunce.chat import actions as chat
from qunce.chat.types import Call
from qunce.kernel.errors import NotAllowed, NotFound

LARGEST = 4 * 1024 * 1024


@csrf_exempt
@login_not_required
@require_POST
def hook(request: HttpRequest, account_id: str, rest: str) -> HttpResponse:
    """Take in one call; answered with 200 once everything in it is stored, and otherwise without a word of detail."""
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call(headers, body, rest, request.META.get("QUERY_STRING", ""))
    try:
        chat.answer_call(account_id=int(account_id), call=call)
    except NotFound:
        return HttpResponse(status=404)
    except NotAllowed:
        return HttpResponse(status=403)
    return HttpResponse(status=200)


urlpatterns = [re_path(r"^hooks/(?P<account_id>[0-9]{1,18})/(?P<rest>.*)$", hook, name="hook")]
