"""Who wants maintenance by mail, and what was sent."""

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint

from tillit.availability.models.windows import MaintenanceWindow
from tillit.foundation.models import User
from tillit.foundation.tenancy import TenantModel


class MailChoice(TenantModel):
    """That a person said whether maintenance is to be told by mail. Without a row, administrators are told."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint("tenant", "user", name="one_mail_choice_each")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.wanted}"


class MailedNotice(TenantModel):
    """That a person was written to about a window as it was then: a move or a cancellation has another sequence."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    window = models.ForeignKey(MaintenanceWindow, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint("tenant", "user", "window", "sequence", name="one_mail_of_each_sequence")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.window_id}.{self.sequence}"
