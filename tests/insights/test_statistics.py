"""Statistics and graphs: equal to the libraries that people trust, on made and on random data."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lifelines import KaplanMeierFitter
from scipy.stats import gmean, variation

from qunce.insights.policies import counting, graphs, naming, staff, zones
from qunce.insights.policies import statistics as stats
from tests.support.facts import made

COUNTS = arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 5_000))
SHANGHAI = ZoneInfo("Asia/Shanghai")


SAID = st.lists(st.tuples(st.integers(-5, 29), st.integers(0, 86_399), st.integers(0, 8)), max_size=120)


# ------------------------------------------------------------------ how unequal
def test_the_absence_factor_is_that_of_its_definition():
    assert stats.absence_factor(np.array([1000, 202, 90, 33, 332, 343, 42, 433])) == 2
    assert stats.absence_factor(np.array([5, 5])) == 1
    assert stats.absence_factor(np.array([0, 0])) is None


@given(COUNTS)
def test_gini_is_the_mean_difference(counts):
    said = counts[counts > 0]
    if not said.size:
        assert stats.gini(counts) is None
        return
    by_definition = np.abs(said[:, None] - said[None, :]).sum() / (2 * said.size**2 * said.mean())
    assert stats.gini(counts) == pytest.approx(by_definition, abs=1e-9)
    people, share = stats.lorenz(counts)
    area = ((share[1:] + share[:-1]) / 2 * np.diff(people)).sum()
    assert 1 - 2 * area == pytest.approx(by_definition, abs=1e-9)


@given(COUNTS)
def test_shares_of_the_busiest_grow_with_their_number(counts):
    shares = [stats.share_of_busiest(counts, people) for people in range(1, counts.size + 1)]
    if not counts.any():
        assert set(shares) == {None}
        return
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert stats.share_of_top(counts, 0.1) == shares[int(np.ceil((counts > 0).sum() * 0.1)) - 1]
    fewest = stats.absence_factor(counts)
    assert shares[fewest - 1] >= 0.5 - 1e-12
    assert fewest == 1 or shares[fewest - 2] < 0.5


# ------------------------------------------------------------------ in what rhythm
@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=60))
def test_burstiness_is_of_the_variation_of_gaps(moments):
    at = np.sort(np.array(moments, np.float64))
    gaps = np.diff(at)
    if not gaps.any():
        assert stats.burstiness(at) is None
        return
    spread = variation(gaps)
    assert stats.burstiness(at) == pytest.approx((spread - 1) / (spread + 1), abs=1e-9)


def test_burstiness_of_regular_and_of_random_gaps():
    assert stats.burstiness(np.arange(100.0)) == pytest.approx(-1)
    random = np.cumsum(np.random.default_rng(1).exponential(60, 50_000))
    assert abs(stats.burstiness(random)) < 0.02
    assert gmean([2, 8]) == 4  # scipy is the one that is meant


@given(st.lists(st.integers(0, 3), max_size=40))
def test_the_next_voice_is_the_next_of_somebody_else(people):
    at = np.arange(len(people), dtype=np.float64) ** 1.5
    expected = []
    for index, person in enumerate(people):
        later = [other for other in range(index + 1, len(people)) if people[other] != person]
        expected += [at[later[0]] - at[index]] if later else []
    found = stats.seconds_to_next_other(at, np.array(people, np.int32))
    assert found.tolist() == pytest.approx(expected)


@given(st.lists(st.integers(600_000_000, 2_100_000_000), max_size=30))
@pytest.mark.parametrize(
    "name", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
)
def test_local_time_is_that_of_the_zone_on_every_day(name, moments):
    zone = ZoneInfo(name)
    at = np.array(moments, np.float64)
    local = zones.local_seconds(at, zone)
    for moment, seconds in zip(moments, local.tolist(), strict=True):
        assert seconds == datetime.fromtimestamp(moment, zone).replace(tzinfo=UTC).timestamp()


def test_the_heatmap_begins_on_monday():
    cells = stats.heatmap(made([(0, 3 * 3600 + 5, 0), (4, 23 * 3600, 0)]))  # 1 January 2026 is a Thursday
    assert (cells[3, 3], cells[0, 23], cells.sum()) == (1, 1, 2)


# ------------------------------------------------------------------ for how long
@given(
    st.lists(st.tuples(st.floats(0, 1_000, width=32), st.booleans()), min_size=1, max_size=80),
)
def test_survival_is_that_of_lifelines(lives):
    durations = np.array([duration for duration, _ in lives], np.float64)
    gone = np.array([event for _, event in lives], np.bool_)
    ours = stats.kaplan_meier(durations, gone)
    theirs = KaplanMeierFitter().fit(durations, gone)
    for days in (0, *stats.SURVIVAL_DAYS, *durations.tolist()):
        assert ours.at(days) == pytest.approx(float(theirs.predict(days)), abs=1e-9)
    median = theirs.median_survival_time_
    if np.isinf(median):
        assert ours.median is None or ours.at(ours.median) == pytest.approx(0.5)
    elif abs(float(theirs.predict(ours.median)) - 0.5) > 1e-9:
        assert ours.median == pytest.approx(median)


def test_survival_of_a_group_is_of_those_who_began_in_it():
    found = made([(-3, 0, 0), (0, 0, 0), (1, 0, 1), (3, 0, 1), (5, 0, 2), (80, 0, 3)], days=90)
    curve = stats.survival_curve(found)
    assert (curve.people, curve.events) == (3, 2)  # who was there before is not among them
    assert [curve.at(days) for days in (0, 1, 2)] == pytest.approx([2 / 3, 2 / 3, 0])


def test_cohorts_and_population_month_by_month():
    month = [0, 31, 59, 90]  # January to April 2026
    found = made(
        [(month[0], 0, 0), (month[1], 0, 0), (month[0], 9, 1), (month[2], 0, 1), (month[1], 0, 2), (month[3], 0, 9)],
        days=120,
        bots=(9,),
    )
    cohorts = stats.cohorts(found)
    assert [(zones.month_name(each.month), each.size, list(each.shares)) for each in cohorts] == [
        ("2026-01", 2, [1, 0.5, 0.5]),
        ("2026-02", 1, [1, 0]),
    ]
    told = [(each.new, each.stayed, each.returning, each.lapsed) for each in stats.population(found)]
    assert told == [(2, 0, 0, 0), (1, 1, 0, 1), (0, 0, 1, 2)]
    assert stats.retention(found) == pytest.approx(1 / 3)


@given(SAID)
def test_months_add_up(said):
    found = made(said)
    people = counting.humans(found) & (counting.mine_per_person(found, found.said) > 0)
    first_in = {
        int(person) for person in np.flatnonzero(people) if found.first_at[person] >= found.at[found.lead :][:1]
    }
    assert sum(each.size for each in stats.cohorts(found)) >= len(first_in) - len(people)
    for each in stats.cohorts(found):
        assert each.shares[0] == 1
        assert all(0 <= share <= 1 for share in each.shares)
    for before, after in zip(stats.population(found), stats.population(found)[1:], strict=False):
        assert after.stayed + after.lapsed == before.new + before.stayed + before.returning


# ------------------------------------------------------------------ by day
@given(SAID)
def test_days_are_counted_as_one_would_by_hand(said):
    found = made(said, bots=(7,))
    spoken = [(day, person) for day, _, person in said if person != 7]
    for day in range(30):
        there = [person for on, person in spoken if on == day]
        assert counting.per_day(found, found.said)[day] == len(there)
        assert counting.people_per_day(found, found.said)[day] == len(set(there))
        top = counting.top_share(found)[day]
        if there:
            assert top == pytest.approx(max(there.count(person) for person in there) / len(there))
        else:
            assert np.isnan(top)
    people, days = counting.new_speakers(found)
    first = {}
    for day, person in sorted(spoken):
        first.setdefault(person, day)
    assert dict(zip(people.tolist(), days.tolist(), strict=True)) == {who: on for who, on in first.items() if on >= 0}


def test_returning_needs_thirty_days_of_silence():
    def back(days, first):
        begin = datetime(2026, 1, 1, tzinfo=SHANGHAI)
        found = made([(day, 0, 0) for day in days], days=60, first_at=[(begin + timedelta(days=first)).timestamp()])
        return np.flatnonzero(counting.returning(found)).tolist()

    assert back([0, 31], 0) == [31]
    assert back([0, 30], 0) == []
    assert back([10], -300) == [10]
    assert back([10], 10) == []
    assert back([-20, 10, 11], -300) == []


def test_sittings_of_staff():
    found = made([(0, 0, 0), (0, 200, 0), (0, 500, 0), (0, 900, 0), (1, 0, 1)], staff_=(0,))
    assert staff.minutes_per_day(found)[:2].tolist() == pytest.approx([500 / 60 + 1, 0])
    assert staff.guessed({1: 100, 2: 50, 3: 20, 4: 19, 5: 2}) == {1, 2, 3}
    assert staff.guessed({1: 9, 2: 3}) == frozenset()


# ------------------------------------------------------------------ who talks with whom
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=80))
def test_the_reply_graph_is_that_of_networkx(replies):
    pairs = np.array(replies, np.int32).reshape(-1, 2)
    found = graphs.edges(pairs[:, 0], pairs[:, 1])
    graph = nx.MultiDiGraph([(who, whom) for who, whom in replies if who != whom])
    assert set(found) == set(nx.DiGraph(graph).edges)
    assert sum(found.values()) == graph.number_of_edges()
    if found:
        assert graphs.reciprocity(found) == pytest.approx(nx.overall_reciprocity(nx.DiGraph(graph)))
    plain = graphs.undirected(found)
    assert set(graphs.bridges(plain)) == set(nx.articulation_points(nx.Graph(graph)))
    assert list(graphs.undirected(dict(reversed(found.items()))).edges(data=True)) == list(plain.edges(data=True))


def test_two_circles_and_the_one_between_them():
    talk = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 6), (6, 3)]
    said, parent = [], []
    for n, (who, whom) in enumerate(talk):
        said += [(n, 0, whom), (n, 60, who)]
        parent += [-1, 2 * n]
    graph = graphs.reply_graph(made(said, parent=parent))
    assert sorted(graph.nodes) == list(range(7))
    assert len({graph.community[graph.nodes.index(n)] for n in (0, 1, 2)}) == 1
    assert {graph.nodes[place] for place in graph.bridges} == {2, 3, 6}
    exact = nx.betweenness_centrality(nx.Graph(talk))
    for place, node in enumerate(graph.nodes):
        assert graph.betweenness[place] == pytest.approx(exact[node])
    few = graphs.reply_graph(made(said, parent=parent), most=3)
    assert len(few.nodes) <= 3


def test_a_large_graph_is_parted_in_seconds_and_always_the_same_way():
    rng = np.random.default_rng(1)
    circle = rng.integers(0, 10, 2_000)
    pairs = rng.integers(0, 2_000, (60_000, 2))
    close = circle[pairs[:, 0]] == circle[pairs[:, 1]]
    graph = graphs.undirected(graphs.edges(pairs[close][:, 0], pairs[close][:, 1]))
    assert graph.number_of_edges() > graphs.LARGE
    found = graphs.communities(graph)
    assert found == graphs.communities(graph)
    assert {len({circle[node] for node in each}) for each in found} == {1}
    assert graphs.modularity(graph, found) > 0.8


def test_who_is_addressed_by_name():
    names = naming.Names(["张三", "李四", "Bob the Builder", "Bob", "双", "王五", "王五"])
    said = {
        "@李四 你好": 1,
        "问一下@Bob the Builder怎么看": 2,
        "Bob: yes": 3,
        "张三，在吗": 0,
        "张三说得对": -1,
        "@王五 谁": -1,  # two people are called so
        "Hello, everyone": -1,
        "user@example.org": -1,
    }
    assert {text: names.addressed(text) for text in said} == said
