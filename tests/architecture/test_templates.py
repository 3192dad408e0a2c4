"""What people read in templates goes through translation; nothing in them breaks the content policy."""

import re
from html.parser import HTMLParser

import pytest

from tests.architecture.source import PACKAGE, ROOT

TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
READ = {"title", "placeholder", "aria-label", "alt", "label", "aria-description", "aria-roledescription"}
BLOCK = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{%\s*comment\b.*?endcomment\s*%}|{%\s*block body_class\s*%}.*?{%\s*endblock\s*%}",
    re.DOTALL,
)
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
WORDED = re.compile(r"{%\s*(nothing|failure|confirm|stat|state|bubble|chart|sparkline)\s(.*?)%}", re.DOTALL)
LITERAL = re.compile(r'(?<!_\()"([^"]*)"')
KEY = re.compile(r"[a-z0-9\-_./#:?=&]*")


class Reader(HTMLParser):
    """Collects text and attributes that people read; what is inside ``lang`` or ``translate="no"`` is a name."""

    silent = ("script", "style", "code", "pre")

    def __init__(self):
        super().__init__()
        self.found, self.names = [], 0
        self.open = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in {"img", "input", "br", "hr", "meta", "link", "path", "polyline", "polygon"}:
            self.open.append((tag, ("lang" in given and tag != "html") or given.get("translate") == "no"))
        if given.get("type") in {"submit", "button"} and "value" in given and tag == "input":
            self.say(given["value"])
        for name in READ & set(given):
            self.say(given[name] or "")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not any(name or tag in self.silent for tag, name in self.open):
            self.say(data)

    def say(self, text):
        if worded(text):
            self.found.append(text.strip())


def worded(text):
    """Whether there is anything to translate: letters, and not only an abbreviation such as CSV."""
    return any(character.isalpha() for character in text) and not re.fullmatch(r"\W*[A-Z]{2,4}\W*", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_everything_people_read_is_translated(path):
    text = path.read_text()
    reader = Reader()
    reader.feed(TAG.sub("", BLOCK.sub("", text)).replace("&nbsp;", " "))
    bare = [
        literal
        for tag in WORDED.finditer(BLOCK.sub("", text))
        for literal in LITERAL.findall(re.sub(r'_\("[^"]*"\)', "", tag[2]))
        if worded(literal) and not KEY.fullmatch(literal)
    ]
    assert reader.found + bare == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_breaks_the_content_policy(path):
    text = path.read_text()
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text), "inline styles and handlers are not carried out"
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), "scripts come from files"
    assert not re.search(r"(src|href)=\"(https?:)?//", text), "nothing is fetched from elsewhere"


def test_every_form_that_posts_carries_its_token():
    for path in TEMPLATES:
        text = path.read_text()
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, re.DOTALL):
            assert "csrf_token" in form, f"{path.relative_to(ROOT)}: {form[:80]}"


def test_pictures_are_described_or_said_to_be_decoration():
    for path in TEMPLATES:
        for picture in re.findall(r"<img\b[^>]*>", path.read_text()):
            assert "alt=" in picture, f"{path.relative_to(ROOT)}: {picture}"
