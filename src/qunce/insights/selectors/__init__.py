"""Reads of the insights context, by noun."""

from qunce.insights.selectors.dictionary import dictionary as dictionary
