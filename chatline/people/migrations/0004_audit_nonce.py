import uuid
from typing import Any

from django.db import migrations, models

from chatline.people import triggers


def refuse_changes(apps: Any, editor: Any) -> None:
    triggers.install(editor.connection)


def allow_changes(apps: Any, editor: Any) -> None:
    triggers.remove(editor.connection)


class Migration(migrations.Migration):
    """Entries of before keep none: their MAC is over what they had. From here on the database refuses changes."""

    dependencies = [("people", "0003_audit_chain")]

    operations = [
        migrations.RunPython(allow_changes, refuse_changes),
        migrations.AddField("auditentry", "nonce", models.UUIDField(null=True, editable=False)),
        migrations.AlterField(
            "auditentry",
            "nonce",
            models.UUIDField(default=uuid.uuid4, editable=False, null=True, unique=True),
        ),
        migrations.RunPython(refuse_changes, allow_changes),
    ]
