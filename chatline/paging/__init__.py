"""Pages that leave by e-mail, signed request or plug-in. `Called` is what the other end is told, words apart."""

from chatline.paging.called import Called

__all__ = ["Called"]
