"""What docs/playbooks says is what there is: every kind with its fields and paths, texts that can be read, commands."""

import re
from pathlib import Path

import click
import pytest

from qunce.cli.main import main
from qunce.members.condition import conditions
from qunce.playbooks import selectors
from qunce.playbooks.policies import moments
from qunce.playbooks.policies.yaml import read, spelled
from qunce.playbooks.step import steps
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Document, Plan, StepSpec, Variable

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("playbooks.md", "playbooks.zh.md")
FROM_ELSEWHERE = {"with_", "paths"}


@pytest.fixture(params=NAMES)
def doc(request):
    return (DOCS / request.param).read_text(encoding="utf-8")


def rows_of(doc, level):
    """Rows of a table beneath the ``level``-th heading of the reference, by their first cell."""
    part = doc.split("\n### ")[level].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines() if "|" in line]
    return {row[0].strip("` "): row for row in cells if row[0].strip().startswith("`") and " " not in row[0].strip()}


@pytest.mark.parametrize(("level", "registry"), [(1, steps), (2, triggers), (3, conditions)])
def test_every_kind_is_there_with_its_fields(doc, level, registry):
    rows = rows_of(doc, level)
    own = {key for key in rows if key in registry}
    assert own == set(registry), "a kind is missing, or one too many"
    for key, kind in registry.items():
        wanted = [info.alias or name for name, info in kind.Config.model_fields.items()]
        assert re.findall(r"(?:^|[;；] ?)`([a-z_-]+)`", rows[key][2]) == wanted, key
        if registry is steps:
            assert re.findall(r"`([a-z_]+)`", rows[key][3]) == list(kind.paths), key


def test_every_field_of_a_playbook_and_a_step_is_there(doc):
    fields = [*Document.model_fields, *Variable.model_fields, *Plan.model_fields]
    missing = [name for name in fields if f"`{spelled(name)}`" not in doc]
    missing += [
        name for name in StepSpec.model_fields if name not in FROM_ELSEWHERE and f"`{spelled(name)}`" not in doc
    ]
    assert not missing


def test_its_playbook_can_be_read_and_its_moments_are_some(doc):
    (text,) = re.findall(r"```yaml\n(.*?)```", doc, re.DOTALL)
    document = read(text, selectors.vocabulary())
    assert [step.id for step in document.walk()] == ["hello", "question", "thanks", "nudge"]
    moment = r"`(\d+h|day \d[^`]*|(?:mon|daily)[^`]*|\d{4}-\d\d-\d\d[^`]*|\d\d-\d\d[^`]*|holiday [^`]*)`"
    said = re.findall(moment, doc.partition("```yaml")[2])
    assert len(said) >= 6
    for line in said:
        moments.parse(line)


def test_its_commands_are_commands(doc):
    (block,) = re.findall(r"```sh\n(.*?)```", doc, re.DOTALL)
    for line in block.strip().splitlines():
        command, words = main, line.split()[1:]
        while isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words.pop(0))
        options = {each for parameter in command.params for each in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_its_pictures_and_links_are_there(doc):
    for target in re.findall(r"\]\(([^)#]+)\)", doc):
        assert (DOCS / target).exists(), target
