"""A playbook written as YAML: anew, or into the text that it was read from, so that its comments stay. Pure."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from io import StringIO
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from qunce.playbooks.policies import moments
from qunce.playbooks.policies.yaml import (
    BadYamlError,
    Vocabulary,
    load,
    named,
    read,
    spelled,
    step_nodes,
)
from qunce.playbooks.policies.yaml import _yaml as writer
from qunce.playbooks.types import Document, StepSpec, Variable
from qunce.playbooks.types.document import ANY

_SHORT = 70
_ODD = re.compile(
    r"[^\n\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\s\n|^\n|^\s|^[?:-]"
)
"""What only a quoted text keeps: signs that count as ends of lines, spaces at ends."""


def written(document: Document, text: str = "", vocabulary: Vocabulary = Vocabulary()) -> str:  # noqa: B008 (immutable)
    """The playbook as a text. ``text``: what it was read from; what has not changed stays as it stands there."""
    tree = _tree(document, vocabulary)
    if text:
        with suppress(BadYamlError):
            tree = _Weaver(load(text), read(text, vocabulary)).woven(document, tree)
    out = StringIO()
    writer().dump(tree, out)
    return out.getvalue()


# ------------------------------------------------------------------ document to tree
def _tree(document: Document, vocabulary: Vocabulary) -> CommentedMap:
    tree = CommentedMap()
    for name, kind in Document.model_fields.items():
        value = getattr(document, name)
        if not kind.is_required() and value == kind.get_default(call_default_factory=True):
            continue
        tree[spelled(name)] = _field(name, value, vocabulary)
    return tree


def _field(name: str, value: Any, vocabulary: Vocabulary) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    writers: Mapping[str, Callable[[], Any]] = {
        "key": lambda: value,
        "steps": lambda: CommentedSeq(_step(each, vocabulary) for each in value),
        "start": lambda: _flow({"on": value.on, **value.with_}),
        "late_after": lambda: moments.written_duration(value),
        "plan": lambda: _flow(value.model_dump(exclude_none=True)),
        "needs": lambda: _node(list(value)),
        "variables": lambda: CommentedMap((key, _variable(each)) for key, each in value.items()),
    }
    return writers.get(name, lambda: _words(value))()


def _variable(variable: Variable) -> CommentedMap:
    data = variable.model_dump(exclude_defaults=True)
    return CommentedMap((key, _words(value) if isinstance(value, dict) else value) for key, value in data.items())


def _step(step: StepSpec, vocabulary: Vocabulary) -> CommentedMap:
    node = CommentedMap(id=step.id)
    if step.title:
        node["title"] = _words(step.title)
    if line := moments.written(step.when):
        node["when"] = line
    node["do"] = step.do
    if step.only_if:
        node["only if"] = CommentedSeq(_condition(*each, vocabulary) for each in step.only_if)
    if step.late:
        node["late"] = step.late.value
    for key, value in step.with_.items():
        node[key] = _node(value)
    for key, steps in step.paths.items():
        node[key] = CommentedSeq(_step(each, vocabulary) for each in steps)
    return node


def _condition(key: str, config: Mapping[str, Any], vocabulary: Vocabulary) -> Any:
    if not config:
        return key
    bare = list(config) == [vocabulary.first.get(key, key)] and not isinstance(next(iter(config.values())), dict)
    return _flow({key: next(iter(config.values())) if bare else dict(config)})


def _words(words: Mapping[str, str]) -> Any:
    return _node(words[ANY] if set(words) == {ANY} else dict(words))


def _node(value: Any) -> Any:
    """A value of JSON as a tree that reads well: long texts as blocks, short maps and lists on a line."""
    if isinstance(value, str):
        if _ODD.search(value) or value != value.strip(" "):
            return DoubleQuotedScalarString(value)
        return LiteralScalarString(value) if "\n" in value.strip("\n") else value
    if isinstance(value, dict):
        node: Any = CommentedMap((key, _node(each)) for key, each in value.items())
    elif isinstance(value, (list, tuple)):
        node = CommentedSeq(map(_node, value))
    else:
        return value
    short = len(str(value)) < _SHORT and "\n" not in str(value).replace("\\n", "\n")
    if short and value:
        node.fa.set_flow_style()
    return node


def _flow(data: Mapping[str, Any]) -> CommentedMap:
    node = CommentedMap((key, _node(value)) for key, value in data.items())
    if len(str(data)) < _SHORT * 2:
        node.fa.set_flow_style()
    return node


# ------------------------------------------------------------------ a tree woven into another
class _Weaver:
    """Changes a tree where the document has changed; steps are known by their ids, wherever they have gone."""

    def __init__(self, tree: CommentedMap, before: Document) -> None:
        self.tree = tree
        self.before = before
        self.specs = {step.id: step for step in before.walk()}
        _hang_above(tree)
        self.nodes = dict(step_nodes(tree))
        self.above: dict[str, Any] = {}
        self._remember(tree)

    def _remember(self, node: Any) -> None:
        """Keep what stands above each step with the step."""
        if isinstance(node, CommentedSeq):
            for number, each in enumerate(node):
                if isinstance(each, CommentedMap) and "id" in each and number in node.ca.items:
                    self.above[str(each["id"])] = node.ca.items[number]
                self._remember(each)
        elif isinstance(node, CommentedMap):
            for each in node.values():
                self._remember(each)

    def woven(self, after: Document, fresh: CommentedMap) -> CommentedMap:
        same = {name for name in Document.model_fields if getattr(self.before, name) == getattr(after, name)}
        specs = {step.id: step for step in after.walk()}
        self._map(self.tree, fresh, specs, same - {"steps"} if "steps" not in same else same)
        return self.tree

    def _map(self, old: CommentedMap, new: CommentedMap, specs: Mapping[str, StepSpec], same: set[str]) -> None:
        """Make ``old`` say what ``new`` says; fields that are the ``same`` are left alone."""
        mine = {named(key): key for key in old}
        for name, key in mine.items():
            if name not in {named(each) for each in new} and name not in same:
                del old[key]
        for place, (key, value) in enumerate(new.items()):
            name = named(key)
            if name in same and name in mine:
                continue
            if name in mine:
                old[mine[name]] = self._value(old[mine[name]], value, specs)
            else:
                old.insert(min(place, len(old)), key, self._value(None, value, specs))

    def _value(self, old: Any, new: Any, specs: Mapping[str, StepSpec]) -> Any:
        if _is_steps(new):
            return self._steps(old, new, specs)
        if old == new and type(old) is not bool:
            return old
        if isinstance(old, CommentedMap) and isinstance(new, CommentedMap):
            self._map(old, new, specs, set())
            return old
        return new

    def _steps(self, old: Any, new: CommentedSeq, specs: Mapping[str, StepSpec]) -> CommentedSeq:
        found = CommentedSeq()
        for number, step in enumerate(new):
            key = str(step["id"])
            node = self.nodes.pop(key, None)
            if node is None:
                found.append(self._new(step, specs))
            else:
                if self.specs[key] != specs[key]:
                    self._map(node, step, specs, set())
                found.append(node)
            if key in self.above:
                found.ca.items[number] = self.above[key]
        if isinstance(old, CommentedSeq):
            found.ca.comment = old.ca.comment
            if old.fa.flow_style() and len(found) == len(old):
                found.fa.set_flow_style()
        return found

    def _new(self, step: CommentedMap, specs: Mapping[str, StepSpec]) -> CommentedMap:
        for key, value in step.items():
            if _is_steps(value):
                step[key] = self._steps(None, value, specs)
        return step


def _is_steps(node: Any) -> bool:
    return (
        isinstance(node, CommentedSeq)
        and bool(node)
        and all(isinstance(each, CommentedMap) and "do" in each for each in node)
    )


def _hang_above(node: Any) -> None:
    """Comments above a step are kept by the parser at the end of the step before: hang them above their own step."""
    if isinstance(node, CommentedMap):
        for each in node.values():
            _hang_above(each)
    elif isinstance(node, CommentedSeq):
        for number, each in enumerate(node):
            _hang_above(each)
            if number and isinstance(each, CommentedMap) and not node.fa.flow_style():
                above = _cut_end(node[number - 1])
                if above.strip():
                    indent = node.lc.item(number)[1] - 2 if node.lc.item(number) else 2
                    node.yaml_set_comment_before_after_key(number, before=above, indent=max(indent, 0))


def _cut_end(node: Any) -> str:
    """Take off what stands below the last line of a node, beside a comment on that line, which stays."""
    holder, place = None, None
    while isinstance(node, (CommentedMap, CommentedSeq)) and node:
        holder, place = node, (list(node)[-1] if isinstance(node, CommentedMap) else len(node) - 1)
        node = node[place]
        if isinstance(node, (CommentedMap, CommentedSeq)) and node.fa.flow_style():
            break
    if holder is None or place not in holder.ca.items:
        return ""
    slot = 2 if isinstance(holder, CommentedMap) else 0
    token = holder.ca.items[place][slot]
    if token is None:
        return ""
    own, _newline, below = token.value.partition("\n")
    token.value = own + "\n" if own.strip() else "\n"
    if not own.strip():
        holder.ca.items[place][slot] = None
    kept = [line.strip() for line in below.splitlines()]
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in kept)
