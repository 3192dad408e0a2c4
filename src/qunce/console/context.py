"""What every page of the console knows."""

from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, object]:
    """Context processor."""
    return {"path": request.path}
