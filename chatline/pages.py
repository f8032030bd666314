"""Pages and webhooks in one hop: a request goes to a thread once, with all of its middleware, and comes back once.

Django's own handler goes back and forth for each change between middleware that is asynchronous and such that is not
(WhiteNoise is not), and each time waits for whatever thread is at work. Ours are synchronous all the way.
"""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Pages(ASGIHandler):
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
