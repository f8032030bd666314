"""What is ours in the way django-allauth signs people in."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatline.people import access, factors
from chatline.people.models import Staff
from chatline.web.accounts import limits
from chatline.web.staff import signed_in

WAIT = _("Too many tries. Wait a minute, then try again. A passkey works at once.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This username and password do not belong together."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
    }

    # --- who may try, and how often ---

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.counted_as(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{credentials.get('username', '').lower()} {limits.counted_as(request)}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        limits.failed(request, credentials.get("username", ""))

    def respond_user_inactive(self, request: HttpRequest, user: Staff) -> HttpResponse:
        """As to anybody who is not known here."""
        return redirect("account_login")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has just signed in, by whatever way."""
        records = get_authentication_records(self.request, self.request.user)
        since = time.time() - (records[-1]["at"] if records else 0)
        return since > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    # --- where it leads ---

    def post_login(self, request: HttpRequest, user: Staff, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        limits.remember(request, response)
        limits.calm()
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where they have something to do: a manager who answers nobody has an empty desk."""
        staff = signed_in(request).id
        nobody = not access.lines_of(staff) and access.lines_of(staff, access.MANAGES)
        return reverse("manage" if nobody else "desk")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This does not count, or has been used. Wait for the next code, or try again."),
        "cannot_delete_authenticator": _("You cannot sign in without it. Set up another first."),
        "passkey_wanted": _("Your line asks for your passkey."),
    }

    def encrypt(self, text: str) -> str:
        return factors.seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factors.open_secret(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return factors.may_remove(authenticator)

    def generate_authenticator_name(self, user: Staff, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey {number}").format(number=count + 1)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Chatline"}
