"""What an organisation offers: its lines, and how people reach them."""

import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


def new_try_code() -> str:
    return f"try {secrets.randbelow(90_000) + 10_000}"


PAUSED_WORDS = 160
"""Code points of what those who come are told while a line is paused."""


class Line(models.Model):
    """One service with its own name, languages, hours, numbers and sites.

    `short_name` stands in texts and on lock screens, so it is discreet. `emergency` is the number to call in
    danger, `alternatives` two other ways to get help. Durations are in the unit that their name says.
    `most_waiting` is how many may wait before newcomers are told that the line is full; null for no limit. From
    `paused_at` on nobody answers, until it is null again (`resumed_at`). A person who is silent is asked after
    `quiet_ask_minutes` and let go after `quiet_close_minutes`; 0 for never.

    For its pages: `launcher` is what the button on other websites says, `leave_label` what the button to leave fast
    says (the pages' own words where they are empty), `tab_title` what stands in tabs and in a browser's history.
    `alternatives_minutes` is the wait after which other ways to get help are shown by themselves, and `asks_feeling`
    whether people are asked how upset they are. `paused_words` is what those who come are told while it is paused.

    For its desks: `asks_risk` is whether a volunteer must say, before they close, that they asked about suicide or why
    not; `offer_minutes` how long a colleague has to accept somebody who is passed on; `talk_minutes` after how long a
    volunteer is reminded of a break. Where `passkeys_only` is set, whoever supervises or manages it signs in with a
    passkey; a code of an app, which can be asked of them by somebody who pretends to be this line, does not do.

    `opened_at` is null until a manager opens it. Before that whoever comes reads that it is closed, except for those
    who say its `try_code`, which is shown to managers alone: theirs is a drill (`routing/trying.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=24)
    languages = models.JSONField(default=list)
    time_zone = models.CharField(max_length=40, default="UTC")
    emergency = models.CharField(max_length=20, default="911")
    alternatives = models.CharField(max_length=160, blank=True)
    info_url = models.URLField(blank=True)
    exit_url = models.URLField(default="https://www.wikipedia.org/")
    allow_choosing = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    keep_words_days = models.PositiveIntegerField(default=30)
    keep_number_hours = models.PositiveIntegerField(default=24)
    absence_minutes = models.PositiveIntegerField(default=5)
    quiet_ask_minutes = models.PositiveIntegerField(default=10)
    quiet_close_minutes = models.PositiveIntegerField(default=25)
    wait_expire_hours = models.PositiveIntegerField(default=12)
    most_waiting = models.PositiveIntegerField(null=True, blank=True)
    launcher = models.CharField(max_length=40, blank=True)
    leave_label = models.CharField(max_length=20, blank=True)
    tab_title = models.CharField(max_length=40, blank=True)
    alternatives_minutes = models.PositiveIntegerField(default=5)
    asks_feeling = models.BooleanField(default=True)
    paused_words = models.CharField(max_length=PAUSED_WORDS, blank=True)
    asks_risk = models.BooleanField(default=True)
    offer_minutes = models.PositiveIntegerField(default=2)
    talk_minutes = models.PositiveIntegerField(default=90)
    passkeys_only = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    try_code = models.CharField(max_length=12, default=new_try_code)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Number(models.Model):
    """A number or short code of the line itself; public, so it is kept in the clear.

    `per_second` is how many parts of texts its carrier takes in a second; null for what its kind usually may
    (`sms/pace.py`).
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=20, unique=True)
    account = models.CharField(max_length=34, blank=True)
    per_second = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


def new_site_key() -> str:
    return secrets.token_urlsafe(12)


class Site(models.Model):
    """A website that may show the chat; `origins` are the exact ones that may frame it.

    From `revoked_at` on the chat is shown there no more. `checked_at` is when leaving fast was last seen to work in a
    page of `checked_on`, an origin; null while it was never seen to.
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="sites")
    key = models.CharField(max_length=32, unique=True, default=new_site_key)
    name = models.CharField(max_length=60)
    origins = models.JSONField(default=list)
    revoked_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_on = models.CharField(max_length=200, blank=True)


class Hours(models.Model):
    """When the line is open, in its own time zone. No rows at all: always open."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday")
    opens = models.TimeField()
    closes = models.TimeField()


class Holiday(models.Model):
    line = models.ForeignKey(Line, models.CASCADE, related_name="holidays")
    day = models.DateField()
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)


class Script(models.Model):
    """A line's own wording of an automatic text; without one the file in `templates/texts/` speaks.

    That of the purpose `alternatives` speaks in the place of the line's own in its language, on pages too.
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="scripts")
    purpose = models.CharField(max_length=30)
    language = models.CharField(max_length=10)
    text = models.CharField(max_length=480)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "purpose", "language"], name="script_once"),
        ]


class Resource(models.Model):
    """Somewhere to send a person, or an exercise to do with them (`kind`). `text` is what is sent to them."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="resources")
    kind = models.CharField(max_length=10, default="resource")
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=480)
    language = models.CharField(max_length=10, default="en")
    place = models.PositiveSmallIntegerField(default=0)


class Reply(models.Model):
    """Words that volunteers use often, found by `shortcut`; always shown and edited before they are sent."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="replies")
    shortcut = models.CharField(max_length=30)
    text = models.CharField(max_length=480)
    language = models.CharField(max_length=10, default="en")
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "shortcut", "language"], name="reply_once"),
        ]


class Rung(models.Model):
    """One rung of a line's ladder: so many seconds `after` a flag is open, these people are paged by this channel.

    `whom` and `channel` are words of `ladders.py`. Rungs of one moment are one step.
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="rungs")
    after = models.PositiveIntegerField()
    whom = models.CharField(max_length=12)
    channel = models.CharField(max_length=8)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "after", "whom", "channel"], name="rung_once"),
        ]


class Hook(models.Model):
    """Another system that is told of this line's flags by a signed request; with the words only if `words` says so.

    `oid` names it to that system and gives it its secret (`paging`): a new one is a new secret.
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="hooks")
    oid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40)
    url = models.URLField()
    words = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "name"], name="hook_once"),
        ]


class Phrase(models.Model):
    """What a line's risk screen finds besides the project's own phrases, written as those are (`routing/risk`)."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="phrases")
    language = models.CharField(max_length=10)
    category = models.CharField(max_length=12)
    level = models.CharField(max_length=8)
    text = models.CharField(max_length=120)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "language", "text"], name="phrase_once"),
        ]


class Change(models.Model):
    """One save of one section of a line's sheet (`lines/sheet.py`), as it was and as it became; undone within a day."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="changes")
    section = models.CharField(max_length=20)
    before = models.JSONField()
    after = models.JSONField()
    by = models.UUIDField(null=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
