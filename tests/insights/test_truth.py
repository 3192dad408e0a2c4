"""Real histories, taken over as people do it: every figure is that of independent code."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from qunce.insights.actions import imports, runs
from qunce.insights.actions import series as filling
from qunce.insights.importer import Source, importers
from qunce.insights.policies import graphs
from qunce.insights.policies import statistics as stats
from qunce.insights.selectors import series
from qunce.insights.selectors.facts import coverage, facts, stretch_of
from qunce.insights.selectors.truth import truth
from qunce.insights.types import Options, Reading
from qunce.kernel.actor import SYSTEM
from tests.support.world import a_community

pytestmark = pytest.mark.django_db(transaction=True)
DATA = Path(__file__).parents[3] / "shared/data"
OF_THE_FILE = {
    *("lines", "unparsed_lines", "raw_records", "subtype_counts", "reaction_total", "users_json", "channels_json"),
    *("distinct_users_with_join_event", "users_never_posting", "counted_as_message", "timezone"),
    *("messages_per_channel", "reply_edges_rule", "km_lifelines_S_at_days", "km_lifelines_median_days"),
}
"""What is said of the file or of the computation, and not of the history."""


def taken_over(path, importer_key):
    """Every chat of an export in a group of its own; returns the groups' ids."""
    if not path.exists():
        pytest.skip("needs the real histories beside the repository (../shared/data)")
    source = Source(path)
    home = a_community(zone="UTC")
    groups = []
    for chat in importers[importer_key]().chats(source, Reading()):
        run = imports.begin_import(
            actor=SYSTEM,
            source=source,
            importer_key=importer_key,
            chat=chat.key,
            community_id=home.pk,
            options=Options(zone="UTC"),
        )
        runs.run_import(import_id=run.pk, source=source)
        groups.append(run.group_id)
    return groups


def compare(found, folder):
    expected = json.loads((DATA / folder / "ground_truth.json").read_text())
    expected["modularity_greedy_nx"] = pytest.approx(expected["modularity_greedy_nx"], abs=0.05)
    for key in ("median_gap_s", "median_s_to_next_msg_by_other_sender"):  # the last digits are of floats
        expected[key] = pytest.approx(expected[key], abs=1e-5)
    wrong = {
        key: (found.get(key), value)
        for key, value in expected.items()
        if key not in OF_THE_FILE and found.get(key) != value
    }
    assert not wrong


def test_a_room_of_28_586_messages():
    (group_id,) = taken_over(DATA / "gitter-docker/docker_chatFormat.txt", "gitter")
    compare(truth(group_id), "gitter-docker")
    whole = stretch_of(group_id)
    found = facts(group_id, whole)
    assert found.staff_is_guessed
    assert coverage(found).inferred > 10_000
    curve = stats.survival_curve(found)
    assert curve.at(30) == pytest.approx(0.221272, abs=1e-6)  # no bots, nobody merged: people are senders here
    assert stats.retention(found) == pytest.approx(0.131624, abs=1e-6)
    graph = graphs.reply_graph(found, most=100)
    assert len(graph.nodes) <= 100
    assert graph.community
    filling.fill(group_ids=[group_id])
    days = series.one(SYSTEM, group_id, ["messages", "new_speakers"], whole)
    assert np.nansum(days["messages"]) == 28_586
    assert np.nansum(days["new_speakers"]) == 2_356


def test_a_workspace_with_its_channels_together():
    groups = taken_over(DATA / "slack-houstondatavis-export/export", "slack")
    compare(truth(groups), "slack-houstondatavis-export")
    assert truth(groups[0], ZoneInfo("Asia/Shanghai"))["timezone"] == "Asia/Shanghai"
