"""What the provider itself does with STOP, START and HELP to an ordinary number; to a short code it does nothing. Pure.

Rules: https://help.twilio.com/articles/223134027 (single words, whole message, the text still reaches the webhook).
"""

STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "CANCEL", "REVOKE", "OPTOUT"}
START = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}

STOPPED = "You have successfully been unsubscribed. You will not receive any more messages from this number. \
Reply START to resubscribe."
STARTED = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. \
Reply STOP to unsubscribe. Msg&Data Rates May Apply."
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


def answer(words: str, sender: str, stopped: list[str]) -> str | None:
    """The provider's own answer to a text to `sender`, if it has one; `stopped` of the phone is kept true."""
    word = words.strip().upper()
    if word in STOP:
        if sender in stopped:
            return None
        stopped.append(sender)
        return STOPPED
    if word in START and sender in stopped:
        stopped.remove(sender)
        return STARTED
    return HELPED if word in HELP and sender not in stopped else None
