"""Pages on which people see and change how they sign in, and end their sessions."""

from typing import TYPE_CHECKING, Any

from allauth.account.views import PasswordChangeView, ReauthenticateView
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from chatline.people import factors, sessions
from chatline.people.actions import audit
from chatline.web.accounts.entering import as_text
from chatline.web.staff import navigation, signed_in

if TYPE_CHECKING:
    Page = FormView[BaseForm]
else:
    Page = object


class Own(Page):
    """With what stands at the top of every page of staff."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        staff = signed_in(self.request)
        lack = factors.lacking([staff.id]).get(staff.id)
        return {**super().get_context_data(**kwargs), **navigation(self.request), "lack": lack}


class Change(Own):
    """Something about how they sign in: it is on record with it, and all their other sessions end."""

    verb: str
    kind: str

    def form_valid(self, form: Any) -> HttpResponse:
        staff = signed_in(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            audit(staff.id, self.verb, staff.id, kind=self.kind)
            sessions.end_all(staff.id, but=self.request.session.session_key)
        return response


class Index(Own, IndexView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        codes = context["authenticators"].get(factors.Type.RECOVERY_CODES)
        return context | {
            "passkeys": context["authenticators"].get(factors.Type.WEBAUTHN, []),
            "app": context["authenticators"].get(factors.Type.TOTP),
            "codes_left": len(codes.get_unused_codes()) if codes else None,
            "sessions": len(sessions.own(signed_in(self.request).id, None)),
        }


class Reauthenticate(Own, ReauthenticateView):
    """The password once more, before anything here changes."""


class ChangePassword(Change, PasswordChangeView):
    verb, kind = "set_password", "own"


# --- passkeys -----------------------------------------------------------------------------------------------


class AddPasskey(Change, AddWebAuthnView):
    verb, kind = "add_factor", "passkey"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # One that finds its person by itself and asks for finger, face or PIN: it can do without a password.
        return context | {"options": as_text(webauthn.begin_registration(signed_in(self.request), True))}


class RemovePasskey(Change, RemoveWebAuthnView):
    verb, kind = "remove_factor", "passkey"
    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"removable": factors.may_remove(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        passkey: Authenticator = self.get_object()
        if not factors.may_remove(passkey):
            raise PermissionDenied
        return super().form_valid(form)


# --- an app, and codes on paper -------------------------------------------------------------------------------


class AddApp(Change, ActivateTOTPView):
    verb, kind = "add_factor", "app"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        app = Authenticator.objects.get(user=signed_in(self.request), type=factors.Type.TOTP)
        factors.use_step(app, form.step)
        return response


class RemoveApp(Change, DeactivateTOTPView):
    verb, kind = "remove_factor", "app"


class Codes(Own, ViewRecoveryCodesView):
    """Shown once."""


class NewCodes(Change, GenerateRecoveryCodesView):
    verb, kind = "add_factor", "recovery_codes"


# --- sessions -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def sessions_of_mine(request: HttpRequest) -> HttpResponse:
    """Where they are signed in; a post ends one of them, or all others."""
    staff, this = signed_in(request), request.session.session_key
    if request.method == "POST":
        if "others" in request.POST:
            sessions.end_all(staff.id, but=this)
        else:
            sessions.end_own(staff.id, request.POST.get("name", ""))
        return redirect("sessions")
    context = {
        **navigation(request),
        "sessions": sessions.own(staff.id, this),
        "most": settings.SESSIONS_AT_ONCE,
    }
    return render(request, "account/sessions.html", context)
