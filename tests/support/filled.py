"""A form of a page as a browser would post it, nothing changed: what stands within templates is not part of it."""

from html.parser import HTMLParser


def filled(html, *, within=""):
    """Every field of the form whose tag holds ``within``, as (name, value) in the order of the page."""
    reader = _Reader(within)
    reader.feed(html)
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self, within):
        super().__init__()
        self.within, self.fields = within, []
        self.inside, self.templates, self.select, self.area, self.options = False, 0, None, None, []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and self.within in self.get_starttag_text():
            self.inside = True
        self.templates += tag == "template"
        if not self.inside or self.templates:
            return
        name = given.get("name")
        if tag == "input" and name and given.get("type") not in {"submit", "file"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.fields.append((name, given.get("value", "on" if given.get("type") == "checkbox" else "")))
        elif tag == "select" and name:
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea" and name:
            self.area = [name, ""]

    def handle_data(self, data):
        if self.area:
            self.area[1] += data

    def handle_endtag(self, tag):
        self.templates -= tag == "template"
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            chosen = [value for value, is_chosen in self.options if is_chosen] or [v for v, _c in self.options[:1]]
            self.fields += [(self.select, value) for value in chosen]
            self.select = None
        elif tag == "textarea" and self.area:
            name, text = self.area
            self.fields.append((name, text.removeprefix("\n")))
            self.area = None
