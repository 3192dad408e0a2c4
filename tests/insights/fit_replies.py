"""Fits the weights of `policies.replies` on IRC with marked answers, and measures them on hours they were not fitted on.

Twice: as it was written, where two of five messages begin with a name, and with those names taken away, as people write
in most chats.

``python -m tests.insights.fit_replies`` prints the measure; with ``--write`` it writes the weights fitted on all hours.
"""

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from qunce.insights.policies import replies

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "irc-ubuntu-reply-links"
WEIGHTS = ROOT / "src/qunce/insights/policies/replies/weights.toml"
LINE = re.compile(r"\[(\d\d):(\d\d)\] (?:<(\S+)> ?(.*)|\s?\* (\S+) ?(.*))$")
CALLED = re.compile(r"@?([^\s:,]+)(?:[:,]\s*|\s+|$)")
KINDS = {"named": True, "unnamed": False}
RIDGE = 2.0
LAST = -1e9


@dataclass
class Hour:
    """One file: its messages, and which of them answer which (lines of notices left out)."""

    at: np.ndarray
    person: np.ndarray
    texts: list[str]
    names: list[str]
    answers: dict[int, set[int]]
    """By marked message: those it answers; itself where it begins something."""
    links: int
    """How many links between two different lines are marked, also those that no message of a person has."""

    @property
    def told(self):
        return self.at, self.person, self.texts, self.names, np.full(len(self.texts), -1, np.int32)


def read(path):
    at, person, texts, people, number_of = [], [], [], {}, {}
    days = 0
    for number, line in enumerate(path.read_text(errors="replace").split("\n")):
        if not (match := LINE.match(line)):
            continue
        hour, minute, nick, text, doer, deed = match.groups()
        stamp = 3600.0 * int(hour) + 60 * int(minute) + 86400 * days
        if at and stamp < at[-1] - 43200:
            days, stamp = days + 1, stamp + 86400
        number_of[number] = len(at)
        at.append(stamp)
        person.append(people.setdefault(nick or doer, len(people)))
        texts.append(text if nick else deed)
    marked = path.with_name(path.name.replace(".raw.", ".annotation.")).read_text().splitlines()
    pairs = [sorted(map(int, line.split()[:2])) for line in marked]
    answers = {}
    for earlier, later in pairs:
        if earlier in number_of and later in number_of:
            answers.setdefault(number_of[later], set()).add(number_of[earlier])
    links = sum(earlier != later for earlier, later in pairs)
    return Hour(np.array(at), np.array(person, np.int32), texts, list(people), answers, links)


def hours(*, named=True):
    """All of them; ``named`` False: without the names that messages begin with."""
    found = [read(path) for path in sorted(DATA.glob("*.raw.txt"))]
    return (
        found
        if named
        else [replace(hour, texts=[bare(text, set(hour.names)) for text in hour.texts]) for hour in found]
    )


def bare(text, names):
    match = CALLED.match(text)
    return text[match.end() :] if match and match[1] in names else text


def table(hour):
    """Features [messages, 1 + WINDOW, names] (first: it begins something), what is right, and what is possible."""
    columns = replies.heard(*hour.told)
    rows = np.array(sorted(hour.answers))
    seen = replies.Candidates(columns, rows)
    between, alone = dict(replies.pairs(seen)), dict(replies.starts(columns, rows))
    features = np.zeros((len(rows), 1 + replies.WINDOW, len(between) + len(alone)), np.float32)
    for place, values in enumerate(between.values()):
        features[:, 1:, place] = values
    for place, values in enumerate(alone.values(), len(between)):
        features[:, 0, place] = values
    right = np.zeros(features.shape[:2], bool)
    for line, row in enumerate(rows):
        for answered in hour.answers[row]:
            if row - answered <= replies.WINDOW:
                right[line, row - answered] = True
    possible = np.concatenate([np.ones((len(rows), 1), bool), seen.there], axis=1)
    return features, right, possible, [*between, *alone]


def fit(tables):
    """Maximum likelihood of the right ones among the possible, with a ridge."""
    features, right, possible = (np.concatenate([each[place] for each in tables]) for place in range(3))
    known = right.any(axis=1)
    features, right, possible = features[known], right[known], possible[known]

    def loss(weights):
        scores = np.where(possible, features @ weights.astype(np.float32), LAST)
        chances, sum_all = softmax(scores)
        wanted, sum_right = softmax(np.where(right, scores, LAST))
        slope = np.einsum("rc,rck->k", (chances - wanted).astype(np.float32), features)
        return (sum_all - sum_right).sum() + RIDGE * weights @ weights / 2, slope.astype(float) + RIDGE * weights

    start = np.zeros(features.shape[2])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def softmax(scores):
    most = scores.max(axis=1, keepdims=True)
    shares = np.exp(scores - most)
    total = shares.sum(axis=1, keepdims=True)
    return shares / total, (np.log(total) + most)[:, 0]


def measured(pairs_of_hours):
    """Precision and recall of links between two different lines, over hours with what was inferred for each."""
    hit = made = marked = 0
    for hour, parents in pairs_of_hours:
        marked += hour.links
        for later, answered in hour.answers.items():
            made += parents[later] >= 0
            hit += parents[later] in answered - {later}
    return hit / made, hit / marked


def held_out(all_hours, tables):
    """What is inferred for each hour by weights of the other eight: two are left out at a time."""
    for first in range(0, len(all_hours), 2):
        weights = fit(tables[:first] + tables[first + 2 :])
        for hour, (features, _right, possible, _names) in zip(
            all_hours[first : first + 2], tables[first : first + 2], strict=True
        ):
            best = np.where(possible, features @ weights, LAST).argmax(axis=1)
            rows = sorted(hour.answers)
            yield hour, {row: row - back if back else -1 for row, back in zip(rows, best, strict=True)}


def main():
    written = ["# Written by tests/insights/fit_replies.py.\n"]
    for kind, named in KINDS.items():
        all_hours = hours(named=named)
        tables = [table(hour) for hour in all_hours]
        say(f"{kind}, hours left out", held_out(all_hours, tables))
        if "--write" in sys.argv:
            weights = zip(tables[0][3], fit(tables), strict=True)
            written += [f"\n[{kind}]\n", *(f'"{name}" = {weight:.2f}\n' for name, weight in weights)]
    if "--write" in sys.argv:
        WEIGHTS.write_text("".join(written))
    for kind, named in KINDS.items():
        say(f"{kind}, as it is", ((hour, replies.infer(*hour.told)) for hour in hours(named=named)))


def say(what, pairs_of_hours):
    precision, recall = measured(pairs_of_hours)
    f1 = 2 * precision * recall / (precision + recall)
    sys.stdout.write(f"{what}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}\n")


if __name__ == "__main__":
    main()
