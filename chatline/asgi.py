"""Where a server finds us: pages by Django, sockets by `consumers`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
django.setup(set_prefix=False)

# These need Django to be set up.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from chatline.checks import refuse_unsafe  # noqa: E402
from chatline.pages import Pages  # noqa: E402
from consumers.origins import from_our_pages  # noqa: E402
from consumers.urls import polls, sockets  # noqa: E402

refuse_unsafe()

application = ProtocolTypeRouter(
    {
        "http": URLRouter([*polls, re_path("", Pages())]),  # type: ignore[arg-type]  # ASGI, not a view
        "websocket": from_our_pages(sockets),
    }
)
