"""A playbook as a YAML text, and back: comments stay where an editor changes something else. Pure.

What is not YAML, or no playbook, is said with its line and what to do. Anchors, tags and depths that no playbook
needs are refused before anything is built.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from io import StringIO
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent
from ruamel.yaml.reader import ReaderError

from qunce.playbooks.policies import moments
from qunce.playbooks.policies.marking import gettext_noop
from qunce.playbooks.policies.moments import BadMomentError
from qunce.playbooks.types import Document, Plan, StepSpec, Variable

LONGEST, DEEPEST, MOST_NODES = 200_000, 24, 20_000
_STEP = tuple(name for name in StepSpec.model_fields if name not in {"with_", "paths"})
_SPACED = {"only_if": "only if", "late_after": "late after"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What only the kinds know: the paths of each kind of step; of each condition the field that a bare value is."""

    paths: Mapping[str, Collection[str]] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line (from 1), and how to mend it: message ids with places for ``params``."""

    line: int
    sentence: str
    fix: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(each % self.params for each in (f"{self.line}:", self.sentence, self.fix) if each)


class BadYamlError(ValueError):
    """A text that is no playbook; all that is wrong with it, as far as it could be read."""

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def named(name: object) -> str:
    """A field's name as the code has it: people write spaces or hyphens."""
    return str(name).strip().replace(" ", "_").replace("-", "_")


def spelled(name: str) -> str:
    """A field's name as it is written."""
    return _SPACED.get(name, name)


# ------------------------------------------------------------------ text to tree
def load(text: str) -> CommentedMap:
    """The tree of a text with its comments. Raises BadYamlError."""
    if len(text) > LONGEST:
        raise BadYamlError([Problem(1, gettext_noop("This is too long for a playbook."))])
    try:
        _look_through(text)
        tree = _yaml().load(text)
    except MarkedYAMLError as error:
        raise BadYamlError([_explained(error, text)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position or 0) + 1
        sign = gettext_noop("There is a sign that no text contains."), gettext_noop("Leave it out.")
        raise BadYamlError([Problem(line, *sign)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, BadYamlError):
            raise
        raise BadYamlError([Problem(1, gettext_noop("This is not YAML."), _QUOTES)]) from None
    if not isinstance(tree, CommentedMap):
        raise BadYamlError([Problem(1, gettext_noop("A playbook begins with lines like “key: my-playbook”."))])
    return tree


_QUOTES = gettext_noop("Put texts with a colon, a brace or a quotation mark in quotes.")


def _yaml() -> YAML:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 110
    yaml.preserve_quotes = True
    return yaml


def _look_through(text: str) -> None:
    """Refuse what is dangerous or meant for other files, event by event, before a tree is built."""
    depth = nodes = documents = 0
    for event in YAML(typ="rt").parse(StringIO(text)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        nodes += isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            problem = gettext_noop("Anchors and aliases (& and *) are not read here."), gettext_noop("Write it out.")
        elif str(getattr(event, "tag", None) or "").startswith("!") or "python" in str(getattr(event, "tag", "")):
            problem = gettext_noop("Tags (!) are not read here."), gettext_noop("Leave it out.")
        elif documents > 1:
            problem = (
                gettext_noop("A file holds one playbook."),
                gettext_noop("Put the second one into its own file."),
            )
        elif depth > DEEPEST or nodes > MOST_NODES:
            problem = gettext_noop("This is nested too deeply, or too long, for a playbook."), ""
        else:
            continue
        raise BadYamlError([Problem(line, *problem)])


def _explained(error: MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    said = (text.splitlines() or [""])[min(line, len(text.splitlines()) or 1) - 1]
    if isinstance(error, DuplicateKeyError):
        key = said.strip(" -").partition(":")[0]
        return Problem(
            line,
            gettext_noop("“%(name)s” stands here twice."),
            gettext_noop("Keep one of them."),
            {"name": key[:60]},
        )
    if "\t" in said:
        return Problem(line, gettext_noop("Lines are moved in with spaces, not with tabs."))
    return Problem(
        line,
        gettext_noop("This line does not fit the ones above it."),
        gettext_noop(
            "Put texts with a colon, a brace or a quotation mark in quotes, and look at the spaces before it."
        ),
    )


# ------------------------------------------------------------------ tree to document
def read(text: str, vocabulary: Vocabulary = Vocabulary()) -> Document:
    """The playbook that a text says. Raises BadYamlError."""
    reader = _Reader(vocabulary)
    data = reader.document(load(text))
    try:
        document = Document.model_validate(data) if data is not None else None
    except ValidationError as error:
        reader.take(error)
        document = None
    if reader.problems or document is None:
        raise BadYamlError(sorted(reader.problems, key=lambda problem: problem.line))
    return document


def lines(text: str) -> dict[str, int]:
    """In which line of a text each step begins, by its id; empty where the text cannot be read."""
    try:
        tree = load(text)
    except BadYamlError:
        return {}
    return {key: node.lc.line + 1 for key, node in step_nodes(tree)}


def step_nodes(node: Any) -> Iterator[tuple[str, CommentedMap]]:
    """Every step of a tree, with its id."""
    if isinstance(node, CommentedMap):
        if isinstance(node.get("id"), str) and "do" in node:
            yield str(node["id"]), node
        for value in node.values():
            yield from step_nodes(value)
    elif isinstance(node, CommentedSeq):
        for value in node:
            yield from step_nodes(value)


class _Reader:
    """Turns a tree into the data of a Document, and remembers the line of each place."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.lines: dict[tuple[str | int, ...], int] = {(): 1}

    def wrong(self, place: tuple[str | int, ...], sentence: str, fix: str = "", **params: str | int) -> None:
        line = next(self.lines[place[:cut]] for cut in range(len(place), -1, -1) if place[:cut] in self.lines)
        self.problems.append(Problem(line, sentence, fix, params))

    def fields(self, node: Any, place: tuple[str | int, ...], known: Collection[str]) -> Iterator[tuple[str, Any]]:
        """The fields of a map under their names; unknown ones are said, unless ``known`` is empty."""
        if not isinstance(node, CommentedMap):
            self.wrong(place, gettext_noop("Here belong lines like “name: value”."))
            return
        for key, value in node.items():
            name = named(key)
            self.lines[(*place, name)] = node.lc.key(key)[0] + 1
            if known and name not in known:
                near = get_close_matches(name, known, 1, 0.6)
                fix = gettext_noop("Did you mean “%(near)s”?") if near else gettext_noop("There are: %(all)s.")
                self.wrong(
                    (*place, name),
                    gettext_noop("“%(name)s” is not known here."),
                    fix,
                    name=str(key)[:60],
                    near=spelled(near[0]) if near else "",
                    all=", ".join(map(spelled, known)),
                )
                continue
            yield name, value

    def document(self, tree: CommentedMap) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, value in self.fields(tree, (), tuple(Document.model_fields)):
            match name:
                case "steps":
                    data[name] = self.steps(value, (name,))
                case "start":
                    data[name] = self.start(value)
                case "late_after":
                    data[name] = self.moment(moments.duration, value, (name,))
                case "plan":
                    data[name] = {
                        key: self.plain(each, (name, key))
                        for key, each in self.fields(value, (name,), tuple(Plan.model_fields))
                    }
                case "variables":
                    data[name] = self.variables(value)
                case "needs":
                    said = self.plain(value, (name,))
                    data[name] = [said] if isinstance(said, str) else said or []
                case _:
                    data[name] = self.plain(value, (name,))
        return data

    def start(self, node: Any) -> dict[str, Any]:
        if isinstance(node, str):
            return {"on": str(node)}
        found = {name: self.plain(value, ("start", name)) for name, value in self.fields(node, ("start",), ())}
        on = found.pop("on", "manual")
        return {"on": on, "with_": found}

    def variables(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self.fields(node, ("variables",), ()):
            place = ("variables", name)
            if isinstance(value, CommentedMap) and set(map(named, value)) & set(Variable.model_fields):
                fields = self.fields(value, place, tuple(Variable.model_fields))
                found[name] = {key: self.plain(each, (*place, key)) for key, each in fields}
            else:
                found[name] = {"label": self.plain(value, place)}
        return found

    def steps(self, node: Any, place: tuple[str | int, ...]) -> list[dict[str, Any]]:
        if not isinstance(node, CommentedSeq):
            if node is not None:
                self.wrong(place, gettext_noop("Steps are a list: each begins with “- id: …”."))
            return []
        found = []
        for number, value in enumerate(node):
            here = (*place, number)
            self.lines[here] = node.lc.item(number)[0] + 1
            found.append(self.step(value, here))
        return found

    def step(self, node: Any, place: tuple[str | int, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {"with_": {}, "paths": {}}
        kind = str(node.get("do", "")) if isinstance(node, CommentedMap) else ""
        for name, value in self.fields(node, place, ()):
            here = (*place, name)
            if name == "when":
                data[name] = self.moment(moments.parse, value, here)
            elif name == "only_if":
                data[name] = self.conditions(value, here)
            elif name in _STEP:
                data[name] = self.plain(value, here)
            elif self.is_path(kind, name, value):
                place_of_path = (*place, "paths", name)
                self.lines[place_of_path] = self.lines[here]
                data["paths"][name] = self.steps(value, place_of_path)
            else:
                data["with_"][name] = self.plain(value, here)
        return data

    def is_path(self, kind: str, name: str, value: Any) -> bool:
        if name in self.vocabulary.paths.get(kind, ()):
            return True
        return isinstance(value, CommentedSeq) and any(
            isinstance(each, CommentedMap) and "do" in each for each in value
        )

    def conditions(self, node: Any, place: tuple[str | int, ...]) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        for each in node if isinstance(node, CommentedSeq) else [node]:
            if isinstance(each, str):
                found.append((named(each), {}))
                continue
            for name, value in self.fields(each, place, ()):
                config = self.plain(value, (*place, name))
                if not isinstance(config, dict):
                    config = {} if config is None else {self.vocabulary.first.get(name, name): config}
                found.append((name, {named(key): value for key, value in config.items()}))
        return found

    def moment(self, parse: Any, value: Any, place: tuple[str | int, ...]) -> Any:
        try:
            return parse("" if value is None else str(value))
        except BadMomentError as error:
            self.wrong(place, error.sentence, "", **error.params)
            return parse("0m" if parse is moments.duration else "")

    def plain(self, node: Any, place: tuple[str | int, ...]) -> Any:  # noqa: PLR0911 (a table)
        """A value as JSON has it."""
        if isinstance(node, CommentedMap):
            if node.fa.flow_style() and list(node.values()) == [None]:
                self.wrong(place, gettext_noop("A text that begins with a brace needs quotes."))
                return ""
            if node.fa.flow_style() and None in node.values():
                self.wrong(place, gettext_noop("A text with a comma needs quotes here."))
                return ""
            return {str(key): self.plain(value, (*place, str(key))) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            return [self.plain(value, place) for value in node]
        if isinstance(node, bool) or node is None:
            return node
        for kind in (str, int, float):
            if isinstance(node, kind):
                return kind(node)
        return node.isoformat() if isinstance(node, date) else str(node)

    def take(self, error: ValidationError) -> None:
        """Say what the types refuse."""
        for each in error.errors(include_url=False, include_input=True):
            place = tuple(part for part in each["loc"] if isinstance(part, (str, int)))
            names = [str(part) for part in place if isinstance(part, str) and part not in {"", "function-before"}]
            sentence, params = _refused(each["type"], each.get("ctx") or {})
            self.wrong(place, sentence, name=spelled(names[-1]) if names else "", **params)


def _refused(kind: str, context: Mapping[str, Any]) -> tuple[str, dict[str, str]]:  # noqa: PLR0911 (a table)
    """Why a value does not fit, as a message id, and what it needs."""
    if kind == "missing":
        return gettext_noop("“%(name)s” is missing."), {}
    if kind == "enum":
        return gettext_noop("“%(name)s” is none of %(all)s."), {"all": str(context.get("expected", ""))}
    if kind == "string_pattern_mismatch":
        return gettext_noop("“%(name)s” may have small letters, digits and hyphens only."), {}
    if kind in {"less_than_equal", "greater_than_equal"}:
        bound = context.get("le", context.get("ge"))
        if kind == "less_than_equal":
            return gettext_noop("“%(name)s” may be %(bound)s at most."), {"bound": str(bound)}
        return gettext_noop("“%(name)s” must be %(bound)s at least."), {"bound": str(bound)}
    if kind.startswith(("int", "float")):
        return gettext_noop("“%(name)s” must be a number."), {}
    if kind.startswith("bool"):
        return gettext_noop("“%(name)s” must be true or false."), {}
    if kind.startswith(("list", "tuple")):
        return gettext_noop("“%(name)s” must be a list."), {}
    return gettext_noop("“%(name)s” must be a text, or one text per language ({zh: …, en: …})."), {}
