"""Every address. Sockets are in `consumers/urls.py`."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("sms/", include("chatline.sms.urls")),
    path("", include("chatline.web.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("chatline.demo.urls")))

handler429 = "chatline.web.accounts.entering.too_many"
