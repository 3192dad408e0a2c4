"""Rows of the insights context, by noun."""

from qunce.insights.models.dictionary import Dictionary as Dictionary
from qunce.insights.models.digests import Digest as Digest
from qunce.insights.models.digests import DigestPlan as DigestPlan
from qunce.insights.models.health import Condition as Condition
from qunce.insights.models.health import Health as Health
from qunce.insights.models.health import PlannedSilence as PlannedSilence
from qunce.insights.models.health import WarningModel as WarningModel
from qunce.insights.models.imports import Import as Import
from qunce.insights.models.imports import ImportedPortion as ImportedPortion
from qunce.insights.models.imports import ImportedStay as ImportedStay
from qunce.insights.models.reports import KeptReport as KeptReport
from qunce.insights.models.reports import ReportPlan as ReportPlan
from qunce.insights.models.series import Filled as Filled
from qunce.insights.models.series import Series as Series
from qunce.insights.models.series import Understood as Understood
