"""One file per kind: found, named after its file, checked at the door."""

import sys
from abc import ABC, abstractmethod
from importlib.metadata import EntryPoint
from textwrap import dedent

import pytest

import qunce
from qunce.chat.connector import Connector, connectors
from qunce.kernel import registry
from qunce.kernel.registry import KindError, Registry


class Shape(ABC):
    key: str

    @abstractmethod
    def corners(self) -> int: ...


HEAD = f"from {__name__} import Shape\n"
SQUARE = "class Square(Shape):\n    def corners(self): return 4\n"


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    """A context of its own, with a folder of shapes; returns how to write files into it."""
    context = f"drawing_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / context / "shapes"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    monkeypatch.setattr(qunce, "__path__", [*qunce.__path__, str(tmp_path)])

    def write(name, text=HEAD + SQUARE):
        (folder / f"{name}.py").write_text(dedent(text), encoding="utf-8")

    yield write
    for name in [name for name in sys.modules if name.startswith((f"qunce.{context}", "cubist", "squarist"))]:
        del sys.modules[name]


def test_the_products_own_connectors_are_found():
    assert {"matrix", "sandbox"} <= set(connectors)
    assert all(issubclass(kind, Connector) and kind.key == key for key, kind in connectors.items())


def test_a_file_is_a_kind_under_its_name(shapes):
    shapes("square")
    shapes("rhomb", HEAD + SQUARE.replace("Square", "Rhomb"))
    found = Registry(Shape, "shapes")
    assert sorted(found) == ["rhomb", "square"]
    assert len(found) == 2
    assert found["square"]().corners() == 4
    assert found["square"].key == "square"


def test_nothing_is_looked_for_before_it_is_asked(shapes):
    found = Registry(Shape, "shapes")
    shapes("square")
    assert "square" in found


def test_files_with_an_underscore_are_helpers(shapes):
    shapes("_geometry", "CORNERS = 4\n")
    shapes("square")
    assert list(Registry(Shape, "shapes")) == ["square"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1\n", "found 0"),
        (HEAD, "found 0"),
        (HEAD + SQUARE + SQUARE.replace("Square", "Cube"), "found 2"),
        (HEAD + "class Square(Shape): pass\n", "lacks corners"),
    ],
)
def test_what_is_no_kind_is_turned_away_with_the_reason(shapes, text, complaint):
    shapes("square", text)
    with pytest.raises(KindError, match=f"shapes/square: .*{complaint}"):
        list(Registry(Shape, "shapes"))


def test_a_plug_in_brings_its_own(shapes, tmp_path, monkeypatch):
    shapes("square")
    (tmp_path / "cubist.py").write_text(HEAD + SQUARE.replace("Square", "Cube"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("cube", "cubist", "qunce.shapes")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    found = Registry(Shape, "shapes")
    assert sorted(found) == ["cube", "square"]
    assert found["cube"].key == "cube"


def test_a_key_is_taken_once(shapes, tmp_path, monkeypatch):
    shapes("square")
    (tmp_path / "squarist.py").write_text(HEAD + SQUARE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("square", "squarist", "qunce.shapes")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    with pytest.raises(KindError, match="the key is taken by"):
        list(Registry(Shape, "shapes"))
