"""Who may open which page and send which frame: one table, and whatever is not in it is refused.

A new page or frame gets its row here, or nobody reaches it (`web/admission.py` for pages, `consumers/base.py` for
frames), and `tests/security/test_r14_policy.py` says so. A row only says to whom there is such a thing at all. Which
line, conversation or flag somebody may touch is asked by the verbs, under the lock, of `access.py` here and in
`conversations/`.
"""

from collections.abc import Mapping
from enum import Enum
from uuid import UUID

from chatline.people import access
from chatline.people.models import Role


class Who(Enum):
    """Whom there is something for; `roles` are those of which one is enough, on any line."""

    ANYONE = "anyone"
    """Visitors, and whoever proves themselves in another way: by a signature, a token or a link."""

    STAFF = "staff"
    ANSWERS = "answers"
    SUPERVISES = "supervises"
    MANAGES = "manages"
    OVERSEES = "oversees"
    """Supervisors and managers."""

    @property
    def roles(self) -> frozenset[Role]:
        return _ROLES[self]


_ROLES = {
    Who.ANYONE: frozenset(Role),
    Who.STAFF: frozenset(Role),
    Who.ANSWERS: access.ANSWERS,
    Who.SUPERVISES: access.SUPERVISES,
    Who.MANAGES: access.MANAGES,
    Who.OVERSEES: access.SUPERVISES | access.MANAGES,
}


def _rows(*groups: tuple[Who, str]) -> Mapping[str, Who]:
    return {name: who for who, names in groups for name in names.split()}


PAGES = _rows(
    (
        Who.ANYONE,
        """
        / healthz readyz leave/ privacy/<slug:line>/
        chat/<slug:line>/ chat/<slug:line>/window/ t/<slug:line>/ t/<slug:line>/log/
        widget.js embed/<str:site_key>/ embed/<str:site_key>/left/ embed/<str:site_key>/check/
        embed/<str:site_key>/check/begin/ embed/<str:site_key>/check/outcome/
        wall/<str:token>/ wall/<str:token>/now/
        accounts/login/ accounts/login/passkey/ accounts/login/second/ accounts/logout/
        accounts/link/<uidb64>/<token>/
        sms/inbound/ sms/fallback/ sms/status/ sms/page/ sms/page/status/
        demo/phone/ demo/phone/state demo/phone/send demo/phone/send-picture demo/phone/picture/<str:sid>
        demo/phone/switch demo/phone/call demo/phone/trouble demo/site/ demo/carrier/<path:path>
        """,
    ),
    (
        Who.STAFF,
        """
        desk/ desk/reach/ log/
        accounts/ accounts/again/ accounts/password/ accounts/passkeys/add/ accounts/passkeys/<int:pk>/remove/
        accounts/app/add/ accounts/app/remove/ accounts/codes/ accounts/codes/new/ accounts/sessions/
        """,
    ),
    (Who.ANSWERS, "desk/media/<uuid:media_id>/ desk/guide/<slug:line>/"),
    (
        Who.SUPERVISES,
        """
        supervise/ supervise/false-flags/
        supervise/grants/draw/ supervise/grants/ask/<uuid:conversation>/ supervise/grants/<uuid:grant>/show/
        """,
    ),
    (
        Who.OVERSEES,
        """
        reports/ reports/<slug:name>.csv
        supervise/grants/ supervise/grants/<uuid:grant>/<slug:verb>/
        supervise/walls/ supervise/walls/make/ supervise/walls/<uuid:wall_id>/revoke/
        """,
    ),
    (
        Who.MANAGES,
        """
        manage/
        manage/sites/ manage/sites/add/ manage/sites/<int:site_id>/ manage/sites/<int:site_id>/change/
        manage/sites/<int:site_id>/revoke/ manage/sites/<int:site_id>/allow/ manage/sites/<int:site_id>/look/
        manage/sites/<int:site_id>/test/
        manage/lines/<slug:slug>/ manage/lines/<slug:slug>/open/
        manage/lines/<slug:slug>/identity/ manage/lines/<slug:slug>/hours/ manage/lines/<slug:slug>/limits/
        manage/lines/<slug:slug>/scripts/ manage/lines/<slug:slug>/scripts/<str:purpose>/<str:language>/
        manage/lines/<slug:slug>/people/ manage/lines/<slug:slug>/people/give/
        manage/lines/<slug:slug>/people/<uuid:staff_id>/link/ manage/lines/<slug:slug>/people/<uuid:staff_id>/lost/
        manage/lines/<slug:slug>/people/<uuid:staff_id>/take/<slug:role>/
        manage/lines/<slug:slug>/people/<uuid:staff_id>/deactivate/
        manage/lines/<slug:slug>/people/<uuid:staff_id>/activate/
        manage/lines/<slug:slug>/on-call/ manage/lines/<slug:slug>/holds/ manage/lines/<slug:slug>/phrases/try/
        manage/lines/<slug:slug>/changes/ manage/lines/<slug:slug>/changes/<int:change_id>/
        manage/lines/<slug:slug>/numbers/ manage/lines/<slug:slug>/numbers/<int:place>/
        manage/lines/<slug:slug>/replies/ manage/lines/<slug:slug>/replies/<int:place>/
        manage/lines/<slug:slug>/resources/ manage/lines/<slug:slug>/resources/<int:place>/
        manage/lines/<slug:slug>/ladder/ manage/lines/<slug:slug>/ladder/<int:place>/
        manage/lines/<slug:slug>/hooks/ manage/lines/<slug:slug>/hooks/<int:place>/
        manage/lines/<slug:slug>/phrases/ manage/lines/<slug:slug>/phrases/<int:place>/
        """,
    ),
)
"""By the route as `urls.py` writes it, `/` being the first page."""

VISITORS_FRAMES = _rows((Who.ANYONE, "hello say typing end erase another feel"))
"""What a visitor may send, by the frame's `type`."""

DESK_FRAMES = _rows(
    (Who.STAFF, "hello"),
    (
        Who.ANSWERS,
        """
        begin ready take say resend typing note answer plan release transfer accept help close flag
        """,
    ),
    (
        Who.SUPERVISES,
        """
        acknowledge resolve try_again watch whisper join take_over assign answer_help bar review_block pause
        emergency sign
        """,
    ),
)
"""What staff may send, by the frame's `type`."""


def admits(who: Who | None, staff: UUID | None) -> bool:
    """Whether there is anything there for this person, null for who is not signed in. Nothing is for nobody's row."""
    if who is None:
        return False
    if who is Who.ANYONE:
        return True
    return staff is not None and access.is_any(staff, who.roles)
