"""One file per kind: a named folder in any context or plug-in, found once, checked at the door.

The file's name is the stored key of its kind; a file whose name begins with an underscore helps its neighbours and
is none. A plug-in is a package with an entry point in the group
``qunce.<folder>`` that names a module holding one kind: ``zulip = "my_package.zulip"``.
"""

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import Generic, TypeVar

import qunce

T = TypeVar("T")


class KindError(TypeError):
    """A file in a kind's folder that cannot be a kind, and why."""


class Registry(Mapping[str, type[T]], Generic[T]):
    """All kinds of one interface, by key. Found at first use."""

    def __init__(self, base: type[T], folder: str) -> None:
        self.base = base
        self.folder = folder
        self._kinds: dict[str, type[T]] = {}
        self._loaded = False
        self._lock = Lock()

    def __getitem__(self, key: str) -> type[T]:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def _load(self) -> dict[str, type[T]]:
        if not self._loaded:
            with self._lock:
                if not self._loaded:
                    for key, module in self._modules():
                        self._admit(key, module)
                    self._loaded = True
        return self._kinds

    def _modules(self) -> Iterator[tuple[str, ModuleType]]:
        for context in pkgutil.iter_modules(qunce.__path__, "qunce."):
            package = f"{context.name}.{self.folder}"
            if context.ispkg and find_spec(package):
                for found in pkgutil.iter_modules(import_module(package).__path__):
                    if not found.name.startswith("_"):
                        yield found.name, import_module(f"{package}.{found.name}")
        for point in entry_points(group=f"qunce.{self.folder}"):
            yield point.name, import_module(point.module)

    def _admit(self, key: str, module: ModuleType) -> None:
        kinds = [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, self.base) and value.__module__ == module.__name__
        ]
        where = f"{self.folder}/{key}"
        if len(kinds) != 1:
            raise KindError(f"{where}: expected one {self.base.__name__}, found {len(kinds)}")
        if missing := getattr(kinds[0], "__abstractmethods__", None):
            raise KindError(f"{where}: {kinds[0].__name__} lacks {', '.join(sorted(missing))}")
        if key in self._kinds:
            raise KindError(f"{where}: the key is taken by {self._kinds[key].__module__}")
        kinds[0].key = key  # type: ignore[attr-defined]
        self._kinds[key] = kinds[0]
