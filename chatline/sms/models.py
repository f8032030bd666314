"""What only the bridge must remember: texts that no line has yet, answers to staff, how fast each number may send."""

import uuid

from django.db import models


class Stray(models.Model):
    """A text kept sealed until its number is added to a line; then it is received like any other.

    `sealed` holds the whole form under the stray's own key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider_id = models.CharField(max_length=64, unique=True)
    to = models.CharField(max_length=20)
    sealed = models.BinaryField()
    at = models.DateTimeField()


class Sender(models.Model):
    """How fast a number of ours may send: a bucket of `tokens` (parts of texts), as full as it was at `filled_at`.

    Until `paused_until` nothing is sent from it.
    """

    number = models.CharField(max_length=20, primary_key=True)
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField()
    paused_until = models.DateTimeField(null=True)


class Answer(models.Model):
    """What somebody of the staff is to be told who answered a page by text: sent at most once, and gone then.

    `purpose` says which words, `sender` is the number of ours that they texted.
    """

    page = models.ForeignKey("routing.Page", models.CASCADE, related_name="+")
    sender = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10)
    not_before = models.DateTimeField()
    at = models.DateTimeField()
