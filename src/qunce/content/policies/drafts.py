"""What scribes do to a draft, and what becomes of it when messages change. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qunce.content.types.sessions import LONGEST_PASSAGE, LONGEST_TOPIC, Draft, Passage, Role

Key = tuple[str, str]
LONGEST_SUMMARY = 600


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a scribe does. ``seen``: the words that it replaces, as the scribe saw them; ``place``: where
    a passage is parted.
    """

    op: str
    passage: str = ""
    text: str = ""
    seen: str = ""
    place: int = 0
    by: str = ""


def edit_of(given: Mapping[str, str], by: str) -> Edit:
    """An edit as a form says it."""
    place, op = given.get("place", ""), given.get("op", "")
    text = given.get("text", "")
    if op in {"choose", "choose-other"}:
        op, text = "choose", op.removeprefix("choose").strip("-")
    return Edit(
        op=op,
        passage=given.get("passage", ""),
        text=text,
        seen=given.get("seen", ""),
        place=int(place) if place.isdecimal() else 0,
        by=by,
    )


class NoSuchPassageError(ValueError):
    """The passage is not there, or not any more."""


class ChangedError(ValueError):
    """What is to be replaced is not what the scribe saw. ``now``: what stands there."""

    def __init__(self, now: str) -> None:
        super().__init__(now)
        self.now = now


def joined(texts: Sequence[str]) -> str:
    """Messages as one passage: each begins on a line of its own."""
    return "\n".join(text.strip() for text in texts if text.strip())


def edited(draft: Draft, edit: Edit) -> Draft:
    """The draft after an edit. Raises NoSuchPassageError, or ChangedError where words would be lost."""
    if edit.op in {"title", "summary"}:
        now = getattr(draft, edit.op)
        if now not in {_plain(edit.seen), _plain(edit.text)}:
            raise ChangedError(now)
        longest = LONGEST_TOPIC if edit.op == "title" else LONGEST_SUMMARY
        return draft.model_copy(update={edit.op: _plain(edit.text)[:longest]})
    if edit.op not in {"text", "choose"} and edit.text and (here := draft.of(edit.passage)):
        written = Edit("text", edit.passage, text=edit.text, seen=edit.seen, by=edit.by)
        if _plain(edit.text) != here.text:  # a button was pressed while words were being written
            draft = edited(draft, written)
    place = next((number for number, each in enumerate(draft.passages) if each.id == edit.passage), None)
    if place is None or edit.op not in _OPERATIONS:
        raise NoSuchPassageError(edit.passage)
    return draft.model_copy(update={"passages": _OPERATIONS[edit.op](draft.passages, place, edit)})


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


Passages = tuple[Passage, ...]


def _put(rows: Passages, place: int, *instead: Passage, length: int = 1) -> Passages:
    return (*rows[:place], *instead, *rows[place + length :])


def _write(rows: Passages, place: int, edit: Edit) -> Passages:
    """Where somebody else has changed the words meanwhile, both stay until a scribe chooses."""
    here, text = rows[place], _plain(edit.text)[:LONGEST_PASSAGE]
    if text == here.text:
        return rows
    if _plain(edit.seen) != here.text:
        return _put(rows, place, here.model_copy(update={"other": text, "other_by": edit.by}))
    return _put(rows, place, here.model_copy(update={"text": text, "touched": True}))


def _choose(rows: Passages, place: int, edit: Edit) -> Passages:
    here = rows[place]
    done: dict[str, str | bool] = {"other": "", "other_by": ""}
    if edit.text == "other":
        done |= {"text": here.other, "touched": True}
    return _put(rows, place, here.model_copy(update=done))


def _up(rows: Passages, place: int, _edit: Edit) -> Passages:
    return _put(rows, place - 1, rows[place], rows[place - 1], length=2) if place else rows


def _down(rows: Passages, place: int, edit: Edit) -> Passages:
    return _up(rows, place + 1, edit) if place + 1 < len(rows) else rows


def _join(rows: Passages, place: int, _edit: Edit) -> Passages:
    """With the next one of the same person that is not left out: nobody's words are put into another's mouth."""
    here = rows[place]
    behind = next(
        (each for each in rows[place + 1 :] if each.identity_id == here.identity_id and each.dropped == here.dropped),
        None,
    )
    if behind is None:
        return rows
    both = here.model_copy(
        update={
            "text": joined([here.text, behind.text])[:LONGEST_PASSAGE],
            "messages": (*here.messages, *behind.messages),
            "files": (*here.files, *behind.files),
            "touched": here.touched or behind.touched,
        }
    )
    without = tuple(
        each.model_copy(update={"to": here.id}) if each.to == behind.id else each
        for each in rows
        if each.id != behind.id
    )
    return tuple(both if each.id == here.id else each for each in without)


def _part(rows: Passages, place: int, edit: Edit) -> Passages:
    here = rows[place]
    first, second = here.text[: edit.place].strip(), here.text[edit.place :].strip()
    if not first or not second:
        return rows
    taken = {each.id for each in rows}
    name = next(wanted for n in range(1, len(rows) + 2) if (wanted := f"{here.id}.{n}") not in taken)
    one = here.model_copy(update={"text": first, "touched": True})
    other = here.model_copy(update={"id": name, "text": second, "touched": True, "files": ()})
    return _put(rows, place, one, other)


def _drop(rows: Passages, place: int, _edit: Edit) -> Passages:
    return _put(rows, place, rows[place].model_copy(update={"dropped": True}))


def _restore(rows: Passages, place: int, _edit: Edit) -> Passages:
    here = rows[place]
    role = Role.TALK if here.role is Role.ASIDE else here.role
    return _put(rows, place, here.model_copy(update={"dropped": False, "role": role}))


_OPERATIONS: Mapping[str, Callable[[Passages, int, Edit], Passages]] = {
    "text": _write,
    "choose": _choose,
    "up": _up,
    "down": _down,
    "join": _join,
    "part": _part,
    "drop": _drop,
    "restore": _restore,
}


def refreshed(draft: Draft, now: Mapping[Key, str]) -> Draft:
    """The draft after what people have changed and taken back since; ``now``: what messages say, by key.

    Words that no scribe has touched are made anew. Of those that one has, nothing is told apart: where one of their
    messages is gone, they go.
    """
    return draft.model_copy(update={"passages": tuple(_refreshed(each, now) for each in draft.passages)})


def _refreshed(passage: Passage, now: Mapping[Key, str]) -> Passage:
    if not passage.messages:
        return passage
    left = [now[key] for key in passage.messages if key in now]
    if passage.touched:
        if len(left) == len(passage.messages):
            return passage
        return passage.model_copy(update={"text": "", "other": "", "files": (), "dropped": True})
    if not left:
        return passage.model_copy(update={"text": "", "files": (), "dropped": True})
    return passage.model_copy(update={"text": joined(left)[:LONGEST_PASSAGE]})
