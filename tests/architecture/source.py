"""The project's own source, as these tests read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/qunce"

FLOORS = (
    ("kernel",),
    ("community",),
    ("members",),
    ("team",),
    ("chat",),
    ("rewards",),
    ("content", "commerce"),
    ("activities", "admission", "conduct", "desk"),
    ("playbooks",),
    ("insights",),
    ("console", "memberpages", "api", "cli"),
    ("config",),
    ("__main__",),
)
"""Lowest first; the same order as in pyproject.toml, which a test compares."""

FLOOR_OF = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
NOT_CONTEXTS = {"kernel", "console", "memberpages", "api", "cli", "config", "__main__"}
CONTEXTS = sorted(
    folder.name
    for folder in PACKAGE.iterdir()
    if (folder / "__init__.py").exists() and folder.name not in NOT_CONTEXTS
)


@dataclass(frozen=True)
class Module:
    """One Python file of the package, parsed."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        """The top folder (or file) beneath the package."""
        return self.path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts

    def walk(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def at(self, node: ast.AST, what: str = "") -> str:
        """Where a finding is, for the message of a test."""
        return f"{self.name}:{getattr(node, 'lineno', '?')} {what or ast.unparse(node)[:100]}"


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the package, migrations too."""
    return tuple(Module(path, ast.parse(path.read_text())) for path in sorted(PACKAGE.rglob("*.py")))


def written() -> list[Module]:
    """What we write by hand: without migrations."""
    return [module for module in modules() if not module.is_migration]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield node


def strings(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """String constants, those within f-strings too, but no docstrings."""
    said = {
        id(node.body[0].value)
        for node in module.walk(ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    for parent in ast.walk(module.tree):
        body = getattr(parent, "body", None)
        if isinstance(body, list):  # a string standing alone describes what is above it
            said |= {id(each.value) for each in body if isinstance(each, ast.Expr)}
    for node in module.walk(ast.Constant):
        if isinstance(node.value, str) and id(node) not in said:
            yield node, node.value


def called(node: ast.Call) -> str:
    """The last name of what is called: ``b`` of ``a.b(…)``."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
