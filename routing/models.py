"""Who is on shift, what is at risk, and who must be told. Fields and constraints only."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class Desk(models.Model):
    """A volunteer's presence on shift. Its row is the lock that keeps capacity."""

    staff = models.OneToOneField("people.Staff", models.CASCADE, primary_key=True, related_name="desk")
    seats = models.PositiveSmallIntegerField(default=2)
    ready = models.BooleanField(default=False)
    ready_since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)


class FlagState(models.TextChoices):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Outcome(models.TextChoices):
    """What a supervisor did about a flag."""

    WATCHED = "watched"
    WHISPERED = "whispered"
    JOINED = "joined"
    TOOK_OVER = "took_over"
    EMERGENCY_ACTION = "emergency_action"
    FALSE_FLAG = "false_flag"


class Flag(models.Model):
    """A risk that a supervisor must acknowledge and resolve.

    One unresolved flag a conversation and `kind`: what comes while it is open is added to it. `reasons` is a list of
    `{"label", "template", "seq", "start", "end", "level"}`: offsets into a message, never its words. `raised_by` is
    null for the screen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("conversations.Conversation", models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=12, default="risk")
    level = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)
    note_sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=12, choices=FlagState.choices, default=FlagState.OPEN)
    raised_at = models.DateTimeField()
    raised_by = models.UUIDField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    reason_sealed = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "kind"],
                condition=~Q(state=FlagState.RESOLVED),
                name="one_unresolved_flag",
            ),
        ]
        indexes: ClassVar = [
            # routing.board: the supervisors' list.
            models.Index(fields=["state"], condition=~Q(state="resolved"), name="flag_unresolved"),
        ]


class Page(models.Model):
    """A call for a supervisor on one rung of the ladder; written by escalation, sent by the edges."""

    flag = models.ForeignKey(Flag, models.CASCADE, related_name="pages")
    rung = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=8)
    staff = models.ForeignKey("people.Staff", models.CASCADE, null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="due")
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flag", "rung", "channel", "staff"], name="page_once"),
        ]
