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
    `{"label", "template", "category", "seq", "start", "end", "level"}`: offsets into a message, never its words; no
    category where a person raised it. `raised_by` is null for the screen.

    While it is open it climbs its line's ladder: `climb` counts how often it began to, `step` how many steps of that
    climb were taken, `climbs_since` is when the present round of them began, `next_at` when the next one is due (null
    while it does not climb). `unanswered_at` is when all steps had been taken once and nobody had answered.
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
    climb = models.PositiveIntegerField(default=1)
    step = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    climbs_since = models.DateTimeField(null=True)
    unanswered_at = models.DateTimeField(null=True)

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
            # routing.climbing: whose next step is due.
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="flag_climbing"),
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


class Contact(models.Model):
    """How somebody of the staff is reached when they are not at a screen. Sealed under a key of their own."""

    staff = models.OneToOneField("people.Staff", models.CASCADE, primary_key=True, related_name="contact")
    phone_sealed = models.BinaryField(null=True)
    email_sealed = models.BinaryField(null=True)


class OnCall(models.Model):
    """One place of a line's on-call list."""

    line = models.ForeignKey("lines.Line", models.CASCADE, related_name="on_call")
    staff = models.ForeignKey("people.Staff", models.CASCADE, related_name="on_call")
    place = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "staff"], name="on_call_once"),
        ]


class PageState(models.TextChoices):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"  # the provider or the other system has it; or it stands on a screen
    DELIVERED = "delivered"  # it is said to have arrived
    FAILED = "failed"  # it is certain that it did not, and it is not tried again
    UNKNOWN = "unknown"  # whoever sent it died meanwhile: never sent again, the ladder goes on
    DROPPED = "dropped"  # somebody had acknowledged it, or there was no way to reach them
    DEAD = "dead"  # another system did not take it, however often it was tried: shown to supervisors


class Page(models.Model):
    """A call about a flag or an alarm, to one person or system by one channel: written here, sent by the edges.

    Step `step` of the flag's climb `climb`; both 0 for an alarm. `target` is who or what is called, in one word: the
    id of the staff or hook, or a plug-in's name. `oid` is our id for it everywhere else; whoever answers a text gives
    its `code`. It is not sent before `not_before`.
    """

    oid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    flag = models.ForeignKey(Flag, models.CASCADE, null=True, related_name="pages")
    alarm = models.ForeignKey("people.Alarm", models.CASCADE, null=True, related_name="pages")
    climb = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    channel = models.CharField(max_length=8)
    target = models.CharField(max_length=60)
    staff = models.ForeignKey("people.Staff", models.CASCADE, null=True, related_name="pages")
    hook = models.ForeignKey("lines.Hook", models.CASCADE, null=True, related_name="pages")
    code = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=10, choices=PageState.choices, default=PageState.DUE)
    level = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    not_before = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001  # none until accepted
    error = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flag", "climb", "step", "channel", "target"], name="page_once"),
            models.UniqueConstraint(fields=["alarm", "channel", "target"], name="page_of_alarm_once"),
            models.CheckConstraint(
                condition=Q(flag=None, alarm__isnull=False) | Q(flag__isnull=False, alarm=None),
                name="page_about_one",
            ),
        ]
        indexes: ClassVar = [
            # routing.pages: what is to be sent, and what was left half-sent.
            models.Index(
                fields=["not_before"], condition=Q(state__in=["due", "sending"]), name="page_under_way"
            ),
            # routing.pages: what other systems did not take.
            models.Index(fields=["made_at"], condition=Q(state="dead"), name="page_dead"),
        ]
