"""Python reads this at its start where this folder is on its path: the process then lives by a clock that a test
moves. Qunce asks one function for the time, Synapse one method; both get the real time and what the file says.
"""

import importlib.util
import os
from datetime import timedelta
from pathlib import Path

_file = Path(os.environ["MOVED_CLOCK"])


def _ahead() -> float:
    return float(_file.read_text())


if importlib.util.find_spec("synapse"):
    from synapse.util.clock import Clock

    _time = Clock.time
    Clock.time = lambda self: _time(self) + _ahead()
elif importlib.util.find_spec("qunce"):
    from qunce.kernel import clock

    _now = clock.now
    clock.now = lambda: clock._moved.get() or _now() + timedelta(seconds=_ahead())
