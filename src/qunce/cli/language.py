"""In which language a command speaks: ``--lang``, else QUNCE_LANG, else the terminal's.

A command that says more than a path takes `with_language`; `main.ready` and `main.set_up_django` then speak it.
"""

import os
from collections.abc import Callable
from typing import Any

import click

_KEY = "qunce.language"
_ASKED = ("QUNCE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language_of(wanted: str | None) -> str:
    """The language that was asked for, else the terminal's."""
    told = wanted or next((os.environ[name] for name in _ASKED if os.environ.get(name)), "")
    return "zh-hans" if told.lower().startswith("zh") else "en"


def _remember(context: click.Context, _parameter: click.Parameter, wanted: str | None) -> None:
    context.meta[_KEY] = language_of(wanted)


def with_language(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option --lang."""
    return click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        callback=_remember,
        expose_value=False,
        is_eager=True,
        help="Language; by default that of QUNCE_LANG or of the terminal.",
    )(command)


def language() -> str:
    """That of the command that runs."""
    context = click.get_current_context(silent=True)
    return str(context.meta[_KEY]) if context and _KEY in context.meta else language_of(None)


def speak() -> None:
    """Say everything from now on in the language of the command, where it has one. Django must be set up."""
    context = click.get_current_context(silent=True)
    if context is not None and _KEY in context.meta:
        from django.utils import translation

        translation.activate(context.meta[_KEY])
