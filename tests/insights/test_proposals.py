"""What is proposed against a finding: a playbook of the library where it says so."""

from qunce.insights.policies.proposals import proposals
from qunce.playbooks.selectors import library_entry


def test_what_is_proposed_is_a_playbook_of_the_library_where_it_says_so():
    named = [each.playbook for each in proposals.values() if each.playbook]
    assert len(named) == 6
    assert all(library_entry(key).key == key for key in named)
