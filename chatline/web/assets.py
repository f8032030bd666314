"""Static files as they are collected: scripts without their comments, under names that change with their content.

There is no other step between what is read and what runs, so that anybody can compare the two.
"""

import re
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage, CompressedStaticFilesStorage

_COMMENTS = re.compile(r"^[ \t]*/\*[\s\S]*?\*/[ \t]*\n|^[ \t]*//[^\n]*\n|/\*\* @[^*]*\*/ ?", re.MULTILINE)


def without_comments(script: str) -> str:
    """Leaves out whole lines of comment, and types. Over 50 kbit/s a chat is live half a second sooner for it.

    Only for scripts of our own: nowhere in them may a line of a text begin like a comment.
    """
    return _COMMENTS.sub("", script)


class _Bare:
    def _save(self, name: str, content: Any) -> str:
        if name.endswith(".js"):
            content.seek(0)  # the name with its content in it was made by reading it
            content = ContentFile(without_comments(content.read().decode()).encode())
        saved: str = super()._save(name, content)  # type: ignore[misc]  # of the storage beside which this stands
        return saved


class Assets(_Bare, CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # Scripts import one another this deep at most; a name changes with whatever lies below it.
    max_post_process_passes = 12


class PlainAssets(_Bare, CompressedStaticFilesStorage):
    """Under their own names; for the demo."""
