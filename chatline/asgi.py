"""Where a server finds us: pages by Django, sockets by `consumers`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
django.setup(set_prefix=False)

# These need Django to be set up.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from chatline.checks import refuse_unsafe  # noqa: E402
from chatline.pages import Pages  # noqa: E402
from consumers.urls import polls, sockets  # noqa: E402

refuse_unsafe()

application = ProtocolTypeRouter(
    {
        "http": URLRouter([*polls, re_path("", Pages())]),  # type: ignore[arg-type]  # ASGI, not a view
        # A socket opened by a page of another origin is refused: staff's cookies must not open one for it.
        "websocket": OriginValidator(sockets, settings.ORIGINS),
    }
)
