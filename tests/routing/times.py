"""What somebody who texts is sent, and time that passes for the line."""

from datetime import datetime, timedelta

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Delivery, Message
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import State
from routing import dispatcher, timers

MINUTE = timedelta(minutes=1)


def sent() -> list[str]:
    """The purposes of everything that was to be texted, in order."""
    return list(Delivery.objects.order_by("id").values_list("purpose", flat=True))


def everything_arrives() -> None:
    Delivery.objects.update(state="delivered")
    Message.objects.exclude(delivery="").update(delivery="delivered")


def tick(now: datetime) -> None:
    """Once around, at this moment, as a worker goes."""
    timers.expire_waiting(now)
    timers.tell_waiting(now)
    timers.end_silences(now)
    dispatcher.carry_out_closes(now)


def pass_minutes(start: datetime, minutes: int, *, every: int = 5) -> None:
    """A worker goes around every few minutes."""
    for minute in range(0, minutes + 1, every):
        tick(start + minute * MINUTE)


def now_open() -> Conversation:
    return Conversation.objects.exclude(state=State.CLOSED).get()


def opened(message: Message) -> str:
    place = place_of_text(message.conversation_id, message.seq)
    return keys.sealer(message.conversation_id).unseal(bytes(message.text_sealed), place)
