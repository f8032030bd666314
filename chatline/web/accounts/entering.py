"""From nobody to somebody: the second step, a passkey alone, the one-time link, and the way out."""

import json
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.account.views import LogoutView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chatline.people import factors, sessions
from chatline.people.actions import audit
from chatline.people.models import Staff
from chatline.web.accounts.forms import passkey_wanted


def as_text(options: Any) -> str:
    """What a browser needs to ask for a passkey, for an attribute of the page."""
    return json.dumps(options, cls=DjangoJSONEncoder)


class SecondStep(AuthenticateView):
    """After the password."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        stage = LoginStageController.enter(request, AuthenticateStage.key)
        if stage and not factors.has_any(stage.login.user.pk):
            response: HttpResponse = stage.abort()  # they were removed since the password
            return response
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        staff = self.stage.login.user
        return context | {
            "options": as_text(context["js_data"]["request_options"])
            if factors.has_passkey(staff.pk)
            else "",
            "codes": not passkey_wanted(staff),
        }


class ByPasskey(LoginWebAuthnView):
    """Without a password: the passkey proves the device, and the device its person."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return render(self.request, "account/passkey_refused.html", status=400)


class Leave(LogoutView):
    """A link cannot sign somebody out; and it also gives up a sign-in that is half done."""

    http_method_names = ["post"]


class FirstPassword(PasswordResetConfirmView):
    """The one-time link: somebody chooses a password and goes on to sign in with it."""

    template_name = "account/link.html"
    user: Staff | None

    def form_valid(self, form: Any) -> HttpResponse:
        staff = self.user
        assert staff  # whose link it is, or there were no form
        with transaction.atomic():
            super().form_valid(form)
            audit(staff.pk, "set_password", staff.pk, by="link")
            sessions.end_all(staff.pk)
        record_authentication(self.request, staff, "link")
        response: HttpResponse = perform_login(self.request, Login(user=staff))
        return response

    def get_success_url(self) -> str:
        return ""  # where sign-in leads is decided there


def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth answers where too much is asked of it at once (by the name `handler429` in `chatline/urls.py`)."""
    return render(request, "429.html", status=429)
