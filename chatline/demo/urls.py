from django.urls import path

from chatline.demo import rest, views

urlpatterns = [
    path("phone/", views.phone),
    path("phone/state", views.state),
    path("phone/send", views.send),
    path("site/", views.site),
    path("carrier/2010-04-01/Accounts/<str:account>/Messages.json", rest.create),
    path("carrier/2010-04-01/Accounts/<str:account>/Messages/<str:sid>.json", rest.fetch),
]
