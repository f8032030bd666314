"""Who is on shift, what is at risk, and who must be told. Fields and constraints only."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class Desk(models.Model):
    """A volunteer's presence on shift. Its row is the lock that keeps capacity. `begun_at` is when this shift began.

    `gone_at` is when a worker found that it was not seen for a while (`absence.py`); being seen later makes it void.
    """

    staff = models.OneToOneField("people.Staff", models.CASCADE, primary_key=True, related_name="desk")
    seats = models.PositiveSmallIntegerField(default=2)
    ready = models.BooleanField(default=False)
    ready_since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)


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
            # routing.reports: flags of a span of days.
            models.Index(fields=["raised_at"], name="flag_raised"),
        ]


class HelpKind(models.TextChoices):
    ADVICE = "advice"
    HAND_OVER = "hand_over"  # would a supervisor take this
    ABUSE = "abuse"  # given up at once, without a question


class Help(models.Model):
    """A volunteer asks a supervisor. One that is not ended a conversation; `note_sealed` is what they wrote."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("conversations.Conversation", models.PROTECT, related_name="helps")
    kind = models.CharField(max_length=10, choices=HelpKind.choices)
    note_sealed = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("people.Staff", models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(ended_at=None), name="one_standing_help"
            ),
        ]


class EmergencyAction(models.Model):
    """What was done when a life was in danger, as a supervisor writes it down, and a second person signs.

    `consent` is whether the person agreed. `details_sealed` is a JSON object of what was written: tried, agency,
    call_taker, reference. The times and the outcome hold no words and stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("conversations.Conversation", models.PROTECT, related_name="emergencies")
    flag = models.ForeignKey(Flag, models.PROTECT, null=True, related_name="emergencies")
    consent = models.CharField(max_length=8)
    details_sealed = models.BinaryField(null=True)
    called_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20)
    by = models.ForeignKey("people.Staff", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    signed_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)


class Wallboard(models.Model):
    """A screen on the wall: who has its token sees figures of these lines and nothing else. Only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(unique=True)
    lines = models.ManyToManyField("lines.Line", related_name="wallboards")
    made_by = models.UUIDField()
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Pulse(models.Model):
    """When a worker last went its rounds, so that whoever looks at a wall sees that time stands still."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()


class Page(models.Model):
    """A call for somebody on one rung of the ladder, about a flag or an alarm: written here, sent by the edges."""

    flag = models.ForeignKey(Flag, models.CASCADE, null=True, related_name="pages")
    alarm = models.ForeignKey("people.Alarm", models.CASCADE, null=True, related_name="pages")
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
            models.UniqueConstraint(fields=["alarm", "rung", "channel", "staff"], name="page_of_alarm_once"),
            models.CheckConstraint(
                condition=Q(flag=None, alarm__isnull=False) | Q(flag__isnull=False, alarm=None),
                name="page_about_one",
            ),
        ]
