"""By hand: a chat app without any way in for programs, such as personal WeChat. A person carries the messages over.

Nothing comes in by itself. The page of the account's groups posts what a person enters there as raw payloads:

    {"kind": "groups", "groups": [{"id": "…", "name": "读书会一群", "members": 480}]}   the account is in them
    {"kind": "gone", "group": {"id": "…"}, "reason": "…"}                              it is no longer

What we send waits in the ledger until a person says that it was sent; no gateway serves such an account.
"""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from qunce.chat.connector import Connector, Permanent, gettext_noop
from qunce.chat.types import (
    Capabilities,
    Checked,
    Delete,
    GroupGone,
    GroupSeen,
    Inbound,
    Outbound,
    Pace,
    Pin,
    Reads,
    Recall,
    Remove,
    Replay,
    Sent,
    SetNotice,
)

App: TypeAlias = Literal["WeChat", "WhatsApp", "LINE", "KakaoTalk", "Another app"]
NAMES = (gettext_noop("WeChat"), gettext_noop("Another app"))
"""Names of apps that are called something else in other languages."""
_BY_A_PERSON = gettext_noop("A person sends this by hand.")


class ManualConfig(BaseModel):
    """What an operator enters for an account that a person carries messages for."""

    app: App = Field(
        default="WeChat", title=gettext_noop("App"), description=gettext_noop("Where the account's groups are.")
    )
    identity: str = Field(
        min_length=1,
        max_length=80,
        title=gettext_noop("Its name there"),
        description=gettext_noop("As the phone shows it, so that nobody takes up the wrong one."),
    )


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Group(_Strict):
    id: str = Field(min_length=1, max_length=255)
    name: str | None = None
    members: int | None = Field(default=None, ge=0)


class _Entered(_Strict):
    kind: Literal["groups"]
    groups: list[_Group]

    def events(self) -> list[Inbound]:
        return [GroupSeen(group.id, group.name, None, group.members, Reads.NONE) for group in self.groups]


class _Gone(_Strict):
    kind: Literal["gone"]
    group: _Group
    reason: str = ""

    def events(self) -> list[Inbound]:
        return [GroupGone(self.group.id, self.reason)]


_Payload: TypeAlias = Annotated[_Entered | _Gone, Field(discriminator="kind")]
_payload: TypeAdapter[_Payload] = TypeAdapter(_Payload)


class Manual(Connector):
    """An account on a phone; people read and write there."""

    title = gettext_noop("By hand (WeChat and others)")
    Config: ClassVar[type[BaseModel]] = ManualConfig
    capabilities = Capabilities(
        replay=Replay.NONE,
        reads=Reads.NONE,
        # What a person manages: copy, change the group, paste, send, come back.
        pace=Pace(per_second=0.05, burst=1, chat_per_second=0.05, chat_burst=1),
        performs=frozenset({Recall, SetNotice, Pin, Delete, Remove}),
        mention=True,
        media=frozenset({"image", "file", "audio", "video"}),
        largest_file=100_000_000,
        longest_text=5000,
        by_hand=True,
    )

    def __init__(self, config: BaseModel) -> None:
        self._config = ManualConfig.model_validate(config)

    async def check(self) -> Checked:
        """There is nobody to ask: it is who the operator says it is."""
        return Checked(f"{self._config.app}:{self._config.identity}", self._config.identity)

    def parse(self, raw: Any) -> list[Inbound]:
        """The events of one payload."""
        if not isinstance(raw, dict):
            raise ValueError("expected an object")  # noqa: TRY004 (what parse promises)
        return _payload.validate_python(raw).events()

    async def send(self, outbound: Outbound) -> Sent:  # noqa: ARG002 (the interface's)
        """No program can: raises Permanent."""
        raise Permanent(_BY_A_PERSON)
