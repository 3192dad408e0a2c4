"""A finger on the screen, as the browser's driver sees it: it touches, rests, moves and is taken off."""

from tests.support.browser import PATIENCE


class Finger:
    def __init__(self, page):
        self.page = page
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def _send(self, kind, *points):
        at = [{"x": x, "y": y} for x, y in points]
        self.wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    def lift(self, locator):
        """Hold a thing until it is lifted; returns where it was."""
        box = self.box(locator)
        at = box["x"] + min(40, box["width"] / 2), box["y"] + box["height"] / 2
        self._send("touchStart", at)
        self.page.locator(".is-lifting .drag-ghost").wait_for()
        return at

    def box(self, locator):
        """Where it is, in the middle of the screen; what the page has just replaced is looked for again."""
        locator.first.wait_for()
        self._rest()
        found = None
        while found is None:
            locator.first.evaluate("each => each.scrollIntoView({block: 'center'})")
            found = locator.first.bounding_box()
        return found

    def _rest(self):
        """Wait until the page no longer rolls on from a swipe: a finger would stop it, and lift nothing."""
        before = None
        while before != (before := self.page.evaluate("scrollY")):
            self.page.wait_for_timeout(300)

    def swipe(self, start, end, steps=6):
        self._send("touchStart", start)
        self.move(start, end, steps)
        self._send("touchEnd")

    def move(self, start, end, steps=6):
        for step in range(1, steps + 1):
            part = step / steps
            self._send("touchMove", (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part))

    def put_on(self, start, locator):
        """Move to the middle of a place that can be seen, until it is over it, and let go."""
        for _ in range(PATIENCE):
            box = locator.bounding_box()
            end = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            self.move(start, end)
            self.page.wait_for_timeout(50)  # near an edge the page follows
            if locator.evaluate("each => each.classList.contains('is-over')"):
                break
            start = end
        self._send("touchEnd")

    def let_go(self):
        self._send("touchEnd")
