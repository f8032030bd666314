"""What a call says, as the provider wants it written: https://www.twilio.com/docs/voice/twiml

Pressing a key is what counts: an answering machine presses none.
"""

from uuid import UUID

from twilio.twiml.voice_response import VoiceResponse

from chatline.sms import addresses

TIMES = 2
WAITS = 8
"""Seconds for a key, after each time that it is said."""

LANGUAGE = "en-US"


def question(words: str, page: UUID) -> str:
    """Says it twice, and waits for a key each time."""
    said = VoiceResponse()
    for _ in range(TIMES):
        asked = said.gather(num_digits=1, timeout=WAITS, action=addresses.key_pressed(page), method="POST")
        asked.say(words, language=LANGUAGE)
    return str(said)


def statement(words: str) -> str:
    """Says it once and hangs up."""
    said = VoiceResponse()
    said.say(words, language=LANGUAGE)
    said.hangup()
    return str(said)


def nothing() -> str:
    """Hangs up."""
    said = VoiceResponse()
    said.hangup()
    return str(said)
