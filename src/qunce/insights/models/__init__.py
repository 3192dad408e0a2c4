"""Rows of the insights context, by noun."""

from qunce.insights.models.imports import Import as Import
from qunce.insights.models.imports import ImportedStay as ImportedStay
