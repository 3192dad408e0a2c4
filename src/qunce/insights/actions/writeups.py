"""Sessions that are over become drafts."""

from collections.abc import Sequence

from qunce.chat.selectors.messages import Message
from qunce.chat.types import OURS, Content, Media, Mention
from qunce.community import selectors as community
from qunce.content import actions as content
from qunce.content.selectors import sessions
from qunce.content.types import PassageFile
from qunce.insights.policies.writeups import composed
from qunce.insights.types.writeups import Utterance
from qunce.members.selectors import identities_of_accounts, who


def draft_session(*, session_id: int) -> bool:
    """Compose the draft of a session that is over, once; returns whether there is a new one."""
    found = sessions.to_draft(session_id)
    if found is None:
        return False
    row, messages = found
    platform = community.rooms([row.group_id])[row.group_id].platform
    draft = composed(_utterances(messages, platform), topic=row.topic, known=row.speaker_ids)
    return content.keep_draft(session_id=session_id, draft=draft)


def _utterances(messages: Sequence[Message], platform: str) -> list[Utterance]:
    people = who({each.identity_id for each in messages})
    places = {each.external_id: place for place, each in enumerate(messages)}
    found: list[Utterance] = []
    for place, each in enumerate(messages):
        parts = Content.from_json(each.parts).parts if each.parts else ()
        named = [part.who for part in parts if isinstance(part, Mention)]
        answered = places.get(each.reply_to or "", -1)
        found.append(
            Utterance(
                key=sessions.key_of(each),
                at=each.sent_at.timestamp(),
                identity_id=each.identity_id,
                name=people[each.identity_id].name,
                text=sessions.words_of(each),
                files=tuple(_file(part) for part in parts if isinstance(part, Media)),
                reply_to=answered if answered < place else -1,
                mentions=tuple(identities_of_accounts(platform, named)) if named else (),
            )
        )
    return found


def _file(media: Media) -> PassageFile:
    ours = media.ref.removeprefix(OURS) if media.ref.startswith(OURS) else ""
    return PassageFile(
        kind=media.kind, name=media.name, sha256=ours, content_type=media.content_type, size=media.size or 0
    )
