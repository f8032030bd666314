"""A page as an e-mail. Plain, without words of anybody; what is in doubt is not sent again."""

import contextlib
import smtplib
import ssl

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from chatline.paging.outcomes import NotTaken, Outcome, Refused, Taken, Unknown
from chatline.paging.telling import Letter

SECONDS = 10
"""For each wait for the mail server."""


def send(letter: Letter) -> Outcome:
    """Hands it to the mail server."""
    if not settings.EMAIL_URL:
        return Refused("no_mail_server")
    if not letter.to:
        return Refused("no_address")
    server = get_connection(timeout=SECONDS)
    try:
        server.open()
    except OSError as failure:  # smtplib's own are among them
        return NotTaken(_code(failure))
    try:
        server.send_messages([_message(letter)])
    except smtplib.SMTPException as answer:
        return _of_answer(answer)
    except OSError as failure:
        return Unknown(_code(failure))
    finally:
        # What was taken stays taken, however the server says goodbye.
        with contextlib.suppress(OSError):
            server.close()
    return Taken()


def _message(letter: Letter) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        letter.subject,
        letter.body,
        to=[letter.to],
        headers={
            # Whoever gets it twice sees it once.
            "Message-ID": f"<{letter.oid}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _of_answer(answer: smtplib.SMTPException) -> Outcome:
    """4xx: not now. 5xx: never. Anything else may have come after it was taken (RFC 5321, 4.2.1)."""
    code = _status(answer)
    if 400 <= code < 500:
        return NotTaken(f"smtp_{code}")
    return Refused(f"smtp_{code}") if code >= 500 else Unknown("no_answer")


def _status(answer: smtplib.SMTPException) -> int:
    if isinstance(answer, smtplib.SMTPRecipientsRefused):
        return min(code for code, _ in answer.recipients.values())
    return answer.smtp_code if isinstance(answer, smtplib.SMTPResponseException) else 0


def _code(failure: OSError) -> str:
    if isinstance(failure, TimeoutError):
        return "timeout"
    if isinstance(failure, smtplib.SMTPAuthenticationError):
        return "sign_in_refused"
    return "tls" if isinstance(failure, ssl.SSLError) else "unreachable"
