"""Nothing that people read is left in English: the catalogue has every string of the code, translated."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

import qunce

SOURCE = Path(qunce.__file__).parent


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """The catalogue after collecting all strings anew, in a copy of the source."""
    copy = tmp_path_factory.mktemp("source") / "qunce"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("vendor", "__pycache__", "*.mo"))
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "zh_Hans", "--no-location", "--no-obsolete"],
        cwd=copy,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "qunce.config.settings"},
        check=True,
        capture_output=True,
    )
    with (copy / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return [message for message in read_po(file, locale="zh_Hans") if message.id]


def _said(message):
    return message.string if isinstance(message.string, str) else "".join(message.string)


def test_the_catalogue_is_compiled_and_used():
    """A header marked as fuzzy makes the compiler skip the whole catalogue without a word."""
    with translation.override("zh-hans"):
        assert translation.gettext("Broadcasts") == "群发"


def test_every_string_is_translated(catalogue):
    missing = [message.id for message in catalogue if not _said(message) or message.fuzzy]
    assert len(catalogue) > 500
    assert not missing, missing


def test_placeholders_survive_translation(catalogue):
    lost = []
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        if message.python_format and not _names(ids[-1]) <= _names(_said(message)):
            lost.append((ids[-1], _said(message)))
    assert not lost, lost


def _names(text):
    return set(re.findall(r"%\((\w+)\)[sd]", text))
