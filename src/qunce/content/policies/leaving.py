"""What of a write-up may leave its group, and how it reads there. Pure: who has agreed is given."""

import re
from collections.abc import Mapping

from qunce.content.types.sessions import AGREED, ConsentState, Draft, Passage, PassageFile, Role

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~!])")
_LEADS = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)
_WIDE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_UNSPACED = re.compile(rf"(?<={_WIDE})\s*\n\s*|\s*\n\s*(?={_WIDE})")
"""Where Chinese lines meet, no space is written."""
MOST_POINTS = 3
LONGEST_POINT = 120
_SHORTEST_NAME = 2


def leaving(draft: Draft, said: Mapping[int, ConsentState], somebody: str) -> Draft:
    """The draft with nothing in it of whom has not agreed, and no name of whom does not want to be named.

    Keywords stay where what is left says them: one that only a refused passage said would tell of it.
    ``said``: what each author says of these words, by identity. ``somebody``: what stands instead of a name.
    """
    named = {key for key, state in said.items() if state is ConsentState.YES}
    known = {each.identity_id: each.name for each in draft.people}
    known |= {each.identity_id: each.name for each in draft.passages}
    open_names = {name for key, name in known.items() if key in named}
    hidden = sorted({name for key, name in known.items() if key not in named} - open_names, key=len, reverse=True)
    hide = _Hide([name for name in hidden if len(name) >= _SHORTEST_NAME], somebody)
    kept = [each for each in draft.kept if said.get(each.identity_id) in AGREED]
    there = {each.id for each in kept}
    passages = tuple(
        each.model_copy(
            update={
                "name": each.name if each.identity_id in named else somebody,
                "text": hide(each.text),
                "other": "",
                "other_by": "",
            }
        )
        for each in kept
    )
    title, summary = hide(draft.title), hide(draft.summary)
    left = "\n".join([title, summary, *(each.text for each in passages)]).casefold()
    return draft.model_copy(
        update={
            "title": title,
            "summary": summary,
            "keywords": tuple(each for each in draft.keywords if each.casefold() in left),
            "points": tuple(each for each in draft.points if each in there),
            "people": tuple(each for each in draft.people if each.identity_id in named),
            "passages": passages,
        }
    )


class _Hide:
    def __init__(self, names: list[str], somebody: str) -> None:
        self._found = re.compile("@?(?:" + "|".join(map(re.escape, names)) + ")") if names else None
        self._somebody = somebody

    def __call__(self, text: str) -> str:
        return self._found.sub(self._somebody, text) if self._found else text


def points(draft: Draft) -> list[str]:
    """What says most, each cut to a line."""
    by_id = {each.id: each for each in draft.kept}
    found = [_line(by_id[each].text) for each in draft.points if each in by_id]
    return [each for each in found if each][:MOST_POINTS]


def _line(text: str) -> str:
    line = " ".join(_UNSPACED.sub("", text).split())
    return line if len(line) <= LONGEST_POINT else f"{line[: LONGEST_POINT - 1]}…"


def escaped(text: str) -> str:
    """Somebody's words within Markdown, as they are: nothing in them is a sign of ours."""
    safe = _LEADS.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", _SIGNS.sub(r"\\\1", text))
    return safe.replace("\n", "  \n")


def markdown(draft: Draft, words: Mapping[str, str]) -> str:
    """A write-up as Markdown. ``words``: headings in the language of its readers: points, talk, questions, with."""
    parts: list[str] = []
    if draft.summary:
        parts.append(escaped(draft.summary))
    if found := points(draft):
        parts += [f"## {words['points']}", "\n".join(f"- {escaped(each)}" for each in found)]
    talk = [each for each in draft.kept if not _in_questions(each)]
    if talk:
        parts.append(f"## {words['talk']}")
        parts += _talk(talk)
    if asked := list(dict.fromkeys(each.to or each.id for each in draft.kept if _in_questions(each))):
        parts.append(f"## {words['questions']}")
        for key in asked:
            parts += _asked(draft, key, words)
    return "\n\n".join(parts)


def _in_questions(passage: Passage) -> bool:
    return passage.role is Role.QUESTION or (passage.role is Role.ANSWER and bool(passage.to))


def _asked(draft: Draft, key: str, words: Mapping[str, str]) -> list[str]:
    """A question with its answers; where whoever asked is not quoted, that is said in its place."""
    question = next((each for each in draft.kept if each.id == key), None)
    head = f"**{words['question']} · {escaped(question.name)}**" if question else f"**{words['question']}**"
    parts = [_said(question, head) if question else f"{head}\n\n*{words['unquoted']}*"]
    answers = [each for each in draft.kept if each.to == key and each.id != key]
    return parts + [_said(each, f"**{words['answer']} · {escaped(each.name)}**") for each in answers]


def _talk(passages: list[Passage]) -> list[str]:
    """Each with its speaker where that is another than before."""
    parts, before = [], ""
    for each in passages:
        parts.append(_said(each, f"**{escaped(each.name)}**" if each.name != before else ""))
        before = each.name
    return parts


def _said(passage: Passage, head: str) -> str:
    pieces = [head, escaped(passage.text)]
    pieces += [
        f"![{escaped(file.name or file.kind)}]({picture_name(file)})"
        if file.sha256 and file.kind == "image"
        else f"\\[{escaped(file.name or file.kind)}\\]"
        for file in passage.files
    ]
    return "\n\n".join(piece for piece in pieces if piece)


def picture_name(file: PassageFile) -> str:
    """Under which name a picture is attached: two of one name stay two."""
    _stem, dot, end = file.name.rpartition(".")
    return f"{file.sha256[:16]}{dot}{end if dot and end.isalnum() else ''}"


def files_in(draft: Draft) -> list[PassageFile]:
    """The pictures and files of ours in what is kept, each once."""
    found = {file.sha256: file for each in draft.kept for file in each.files if file.sha256}
    return list(found.values())


def plain(draft: Draft, words: Mapping[str, str]) -> str:
    """A write-up as a chat shows it."""
    lines: list[str] = [f"《{draft.title}》"]
    if draft.summary:
        lines.append(draft.summary)
    before = ""
    for each in draft.kept:
        if not _in_questions(each):
            lines.append(f"{each.name}：{each.text}" if each.name != before else each.text)
            before = each.name
    for key in dict.fromkeys(each.to or each.id for each in draft.kept if _in_questions(each)):
        question = next((each for each in draft.kept if each.id == key), None)
        lines += ["", f"{words['question']} {question.name}：{question.text}" if question else words["unquoted"]]
        lines += [f"{words['answer']} {each.name}：{each.text}" for each in draft.kept if each.to == key]
    return "\n".join(lines)
