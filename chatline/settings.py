"""The only reader of the environment. Every value is documented in deploy/env.example.

A value that is missing or unsafe is not corrected here: `chatline/checks.py` refuses to start and says what to do.
"""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


SECRET_FILES: dict[str, Path] = {}
"""Where values came from that were read from files; `chatline/checks.py` looks who else may read those."""


def env(name: str, default: str = "") -> str:
    """A value, or the content of the file that `NAME_FILE` names (how secret stores hand over secrets)."""
    if path := os.environ.get(f"{name}_FILE"):
        SECRET_FILES[name] = Path(path)
        return Path(path).read_text().strip()
    return os.environ.get(name, default).strip()


def env_bool(name: str) -> bool:
    return env(name).lower() in {"1", "true", "yes", "on"}


def env_list(name: str) -> list[str]:
    return [part.strip() for part in env(name).split(",") if part.strip()]


DATA = Path(env("CHATLINE_DATA", str(BASE_DIR / "var")))
DEMO = env_bool("CHATLINE_DEMO")
ROLE = env("CHATLINE_ROLE")
"""Which command this process runs; set by `chatline/cli.py`."""


def demo_secrets() -> dict[str, str]:
    """What production must be given, made once for the demo and kept, so that starting again keeps what was there."""
    path = DATA / "demo-secrets.json"
    kept = dict(json.loads(path.read_text())) if path.exists() else {}
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CHATLINE_VAULT_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "CHATLINE_FINGERPRINT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "CHATLINE_AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    } | kept
    if made == kept:
        return kept
    DATA.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(made, indent=2))
    return made


DEMO_SECRETS = demo_secrets() if DEMO else {}


def secret(name: str) -> str:
    return env(name) or DEMO_SECRETS.get(name, "")


SECRET_KEY = secret("SECRET_KEY")
DEBUG = False
PUBLIC_URL = env("CHATLINE_PUBLIC_URL", "http://127.0.0.1:8000" if DEMO else "").rstrip("/")
FALLBACK_URL = env("CHATLINE_FALLBACK_URL").rstrip("/")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "[::1]"] if DEMO else [])


def own_origins() -> list[str]:
    """Where our own pages live; sockets and forms from anywhere else are refused."""
    if not PUBLIC_URL:
        return []
    origins = [PUBLIC_URL]
    if DEMO and "//127.0.0.1" in PUBLIC_URL:
        origins.append(PUBLIC_URL.replace("//127.0.0.1", "//localhost"))
    return origins


ORIGINS = own_origins()
CSRF_TRUSTED_ORIGINS = ORIGINS

# --- the database -----------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """SQLite for one machine, PostgreSQL for more. `sqlite:///path` or `postgres://user:password@host:port/name`."""
    if not url:
        DATA.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{DATA / 'line.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = parts.path[1:] if parts.path.startswith("//") else parts.path
        return {
            "ENGINE": "chatline.sqlite",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000",
            },
            # Tests use threads, and a database in memory belongs to one of them.
            "TEST": {"NAME": path + ".test"},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Pages and webhooks borrow a connection for a request; the hop and the workers keep theirs. While the server
        # is away, nobody waits for it longer than the provider waits for an answer (`sms/addresses.py`), and once it is
        # back it is found at once: by itself the pool would look for it at longer and longer intervals, up to minutes.
        "OPTIONS": {
            "connect_timeout": 2,
            "pool": {"min_size": 1, "max_size": 12, "timeout": 2, "reconnect_timeout": 4},
            **dict(parse_qsl(parts.query)),
        },
    }


DATABASES = {"default": database(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- how much one sender may do ----------------------------------------------------------------------------

TRUSTED_PROXIES = env_list("CHATLINE_TRUSTED_PROXIES")
LIMITS = {
    "visitor": env("CHATLINE_LIMIT_VISITOR", "10/10 seconds; 30/minute"),
    "staff": env("CHATLINE_LIMIT_STAFF", "20/10 seconds; 90/minute"),
    "newcomers": env("CHATLINE_LIMIT_NEWCOMERS", "5/10 minutes"),
    "line": env("CHATLINE_LIMIT_LINE", "60/minute"),
    "rush": env("CHATLINE_LIMIT_RUSH", "30/minute"),
    "unproven": env("CHATLINE_LIMIT_UNPROVEN", "10/minute"),
}
"""What more is held back (`routing/throttle.py`)."""
PROOF_BITS = int(env("CHATLINE_PROOF_BITS", "16"))
"""Of the proof that newcomers beyond `rush` are asked for, each bit twice the work; 0 asks for none."""
MOST_SOCKETS = int(env("CHATLINE_MOST_SOCKETS", "2000"))
"""Of one process; who comes beyond is asked to come again."""
SOCKETS_AT_ONCE = 3
"""Of one session in a process: two tabs, say, and a line that went dead unnoticed. The oldest ends for a newer one."""

# --- the bus between processes ----------------------------------------------------------------------------

REDIS_URL = env("REDIS_URL")
CHANNEL_LAYERS: dict[str, dict[str, Any]] = (
    {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # Whoever can write to the bus could wake sockets: what travels is encrypted, though it is ids only.
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "chatline", "symmetric_encryption_keys": [SECRET_KEY]},
        }
    }
    if REDIS_URL
    else {}
)
LOOK_SECONDS = 15.0
"""How often a process compares its sockets' cursors with the rows, which repairs any lost hint."""

# --- sealing ----------------------------------------------------------------------------------------------

VAULT_KEYS = secret("CHATLINE_VAULT_KEYS")
FINGERPRINT_KEY = secret("CHATLINE_FINGERPRINT_KEY")
FINGERPRINT_MEMORY_KIB = 8192

AUDIT_KEY = secret("CHATLINE_AUDIT_KEY")
AUDIT_HEADS = env("CHATLINE_AUDIT_HEADS")
"""A file to which every signed head of the audit log is added, best on another host."""

BACKUP_TO = env_list("CHATLINE_BACKUP_TO")
"""Public keys for which `chatline backup` encrypts."""

SPOOL = DATA / "spool"
"""Texts that came while the database was away (`sms/spool.py`); belongs to this host alone."""

# --- the provider -----------------------------------------------------------------------------------------

TWILIO_ACCOUNT_SID = secret("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKENS = [part.strip() for part in secret("TWILIO_AUTH_TOKEN").split(",") if part.strip()]
TWILIO_WEBHOOK_KEYS = env_list("TWILIO_WEBHOOK_KEYS")
TWILIO_CONTENT_RETENTION = env("TWILIO_CONTENT_RETENTION", "retain")
TWILIO_API_URL = env("TWILIO_API_URL", f"{PUBLIC_URL}/demo/carrier" if DEMO else "").rstrip("/")

# --- e-mail: pages to supervisors, nothing else -------------------------------------------------------------


def mail(url: str) -> dict[str, Any]:
    """The server that takes e-mails: `smtp://user:password@host:587` (STARTTLS), `smtps://...` (TLS from the start).

    `?from=line@example.org` is who they are from. Without TLS only to this machine. `console:` prints them, `memory:`
    keeps them for tests. A scheme that is none of these gives no server, which `paging/checks.py` says.
    """
    parts = urlsplit(url)
    kind = {"smtp": "smtp", "smtps": "smtp", "console": "console", "memory": "locmem"}.get(
        parts.scheme, "dummy"
    )
    user = unquote(parts.username or "")
    own = user if "@" in user else f"chatline@{urlsplit(PUBLIC_URL).hostname or 'localhost'}"
    return {
        "backend": f"django.core.mail.backends.{kind}.EmailBackend",
        "host": parts.hostname or "",
        "port": parts.port or (465 if parts.scheme == "smtps" else 587),
        "user": user,
        "password": unquote(parts.password or ""),
        "starttls": parts.scheme == "smtp" and parts.hostname not in {"127.0.0.1", "localhost", "::1"},
        "tls": parts.scheme == "smtps",
        "from": dict(parse_qsl(parts.query)).get("from", own),
    }


EMAIL_URL = env("EMAIL_URL", "console:" if DEMO else "")
MAIL = mail(EMAIL_URL)
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = MAIL["backend"], MAIL["host"], MAIL["port"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["user"], MAIL["password"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL["starttls"], MAIL["tls"]
DEFAULT_FROM_EMAIL = MAIL["from"]

# --- Django -----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "chatline",
    "chatline.people",
    "chatline.lines",
    "chatline.conversations",
    "routing",
    "chatline.sms",
    "chatline.paging",
    "chatline.web",
    *(["chatline.demo"] if DEMO else []),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "chatline.web.headers.NoStore",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chatline.web.accounts.gate.Gate",
    "chatline.web.admission.Admission",
]
ROOT_URLCONF = "chatline.urls"
ASGI_APPLICATION = "chatline.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

AUTH_USER_MODEL = "people.Staff"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "chatline.people.passwords.NotObvious"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

ACCOUNT_ADAPTER = "chatline.web.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "chatline.web.accounts.forms.ChangePasswordForm",
    "login": "chatline.web.accounts.forms.LoginForm",
    "reauthenticate": "chatline.web.accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "5/60s/key,30/60s/ip"}
"""Failures only: of one account from one address, and of all accounts from it (`web/accounts/limits.py`)."""
MFA_ADAPTER = "chatline.web.accounts.adapters.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "chatline.web.accounts.forms.ActivateTOTPForm",
    "authenticate": "chatline.web.accounts.forms.AuthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Sign-in works without Redis; more entries than any flood of sign-ins makes in a minute.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

SESSION_ENGINE = "chatline.people.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSIONS_AT_ONCE = 50 if DEMO else 2
"""Of one person, such as a laptop and a phone; the oldest ends when there are more. A demo is tried from many sides."""
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

FIRST_CSS = (BASE_DIR / "templates/visitor/first.css").read_bytes()
"""What the visitor's page looks like until its stylesheet is there; the only style that stands in a page itself."""

HEADERS = {
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
"""Ours, on every answer, by `web/headers.py` and `consumers/poll.py`."""

SOCKETS = [origin.replace("http", "ws", 1) for origin in ORIGINS]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", f"'sha256-{base64.b64encode(hashlib.sha256(FIRST_CSS).digest()).decode()}'"],
        "connect-src": ["'self'", *SOCKETS],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
    }
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
"""What the pages of staff are in."""
VISITOR_LANGUAGES = [("en", "English"), ("es", "Español"), ("ar", "العربية")]
"""What the pages of visitors are translated into (`locale/`), each by its own name."""
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "chatline" / "static"]
# Scripts that come with what we depend on are served nowhere.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
# A running demo collects them as production does, only under their own names; tests find them where they lie.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEMO and ROLE != "demo"
if DEMO:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": f"chatline.web.assets.{'PlainAssets' if DEMO else 'Assets'}",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"redact": {"()": "chatline.redact.Redact"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "chatline": {"level": "INFO"},
        # These print addresses, numbers or bodies at INFO.
        "twilio": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
    },
}
