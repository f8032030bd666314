from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from consumers.poll import poll
from consumers.visitor import VisitorSocket
from consumers.volunteer import DeskSocket

sockets = URLRouter(
    [
        path("ws/visitor/<slug:line>/", VisitorSocket.as_asgi()),  # type: ignore[arg-type]  # ASGI, not a view
        path("ws/desk/", AuthMiddlewareStack(DeskSocket.as_asgi())),
    ]
)
polls = [path("poll/<slug:line>/", poll)]  # type: ignore[arg-type]  # the same
