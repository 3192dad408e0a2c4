"""Rows of the insights context, by noun."""

from qunce.insights.models.dictionary import Dictionary as Dictionary
from qunce.insights.models.series import Filled as Filled
from qunce.insights.models.series import Series as Series
