"""A bare Django view that inserts one row, on the line's server and database: the least that taking a text in can cost.

python -m tools.bench.bare 8123 postgres://...
"""

import sys
from typing import ClassVar

import django
from django.conf import settings

from chatline.settings import database

if __name__ == "__main__":
    settings.configure(
        DATABASES={"default": database(sys.argv[2])},
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="nothing is signed here",  # noqa: S106
    )
    django.setup()

# These need the settings above.
from django.core.asgi import get_asgi_application
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.urls import path

from chatline.management import server


class Row(models.Model):
    objects: ClassVar[models.Manager["Row"]] = models.Manager()

    sid = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=20)
    body = models.TextField()

    class Meta:
        app_label = "bare"


def inbound(request: HttpRequest) -> HttpResponse:
    form = request.POST
    Row.objects.create(sid=form["MessageSid"], sender=form["From"], body=form["Body"])
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [path("sms/inbound/", inbound)]

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    connection.close()
    server.run(get_asgi_application(), "127.0.0.1", int(sys.argv[1]))
