"""Rows of the insights context, by noun."""

from qunce.insights.models.imports import Import as Import
from qunce.insights.models.imports import ImportedStay as ImportedStay
from qunce.insights.models.series import Filled as Filled
from qunce.insights.models.series import Series as Series
from qunce.insights.models.series import Understood as Understood
