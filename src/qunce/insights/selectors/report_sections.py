"""The parts of a report: for each question its answer as a title, and the chart that shows it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from numpy.typing import NDArray

from qunce.chat.selectors.columns import Texts
from qunce.insights.policies import graphs, statistics, texts
from qunce.insights.policies.answers import median_response, questions, unanswered_share
from qunce.insights.policies.texts.keywords import keywords, topics
from qunce.insights.policies.zones import month_name
from qunce.insights.selectors.writing import duration, number, percent
from qunce.insights.types import Facts, Keyword, Quote, Section, Topic
from qunce.kernel import charts
from qunce.kernel.charts import Chart
from qunce.kernel.words import listed, sentences

DAYS, WEEKS = 62, 366
"""Up to so many days are shown day by day; up to so many week by week; longer ones month by month."""
LONGEST_QUOTE = 280
GRAPH = 60
COHORTS, LATER = 12, 9
CLOUD = 80
READ = 60_000
"""Of longer histories the topics of the last so many messages are found."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read:
    """One group as it was read: its facts, what was said, and its name."""

    name: str
    facts: Facts
    texts: Texts
    before: Facts | None = None
    """The same length of time before, where there is one to compare with."""
    turns: Sequence[date] = field(default=())


# ------------------------------------------------------------------ over time
def _buckets(read: Read) -> tuple[list[str], NDArray[np.int64]]:
    """The names of the days, weeks or months of the stretch, and to which each day belongs."""
    days = read.facts.stretch.days()
    if len(days) <= DAYS:
        return [f"{day:%m-%d}" for day in days], np.arange(len(days))
    if len(days) <= WEEKS:
        starts = [day - timedelta(days=day.weekday()) for day in days]
        names = [f"{day:%m-%d}" for day in dict.fromkeys(starts)]
    else:
        starts = [day.replace(day=1) for day in days]
        names = [f"{day:%Y-%m}" for day in dict.fromkeys(starts)]
    place = {start: number for number, start in enumerate(dict.fromkeys(starts))}
    return names, np.array([place[start] for start in starts])


def _over(reads: Sequence[Read]) -> tuple[list[str], list[int], list[int]]:
    names, bucket = _buckets(reads[0])
    said, spoke = np.zeros(len(names), np.int64), [set[int]() for _name in names]
    for read in reads:
        mine = read.facts.said
        which = bucket[read.facts.day[mine]]
        said += np.bincount(which, minlength=len(names))
        pairs = np.unique(np.stack([which, read.facts.person[mine]]), axis=1)
        for place, person in zip(*pairs.tolist(), strict=True):
            spoke[place].add(read.facts.people[person])
    return names, said.tolist(), [len(each) for each in spoke]


def _unit(read: Read) -> str:
    count = read.facts.stretch.count
    return _("Day") if count <= DAYS else _("Week") if count <= WEEKS else _("Month")


def _when(read: Read, place: int) -> str:
    """A day, week or month of the stretch in words."""
    day = read.facts.stretch.days()[int(np.argmax(_buckets(read)[1] == place))]
    count = read.facts.stretch.count
    if count <= DAYS:
        return date_format(day, "MONTH_DAY_FORMAT")
    if count <= WEEKS:
        return _("the week of %(day)s") % {"day": date_format(day, "MONTH_DAY_FORMAT")}
    return date_format(day, "YEAR_MONTH_FORMAT")


def volume(reads: Sequence[Read]) -> Section:
    """How much is said, by how many."""
    names, said, spoke = _over(reads)
    unit = _unit(reads[0])
    turns = {}
    days, bucket = reads[0].facts.stretch.days(), _buckets(reads[0])[1]
    for day in reads[0].turns if len(reads) == 1 else ():
        if day in days:
            turns[names[int(bucket[days.index(day)])]] = _("turn")
    most = max(range(len(said)), key=said.__getitem__) if said else 0
    told = {"when": _when(reads[0], most), "count": number(said[most])}
    title = _("Most was said in %(when)s: %(count)s messages") % told
    drawn = [
        charts.over_time(_("Messages"), when=unit, points=names, values={_("Messages"): said}, turns=turns),
        charts.over_time(
            _("People who spoke"), when=unit, points=names, values={_("People who spoke"): spoke}, kind="area"
        ),
    ]
    return Section(title, _("Bots and our own accounts are not counted."), drawn)


def rhythm(reads: Sequence[Read]) -> Section:
    """When is it said."""
    cells = sum((statistics.heatmap(read.facts) for read in reads), np.zeros((7, 24), np.int64))
    monday = date(2024, 1, 1)
    days = [date_format(monday + timedelta(days=passed), "D") for passed in range(7)]
    day, hour = divmod(int(cells.argmax()), 24)
    title = _("Most is said on %(day)s around %(hour)s:00") % {
        "day": date_format(monday + timedelta(days=day), "l"),
        "hour": hour,
    }
    drawn = charts.heatmap(
        _("Messages by weekday and hour"),
        columns=[str(each) for each in range(24)],
        lines=days,
        cells=cells.tolist(),
        unit=_("messages"),
        line=_("Weekday"),
    )
    text = _("Hours of the zone %(zone)s.") % {"zone": reads[0].facts.zone.key}
    return Section(title, text, [drawn])


# ------------------------------------------------------------------ people
def _spoken(reads: Sequence[Read]) -> tuple[Counter[int], dict[int, str]]:
    counted: Counter[int] = Counter()
    names: dict[int, str] = {}
    for read in reads:
        for place, count in enumerate(statistics.messages_per_person(read.facts).tolist()):
            if count:
                counted[read.facts.people[place]] += count
                names[read.facts.people[place]] = read.facts.names[place]
    return counted, names


def voices(reads: Sequence[Read]) -> Section:
    """Who says how much."""
    counted, names = _spoken(reads)
    counts = np.array(list(counted.values()), np.int64)
    few = statistics.absence_factor(counts) or 0
    title = ngettext("%(count)s person says half of everything", "%(count)s people say half of everything", few) % {
        "count": number(few)
    }
    gini = statistics.gini(counts)
    said = {
        "people": number(len(counts)),
        "share": percent(statistics.share_of_busiest(counts, 5) or 0),
        "once": percent(float((counts == 1).mean())) if counts.size else "–",
    }
    text = sentences(
        _("%(people)s people spoke; the five busiest said %(share)s of all, and %(once)s spoke exactly once.") % said,
        _("Gini coefficient: %(gini).2f (0: all say the same, 1: one says everything).") % {"gini": gini or 0},
    )
    values: dict[str, charts.Number] = {names[person]: count for person, count in counted.most_common(10)}
    drawn = charts.ranked(_("Who says most"), what=_("Member"), unit=_("messages"), values=values)
    return Section(title, text, [drawn])


def circles(reads: Sequence[Read]) -> Section | None:
    """Who talks with whom: of the one group, or of the group in which most is answered."""
    read = max(reads, key=lambda each: int(each.facts.said.sum()))
    found = graphs.reply_graph(read.facts, GRAPH)
    if len(found.nodes) < 3 or not found.edges:  # noqa: PLR2004 (two are a conversation)
        return None
    weight: Counter[int] = Counter()
    for who, whom, often in found.edges:
        weight[who] += often
        weight[whom] += often
    nodes = [
        charts.Node(read.facts.names[person], weight[place], found.community[place])
        for place, person in enumerate(found.nodes)
    ]
    both = graphs.reciprocity(graphs.replies(read.facts)) or 0
    circle = 3  # a pair is none
    large = sum(found.community.count(number) >= circle for number in set(found.community))
    title = _("%(share)s of those who are answered answer back") % {"share": percent(both)}
    bridges = [read.facts.names[found.nodes[place]] for place in found.bridges[:5]]
    text = sentences(
        ngettext(
            "Among the busiest there is %(count)s circle of people who answer each other.",
            "Among the busiest there are %(count)s circles of people who answer each other.",
            large,
        )
        % {"count": large},
        bridges
        and _("Parts of the group are connected through these alone: %(names)s.") % {"names": listed(bridges)},
        read.facts.inferred.any() and _("Where the platform does not say what is answered, it is inferred."),
    )
    drawn = charts.network(
        _("Who answers whom"),
        who=_("Who answers"),
        whom=_("Whom"),
        unit=_("Times"),
        nodes=nodes,
        edges=found.edges,
    )
    return Section(title, text, [drawn])


def staying(read: Read) -> Section | None:
    """Who stays, and for how long."""
    curve = statistics.survival_curve(read.facts)
    if curve.people < 10:  # noqa: PLR2004 (fewer are no statistics)
        return None
    month, year = curve.at(30), curve.at(365)
    title = _("%(share)s of those who begin to speak still do after 30 days") % {"share": percent(month)}
    back = statistics.retention(read.facts)
    text = sentences(
        _("Of %(people)s people who spoke for the first time, %(year)s were still speaking after a year.")
        % {"people": number(curve.people), "year": percent(year)}
        if read.facts.stretch.count > 365  # noqa: PLR2004 (a year)
        else "",
        back is not None
        and _("%(share)s came back in the calendar month after their first.") % {"share": percent(back)},
        _("Who is silent for more than 30 days before the end counts as gone (Kaplan–Meier)."),
    )
    points = list(zip(curve.days.tolist(), curve.share.tolist(), strict=True))
    until = min(365.0, max(31.0, read.facts.stretch.count))
    drawn = [
        charts.survival(
            _("Still speaking after so many days"), days=_("Days"), curves={_("All"): points}, until=until
        )
    ]
    table = _cohorts(read)
    return Section(title, text, [*drawn, *([table] if table else [])])


def _cohorts(read: Read) -> Chart | None:
    found = [each for each in statistics.cohorts(read.facts) if len(each.shares) > 1][-COHORTS:]
    if len(found) < 2:  # noqa: PLR2004 (one is nothing to compare)
        return None
    later = range(1, min(LATER, max(len(each.shares) for each in found)))
    return charts.cohorts(
        _("Per cent who came back so many months after the first message, by its month"),
        cohort=_("First month"),
        size=_("People who spoke"),
        later=[f"+{passed}" for passed in later],
        values={month_name(each.month): (each.size, each.shares[1:]) for each in found},
    )


def answers(reads: Sequence[Read]) -> Section | None:
    """Whether questions are answered, and how soon."""
    asked = sum(questions(read.facts).size for read in reads)
    known = [(questions(read.facts).size, unanswered_share(read.facts)) for read in reads]
    weighed = [(count, share) for count, share in known if share is not None and count]
    if not weighed:
        return None
    open_share = sum(count * share for count, share in weighed) / sum(count for count, _share in weighed)
    waits = [wait for read in reads if (wait := median_response(read.facts)) is not None]
    title = _("%(share)s of questions stay without an answer for a day") % {"share": percent(open_share)}
    text = sentences(
        ngettext("%(count)s question was recognised.", "%(count)s questions were recognised.", asked)
        % {"count": number(asked)},
        waits and _("Those that are answered wait %(wait)s (median).") % {"wait": duration(float(np.median(waits)))},
        _("Questions are recognised by a rule of thumb; answers that the platform does not mark are inferred."),
    )
    return Section(title, text)


# ------------------------------------------------------------------ what is said
def subjects(reads: Sequence[Read]) -> Section | None:
    """What is talked about."""
    read = max(reads, key=lambda each: int(each.facts.said.sum()))
    kept = np.flatnonzero(read.facts.said)[-READ:]
    if kept.size < 20:  # noqa: PLR2004 (fewer are no topics)
        return None
    said = texts.merged([texts.words(read.texts[int(index)]) for index in kept])
    words = keywords(said, top=15)
    at = read.facts.at[kept]
    found = topics(said, at, since=float(at[0]), most=6)
    if not words:
        return None
    title = _("They talk about %(words)s") % {"words": listed([each.word for each in words[:3]])}
    drawn = charts.ranked(
        _("Words that stand out"),
        what=_("Word"),
        unit=_("messages"),
        values={each.word: each.times for each in words},
    )
    quotes = [quote(read, int(kept[index])) for index in _examples(found, words)]
    text = ""
    if found:
        text = _("Topics: %(topics)s.") % {"topics": listed([f"“{each.label}”" for each in found[:4]])}
    cloud = {each.word: float(each.times) for each in keywords(said, top=CLOUD)}
    return Section(title, text, [drawn], quotes=quotes, words=cloud)


def _examples(found: Sequence[Topic[int]], words: Sequence[Keyword[int]]) -> list[int]:
    best = [index for each in found[:4] for index in each.messages[:1]]
    return best or [index for each in words[:3] for index in each.messages[:1]]


def quote(read: Read, index: int) -> Quote:
    """A message of the group as it stands."""
    moment = localtime(read.facts.key(index)[1], read.facts.zone)
    name = read.facts.names[int(read.facts.person[index])]
    return Quote(name, date_format(moment, "DATETIME_FORMAT"), shortened(read.texts[index]))


def shortened(text: str) -> str:
    """What somebody said in one line of readable length."""
    return Truncator(" ".join(text.split())).chars(LONGEST_QUOTE)


def flow(read: Read) -> Section | None:
    """Who comes and goes, where that is known."""
    joined, left = read.facts.joined_at, read.facts.left_at
    names, bucket = _buckets(read)
    edges = _edges(read)
    came, went = (_per_bucket(moments, edges, bucket, len(names)) for moments in (joined, left))
    if not sum(came) + sum(went):
        return None
    title = _("%(joined)s joined and %(left)s left") % {"joined": number(sum(came)), "left": number(sum(went))}
    drawn = charts.over_time(
        _("Joined and left"),
        when=_unit(read),
        points=names,
        values={_("Joined"): came, _("Left"): went},
    )
    return Section(title, "", [drawn])


def _edges(read: Read) -> NDArray[np.float64]:
    from qunce.insights.selectors.facts import midnight

    days = [*read.facts.stretch.days(), read.facts.stretch.last + timedelta(days=1)]
    return np.array([midnight(day, read.facts.zone).timestamp() for day in days])


def _per_bucket(
    moments: NDArray[np.float64], edges: NDArray[np.float64], bucket: NDArray[np.int64], count: int
) -> list[int]:
    day = np.searchsorted(edges, moments, side="right") - 1
    inside = day[(day >= 0) & (day < bucket.size)]
    return [int(each) for each in np.bincount(bucket[inside], minlength=count)]
