"""Who works on a line, what they did, and what an operator must see."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from chatline.people.session_store import SessionStore


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(username__iexact=username)


class Staff(AbstractBaseUser):
    """A volunteer, supervisor or manager; what they may do is said by their memberships.

    `name` is what visitors read. There is no superuser and no Django admin: everything is done by verbs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=40)
    languages = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.username


class Role(models.TextChoices):
    VOLUNTEER = "volunteer"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"


class Membership(models.Model):
    """What one person may do on one line."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="memberships")
    line = models.ForeignKey("lines.Line", models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["staff", "line", "role"], name="membership_once"),
        ]


class StaffSession(AbstractBaseSession):
    """A browser in which somebody signed in, or is about to (then `staff` and `began_at` are null).

    `expire_date` is when it ends unless it is used before. Neither an address nor what browser it is stands here.
    """

    staff = models.ForeignKey(Staff, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class AuditEntry(models.Model):
    """Something a person did that others may ask about later. Holds ids and reasons, never a visitor's words.

    `mac` is over all of it, under a key that the database does not hold (`chain.py`). `nonce` is under it and there
    once, so that a copy of an entry is no entry. Those of before have neither.
    """

    at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    detail = models.JSONField(default=dict)
    nonce = models.UUIDField(unique=True, null=True, default=uuid.uuid4, editable=False)
    mac = models.BinaryField(default=b"")


class AuditLink(models.Model):
    """An entry's place in the chain (`chain.py`). No foreign key on purpose: an entry that is gone must leave a gap."""

    number = models.PositiveBigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    hash = models.BinaryField()


class AuditHead(models.Model):
    """A signed claim of how many links there were, and what the last one was. The one of number 0 is only a lock."""

    number = models.PositiveBigIntegerField(primary_key=True)
    hash = models.BinaryField()
    at = models.DateTimeField()
    signature = models.BinaryField()


class Alarm(models.Model):
    """What an operator or supervisor must see until it is mended: one row for each code and subject."""

    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "subject"], condition=models.Q(cleared_at=None), name="alarm_open_once"
            ),
        ]
