"""Settings. Everything a host may want to change comes from the environment; `qunce` sets what is missing.

DATABASE_URL        PostgreSQL 15–18, as a URL or a libpq connection string
QUNCE_DATA_DIR      keys and files
QUNCE_SECRET_KEY    instead of the data folder's secret.key
QUNCE_BASE_URL      the address people open, e.g. https://qunce.example.org
QUNCE_QUIET_HOURS   when broadcasts wait unless a community says otherwise, e.g. 22:00-08:00; empty: never
QUNCE_WEBHOOKS_INSIDE  1: playbooks and feeds may also call http:// and addresses of our own network
QUNCE_EMAIL_URL     smtp://user:password@host:587 (mail is written to the log where it is missing)
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from qunce import __version__

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("QUNCE_DATA_DIR") or "data").absolute()
TESTING = bool(os.environ.get("QUNCE_TESTING"))


def _secret_key() -> str:
    """The key from the environment or the data folder; `qunce` makes the file when it is missing."""
    if key := os.environ.get("QUNCE_SECRET_KEY"):
        return key
    file = DATA_DIR / "secret.key"
    return file.read_text().strip() if file.exists() else ""


def _database() -> dict[str, object]:
    parts = conninfo_to_dict(os.environ.get("DATABASE_URL", ""))
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options: dict[str, object] = {key: value for key, value in parts.items() if key not in named}
    options.setdefault("connect_timeout", 5)
    # For the hot path (kernel/wire.py); Django's own cursors write parameters into the text and prepare nothing.
    options["prepare_threshold"] = 5
    if not TESTING:
        options["pool"] = {
            "min_size": 1,
            "max_size": int(os.environ.get("QUNCE_DB_POOL", "10")),
            "timeout": 10,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": options,
        # A pooled connection may have died with a restarted server: it is tried before it is handed out.
        "CONN_HEALTH_CHECKS": True,
        **{setting: str(parts.get(key) or "") for key, setting in named.items()},
    }


SECRET_KEY = _secret_key()
DEBUG = False
VERSION = __version__
BASE_URL = os.environ.get("QUNCE_BASE_URL", "").rstrip("/")
# The default server listens on this machine only; a host that opens it names its address in QUNCE_BASE_URL.
# This machine itself may always ask, for /healthz.
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "*", "localhost", "127.0.0.1", "[::1]"] if BASE_URL else ["*"]
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL else []
_SECURE = BASE_URL.startswith("https://")

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "qunce.kernel",
    "qunce.community",
    "qunce.members",
    "qunce.team",
    "qunce.chat",
    "qunce.content",
    "qunce.desk",
    "qunce.playbooks",
    "qunce.insights",
    "qunce.console",
    "qunce.memberpages",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
]

# The order in which every batch of live messages passes the contexts, like MIDDLEWARE.
INBOUND_STAGES = [
    "qunce.content.subscribers.Sessions",
    "qunce.content.subscribers.SuggestionWords",
    "qunce.desk.subscribers.KeywordReplies",
    "qunce.desk.subscribers.Matters",
    "qunce.playbooks.subscribers.PlaybookSteps",
]

# What the doctor asks, one after the other.
CHECKUPS = [
    "qunce.kernel.checkups.installation",
    "qunce.chat.selectors.checkup.findings",
]

MIDDLEWARE = [
    "qunce.kernel.http.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "qunce.kernel.http.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qunce.console.middleware.StaffPreferences",
    "qunce.console.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qunce.kernel.http.ProductErrors",
]

ROOT_URLCONF = "qunce.config.urls"
ASGI_APPLICATION = "qunce.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qunce.console.context.console",
            ],
        },
    }
]

# ---- people
AUTH_USER_MODEL = "team.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests sign in hundreds of times
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "qunce.console.sign_in.NoOpenSignUp"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "qunce.console.sign_in.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Qunce"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# ---- language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "qunce.config.formats"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_COMMUNITY_ZONE = "Asia/Shanghai"
WEBHOOKS_INSIDE = os.environ.get("QUNCE_WEBHOOKS_INSIDE", "") == "1"
QUIET_HOURS = os.environ.get("QUNCE_QUIET_HOURS", "22:00-08:00")

# ---- files
STATIC_URL = "/static/"
MEDIA_ROOT = DATA_DIR / "files"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if _mail := os.environ.get("QUNCE_EMAIL_URL"):
    _parts = urlsplit(_mail)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _parts.hostname or "localhost", _parts.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_parts.username or ""), unquote(_parts.password or "")
    EMAIL_USE_TLS = EMAIL_PORT == 587  # noqa: PLR2004 (the submission port)
    EMAIL_USE_SSL = _parts.scheme == "smtps"
    DEFAULT_FROM_EMAIL = os.environ.get("QUNCE_EMAIL_FROM", EMAIL_HOST_USER)

PROCRASTINATE_ON_APP_READY = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("QUNCE_LOG", "WARNING")},
    # Says of every attempt that the database is away; whoever needs it says so once.
    "loggers": {"psycopg.pool": {"level": "ERROR"}},
}
