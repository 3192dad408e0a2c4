"""The wire to a Matrix homeserver: one HTTP client, and what its refusals mean to us."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias
from urllib.parse import quote

import httpx

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry, gettext_noop

Json: TypeAlias = dict[str, Any]
Query: TypeAlias = Mapping[str, str | int]

ANSWER_WITHIN = 30.0
"""Seconds that a homeserver has for an ordinary call."""
UPLOAD_WITHIN = 50.0
"""Seconds that it has to take a file; sending as a whole has a minute."""
AGAIN_AFTER = 5.0
"""Seconds to wait where a homeserver is away and does not say for how long."""

_NEED_OPERATOR = {
    "M_UNKNOWN_TOKEN": gettext_noop("The homeserver has ended this session: check the account to sign in anew."),
    "M_MISSING_TOKEN": gettext_noop("The account is not signed in yet: check it."),
    "M_USER_DEACTIVATED": gettext_noop("The homeserver has closed this account."),
    "M_USER_LOCKED": gettext_noop("The homeserver has locked this account."),
    "M_USER_SUSPENDED": gettext_noop("The homeserver has suspended this account."),
    "M_CONSENT_NOT_GIVEN": gettext_noop("The homeserver wants this user to accept its terms first."),
    "M_RESOURCE_LIMIT_EXCEEDED": gettext_noop("The homeserver has reached a limit of its own: ask its operator."),
}
_FORBIDDEN = gettext_noop("The homeserver does not allow this account to do that in this room.")
_TOO_LARGE = gettext_noop("The message is too long for Matrix.")
_FILE_TOO_LARGE = gettext_noop("The file is larger than the homeserver takes.")
_NOT_MATRIX = gettext_noop("No Matrix homeserver answers at this address.")
_AWAY = gettext_noop("The homeserver cannot be reached.")
_LATE = gettext_noop("The homeserver did not answer in time.")
_BROKEN = gettext_noop("The homeserver has trouble of its own.")


class Wire:
    """Calls of the client-server API of one homeserver, with one access token."""

    def __init__(self, address: str, token: str = "") -> None:
        self.token = token
        self._address = address.rstrip("/")
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if self._client:
            await self._client.aclose()
            self._client = None

    async def read(
        self, path: str, query: Query | None = None, *, needs: str = "", within: float = ANSWER_WITHIN
    ) -> Json:
        """GET ``path``; the answer has ``needs``. Raises Permanent, NeedsOperator, or Retry: ask again later."""
        try:
            return _answer(await self._call("GET", path, query or {}, None, within), needs)
        except Ambiguous as error:
            raise Retry(AGAIN_AFTER, str(error)) from error

    async def write(
        self, method: str, path: str, body: Json, *, needs: str = "", within: float = ANSWER_WITHIN
    ) -> Json:
        """PUT or POST. Raises Permanent, NeedsOperator, Retry where nothing was done, else Ambiguous."""
        return _answer(await self._call(method, path, {}, body, within), needs)

    async def upload(self, content: bytes, *, name: str, content_type: str) -> str:
        """Put a file on the homeserver; its address there. Doing it twice harms nobody, so it is never ambiguous."""
        query = {"filename": name} if name else {}
        try:
            answer = await self._call("POST", "/_matrix/media/v3/upload", query, content, UPLOAD_WITHIN, content_type)
            return str(_answer(answer, "content_uri", file=True)["content_uri"])
        except Ambiguous as error:
            raise Retry(AGAIN_AFTER, str(error)) from error

    async def _call(  # noqa: PLR0917 (private: one line per call)
        self,
        method: str,
        path: str,
        query: Query,
        body: Json | bytes | None,
        within: float,
        content_type: str = "application/json",
    ) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self._address, headers={"User-Agent": "Qunce"})
        # What anybody may ask is asked without the token: homeservers refuse a wrong one even there.
        headers = {"Authorization": f"Bearer {self.token}"} if self.token and path != "/versions" else {}
        try:
            return await self._client.request(
                method,
                path if isinstance(body, bytes) else f"/_matrix/client{path}",
                content=_dump(body) if isinstance(body, dict) else body,
                params=dict(query),
                headers=headers | {"Content-Type": content_type},
                timeout=httpx.Timeout(within, connect=min(10.0, within)),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Retry(AGAIN_AFTER, _AWAY) from error
        except httpx.TimeoutException as error:
            raise Ambiguous(_LATE) from error
        except httpx.HTTPError as error:
            raise Ambiguous(_BROKEN) from error


def _dump(body: Json) -> bytes:
    """JSON in UTF-8; halves of surrogate pairs, which it cannot hold, become question marks."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _answer(response: httpx.Response, needs: str, *, file: bool = False) -> Json:
    """What the homeserver said, or the error that its refusal is."""
    try:
        said: object = response.json()
    except ValueError:
        said = None
    if not response.is_success:
        if file and response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise Permanent(_FILE_TOO_LARGE)
        _refuse(response, said if isinstance(said, dict) else {})
    if isinstance(said, dict) and (not needs or needs in said):
        return said
    raise Permanent(_NOT_MATRIX) if response.request.method == "GET" else Ambiguous(_NOT_MATRIX)


def _refuse(response: httpx.Response, said: Json) -> NoReturn:
    code, words = str(said.get("errcode", "")), str(said.get("error", ""))
    match response.status_code:
        case httpx.codes.TOO_MANY_REQUESTS:
            raise Retry(_wait(response, said), words)
        case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Ambiguous(_BROKEN)
        case _ if code in _NEED_OPERATOR:
            raise NeedsOperator(_NEED_OPERATOR[code])
        case httpx.codes.UNAUTHORIZED:
            raise NeedsOperator(words or _NEED_OPERATOR["M_UNKNOWN_TOKEN"])
        case httpx.codes.FORBIDDEN:
            raise Permanent(_FORBIDDEN if code == "M_FORBIDDEN" else words or _FORBIDDEN)
        case httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            raise Permanent(_TOO_LARGE)
        case _:
            raise Permanent(words if code else _NOT_MATRIX)


def _wait(response: httpx.Response, said: Json) -> float:
    """Seconds until a limited call may be repeated: the body's milliseconds, else the header's seconds."""
    asked = said.get("retry_after_ms")
    if isinstance(asked, int | float) and asked >= 0:
        return max(0.1, asked / 1000)
    header = response.headers.get("Retry-After", "")
    return float(header) if header.isdigit() else AGAIN_AFTER


def part(identifier: str) -> str:
    """An identifier as one part of a path."""
    return quote(identifier, safe="")
