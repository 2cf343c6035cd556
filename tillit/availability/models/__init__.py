"""Maintenance rules and windows, parts of the service, incidents, and who was shown which notice.

All but the receipts are the operator's own and the same for every tenant; a window may concern one wave or region only.
Django finds a room's tables here, so their names are gathered here.
"""

from tillit.availability.models.components import Component
from tillit.availability.models.incidents import (
    Incident,
    IncidentTemplate,
    IncidentUpdate,
    PostmortemDraft,
    UpdateVersion,
)
from tillit.availability.models.mails import MailChoice, MailedNotice
from tillit.availability.models.rules import A_FEW_SECONDS, Effect, Interruption, MaintenanceRule
from tillit.availability.models.windows import MaintenanceWindow, NoticeReceipt, WindowVersion
from tillit.availability.models.work import NoticeFigure, NoticeProof, NoticeReach, WindowWork

__all__ = [
    "A_FEW_SECONDS",
    "Component",
    "Effect",
    "Incident",
    "IncidentTemplate",
    "IncidentUpdate",
    "Interruption",
    "MailChoice",
    "MailedNotice",
    "MaintenanceRule",
    "MaintenanceWindow",
    "NoticeFigure",
    "NoticeProof",
    "NoticeReach",
    "NoticeReceipt",
    "PostmortemDraft",
    "UpdateVersion",
    "WindowVersion",
    "WindowWork",
]
