from django.contrib.auth import views as auth
from django.urls import path

from chatline.web import health, media, staff, visitor

urlpatterns = [
    path("", visitor.home, name="home"),
    path("chat/<slug:line>/", visitor.chat, name="chat"),
    path("embed/<str:site_key>/", visitor.embed, name="embed"),
    path("desk/", staff.desk, name="desk"),
    path("desk/media/<uuid:media_id>/", media.content),
    path("supervise/", staff.supervise, name="supervise"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/link/<uidb64>/<token>/", staff.SetPassword.as_view(), name="link"),
    path("healthz", health.alive),
    path("readyz", health.ready),
]
