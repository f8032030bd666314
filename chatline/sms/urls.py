from django.urls import path

from chatline.sms import webhook

urlpatterns = [
    path("inbound/", webhook.inbound),
    path("fallback/", webhook.fallback),
    path("status/", webhook.status),
    path("page/", webhook.page),
    path("page/status/", webhook.page_status),
]
