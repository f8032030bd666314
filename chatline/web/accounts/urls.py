"""The addresses below `/accounts/`. Names that begin with `account_` or `mfa_` are allauth's, which looks for them; its
other pages (signing up, addresses, mails, codes by mail) are not there."""

from allauth.account.views import login
from django.urls import path

from chatline.web.accounts import entering, own

urlpatterns = [
    path("login/", login, name="account_login"),
    path("login/passkey/", entering.ByPasskey.as_view(), name="mfa_login_webauthn"),
    path("login/second/", entering.SecondStep.as_view(), name="mfa_authenticate"),
    path("logout/", entering.Leave.as_view(), name="account_logout"),
    path("link/<uidb64>/<token>/", entering.FirstPassword.as_view(), name="link"),
    path("", own.Index.as_view(), name="mfa_index"),
    path("again/", own.Reauthenticate.as_view(), name="account_reauthenticate"),
    path("password/", own.ChangePassword.as_view(), name="account_change_password"),
    path("passkeys/add/", own.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", own.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("app/add/", own.AddApp.as_view(), name="mfa_activate_totp"),
    path("app/remove/", own.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("codes/", own.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("codes/new/", own.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("sessions/", own.sessions_of_mine, name="sessions"),
]
