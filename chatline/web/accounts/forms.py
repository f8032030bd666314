"""The forms of signing in where they differ from allauth's."""

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from django.utils.translation import gettext_lazy as _

from chatline.people import factors
from chatline.vault import VaultError

if TYPE_CHECKING:
    from django.forms import Form
else:
    Form = object

log = logging.getLogger(__name__)


class Labelled(Form):
    """Whose fields stand under labels, in our words, and not in place of what is typed."""

    labels: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)


class LoginForm(Labelled, AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {
            "autocapitalize": "none",
            "autofocus": True,
            "spellcheck": "false",
        }

    def add_prefix(self, field_name: str) -> str:
        """What allauth calls a login is a username here, for browsers that fill it in too."""
        prefixed: str = super().add_prefix("username" if field_name == "login" else field_name)
        return prefixed


class ReauthenticateForm(Labelled, AllauthReauthenticateForm):
    labels = {"password": _("Your password")}


class ChangePasswordForm(Labelled, AllauthChangePasswordForm):
    labels = {"oldpassword": _("Now"), "password1": _("From now on"), "password2": _("The same again")}


class AuthenticateForm(Labelled, AllauthAuthenticateForm):
    """A code of an app, or a recovery code. Whoever must use a passkey, and has one, is let in by nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("The six digits that your app shows now, or a recovery code.")

    def clean_code(self) -> str:
        if passkey_wanted(self.user):
            raise get_adapter().validation_error("passkey_wanted")
        try:
            code: str = super().clean_code()
        except VaultError as fault:
            log.error("factor_unopened staff=%s reason=%s", self.user.pk, type(fault).__name__)
            raise get_adapter().validation_error("incorrect_code") from None
        if self.authenticator.type == factors.Type.TOTP:
            secret = factors.open_secret(self.authenticator.data["secret"])
            if not factors.use_step(self.authenticator, step_of(secret, code)):
                raise get_adapter().validation_error("incorrect_code")
        return code


class ActivateTOTPForm(Labelled, AllauthActivateTOTPForm):
    """Keeps the seed sealed between the page and its answer: sessions lie in the database."""

    labels = {"code": _("The six digits that it shows now")}
    step = -1
    """Of the code that was shown to be right; it opens nothing any more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        kept = session.get(totp.SECRET_SESSION_KEY)
        super().__init__(*args, **kwargs)
        if self.is_bound and kept:
            self.secret = factors.open_secret(kept)
        session[totp.SECRET_SESSION_KEY] = factors.seal_secret(self.secret)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def clean_code(self) -> str:
        code: str = super().clean_code()
        self.step = step_of(self.secret, code)
        return code


def passkey_wanted(staff: Any) -> bool:
    return bool(factors.bound_to_passkeys([staff.pk])) and factors.has_passkey(staff.pk)


def step_of(secret: str, code: str) -> int:
    """The step of time whose code this is; the last one that counts where two have the same."""
    right = [
        step
        for step in totp.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))
    ]
    return max(right, default=-1)
