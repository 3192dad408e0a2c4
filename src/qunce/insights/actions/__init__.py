"""Changes of the insights context, by noun."""

from qunce.insights.actions.dictionary import set_dictionary as set_dictionary
