"""The bare relay: what Channels' own tutorial builds, on the line's server. It keeps nothing and knows nobody.

`/relay/<name>,<name>/` joins a group for each name, here a conversation; what a socket says goes to all of its groups.
"""

import sys
from typing import Any

import django
from django.conf import settings

settings.configure(CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}})
django.setup()

# These need the settings above.
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from chatline.management import server  # noqa: E402


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels carries no types
    async def connect(self) -> None:
        self.names = self.scope["url_route"]["kwargs"]["names"].split(",")
        for name in self.names:
            await self.channel_layer.group_add(name, self.channel_name)
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        for name in self.names:
            await self.channel_layer.group_send(name, {"type": "relayed", "text": text_data})

    async def relayed(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])

    async def disconnect(self, code: int) -> None:
        for name in self.names:
            await self.channel_layer.group_discard(name, self.channel_name)


application = ProtocolTypeRouter({"websocket": URLRouter([path("relay/<names>/", Relay.as_asgi())])})


if __name__ == "__main__":
    server.run(application, "127.0.0.1", int(sys.argv[1]))
