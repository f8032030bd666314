"""Texts that came to a number no line has yet."""

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
