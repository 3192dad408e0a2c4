"""The knowledge base of a community, for its members: what was published for them, with search."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from qunce.content import actions
from qunce.content.policies.markdown import rendered
from qunce.content.selectors import sites
from qunce.content.types import UseWay
from qunce.kernel.http import stored_file
from qunce.memberpages.doors import MemberRequest, own
from qunce.memberpages.writing import page_of

AT_ONCE = 20


@own
@require_safe
def knowledge(request: MemberRequest) -> HttpResponse:
    """What there is, the latest first."""
    text = request.GET.get("q", "").strip()
    found = sites.known_items(request.visit.link.community_id, text=text)
    page = Paginator(found, AT_ONCE).get_page(request.GET.get("page"))
    return page_of(request, "knowledge", page=page, entries=[sites.entry_of(item) for item in page], text=text)


@own
@require_safe
def known(request: MemberRequest, key: str) -> HttpResponse:
    """One item."""
    entry = sites.known(request.visit.link.community_id, key)
    actions.note_reading(item=entry.item, way=UseWay.MEMBER_PAGE)
    base = f"/m/{request.visit.link.ref}/knowledge/{entry.item.key}/files/"
    pictures = {file.name: f"{base}{file.sha256}/" for file in entry.document.files}
    return page_of(request, "known", entry=entry, body=rendered(entry.document.body, pictures), files_at=base)


@own
@require_safe
def known_file(request: MemberRequest, key: str, sha256: str) -> HttpResponse:
    """A picture or file of an item."""
    file = sites.file_of(sites.known(request.visit.link.community_id, key), sha256)
    return stored_file(file.sha256, name=file.name, content_type=file.content_type)
