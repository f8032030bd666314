from django.urls import path

from chatline.sms import webhook

urlpatterns = [
    path("inbound/", webhook.inbound),
    path("status/", webhook.status),
]
