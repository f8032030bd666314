"""What a verb raises when it refuses. The edges turn these into frames, pages or status codes in one place each."""


class ChatlineError(Exception):
    """A refusal that a person or a program can act on.

    `code` is stable and belongs to the contract (clients and tests match on it); `detail` is for people and never
    holds a visitor's words or number; `retry_after` is seconds to wait before the same request may succeed, or None.
    """

    code = "refused"
    detail = "This cannot be done."
    retry_after: float | None = None

    def __init__(
        self, detail: str | None = None, *, code: str | None = None, retry_after: float | None = None
    ):
        self.code = code or self.code
        self.detail = detail or self.detail
        self.retry_after = retry_after if retry_after is not None else self.retry_after
        super().__init__(f"{self.code}: {self.detail}")


class BadInput(ChatlineError):
    """The request itself is wrong; sending it again unchanged cannot succeed."""

    code = "bad_input"


class NotFound(ChatlineError):
    """Absent, or not for this person to see: the answer is the same on purpose."""

    code = "not_found"
    detail = "There is no such thing here."


class Refused(ChatlineError):
    """Understood, allowed to ask, and not possible in the present state."""


class TryAgain(ChatlineError):
    """Nothing was stored and nothing is wrong with the request: the same one may be sent again."""

    code = "try_again"
    detail = "Not saved yet. Please try again."
    retry_after = 1.0
