"""A function in a process of its own: for what must not share this one's clock, caches or transactions."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import Any

PLACE = ("NAME", "HOST", "PORT", "USER", "PASSWORD")


def apart(path: str, *given: Any) -> Any:
    """What ``package.module:function`` returns for these arguments; both ways everything is pickled."""
    from django.db import connection

    place = {name: connection.settings_dict[name] for name in PLACE}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_there, path, place, given).result()


def _there(path: str, place: Mapping[str, Any], given: tuple[Any, ...]) -> Any:
    import django
    from django.conf import settings

    settings.DATABASES["default"].update(place)
    django.setup()
    module, _colon, name = path.partition(":")
    return getattr(import_module(module), name)(*given)
