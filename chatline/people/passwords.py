"""Long passwords that are guessed first all the same; lists of common ones know only short ones."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

FEWEST_SIGNS = 6
"""Different ones in a password: the same key fifteen times is the first that anybody tries."""


class NotObvious:
    """Refuses what repeats itself, uses few signs, or is the person's name with little around it."""

    def validate(self, password: str, user: Any = None) -> None:
        folded = password.casefold()
        names = [getattr(user, name, "").casefold() for name in ("username", "name")] if user else []
        left = min((len(folded.replace(name, "")) for name in names if name), default=len(folded))
        if len(set(folded)) < FEWEST_SIGNS or _repeats(folded) or left <= len(folded) // 2:
            raise ValidationError(
                gettext("This is guessed too easily. Take a phrase of your own."), code="obvious"
            )

    def get_help_text(self) -> str:
        return gettext("A phrase of your own is best: it repeats nothing, and is not your name.")


def _repeats(text: str) -> bool:
    """Whether it is one shorter text, again and again."""
    return text in (text + text)[1:-1]
