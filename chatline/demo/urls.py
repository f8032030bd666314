from django.urls import path

from chatline.demo import front, views

urlpatterns = [
    path("phone/", views.phone),
    path("phone/state", views.state),
    path("phone/send", views.send),
    path("phone/send-picture", views.send_picture),
    path("phone/picture/<str:sid>", views.picture),
    path("phone/switch", views.switch),
    path("phone/call", views.call),
    path("phone/trouble", views.trouble),
    path("site/", views.site),
    path("carrier/<path:path>", front.provider),
]
