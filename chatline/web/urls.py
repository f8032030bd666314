from django.contrib.auth import views as auth
from django.urls import path

from chatline.web import embed, health, media, plain, sites, staff, visitor

urlpatterns = [
    path("", visitor.home, name="home"),
    path("chat/<slug:line>/", visitor.chat, name="chat"),
    path("t/<slug:line>/", plain.page, name="plain"),
    path("t/<slug:line>/log/", plain.log),
    path("chat/<slug:line>/window/", embed.window),
    path("widget.js", embed.widget),
    path("embed/<str:site_key>/", embed.embed, name="embed"),
    path("embed/<str:site_key>/check/", embed.check, name="check"),
    path("embed/<str:site_key>/check/begin/", embed.begin),
    path("embed/<str:site_key>/check/outcome/", embed.outcome),
    path("embed/<str:site_key>/left/", embed.left),
    path("leave/", visitor.leave, name="leave"),
    path("desk/", staff.desk, name="desk"),
    path("desk/media/<uuid:media_id>/", media.content),
    path("supervise/", staff.supervise, name="supervise"),
    path("manage/sites/", sites.index, name="sites"),
    path("manage/sites/add/", sites.add, name="add-site"),
    path("manage/sites/<int:site_id>/", sites.one, name="site"),
    path("manage/sites/<int:site_id>/change/", sites.change, name="change-site"),
    path("manage/sites/<int:site_id>/revoke/", sites.revoke, name="revoke-site"),
    path("manage/sites/<int:site_id>/allow/", sites.allow, name="allow-site"),
    path("manage/sites/<int:site_id>/look/", sites.look, name="look-at-site"),
    path("manage/sites/<int:site_id>/test/", sites.test, name="test-site"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/link/<uidb64>/<token>/", staff.SetPassword.as_view(), name="link"),
    path("healthz", health.alive),
    path("readyz", health.ready),
]
