from django.urls import path

from chatline.demo import front, views

urlpatterns = [
    path("phone/", views.phone),
    path("phone/state", views.state),
    path("phone/send", views.send),
    path("site/", views.site),
    path("carrier/<path:path>", front.provider),
]
