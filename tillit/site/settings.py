"""Composition: which rooms stand in the house, and how they are wired. Values come from the environment, or from the
installation in the data folder (`tillit.site.runtime`)."""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from tillit.site import runtime

# Workbooks are read through defusedxml, also where lxml happens to be installed: an XML bomb is then refused.
os.environ["OPENPYXL_LXML"] = "False"

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = runtime.environment() | {k: v for k, v in os.environ.items() if k.startswith("TILLIT_")}

DATA = Path(ENVIRONMENT.get("TILLIT_DATA", ROOT / "var"))
RELEASE = ENVIRONMENT.get("TILLIT_RELEASE", "0.1.0")
BASE_HOST = ENVIRONMENT.get("TILLIT_BASE_HOST", "localhost:8000")
HTTPS = ENVIRONMENT.get("TILLIT_HTTPS") == "1"
SECRET_KEY = ENVIRONMENT.get("TILLIT_SECRET_KEY", "")
if not SECRET_KEY:  # no installation: enough for checks that need no database; nothing is served with it
    SECRET_KEY = os.urandom(32).hex()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # tenants.middleware decides by the register of hosts and answers 421

# Ours before the others': where two know the same word or template, the first one counts
INSTALLED_APPS = [
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "tillit.foundation",
    "tillit.tenants",
    "tillit.trust",
    "tillit.trust.broker",
    "tillit.trust.agreements",
    "tillit.trust.agreements.sealed",
    "tillit.trust.proof",
    "tillit.trust.evidence",
    "tillit.availability",
    "tillit.availability.advisories",
    "tillit.availability.clocks",
    "tillit.availability.probes",
    "tillit.availability.releases",
    "tillit.availability.restarts",
    "tillit.availability.subscriptions",
    "tillit.availability.copies",
    "tillit.crm",
    "tillit.crm.imports",
    "tillit.site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "tillit.availability.releases.counting.Counting",
    "tillit.foundation.web.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tillit.tenants.middleware.TenantByHost",
    "tillit.site.standstill.EffectOfMaintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tillit.foundation.web.SpoiltCookie",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tillit.foundation.web.Language",
    "tillit.foundation.web.BodyLimit",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tillit.foundation.web.Acting",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tillit.foundation.web.shell",
                "tillit.trust.context.operator",
            ],
        },
    },
]

ROOT_URLCONF = "tillit.site.urls"
WSGI_APPLICATION = "tillit.site.wsgi.application"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
AUTH_USER_MODEL = "foundation.User"


def database(dsn: str, **options: object) -> dict[str, object]:
    """Django's settings for a PostgreSQL URL; what libpq knows beyond them (sslmode, several hosts) is kept."""
    parts = conninfo_to_dict(dsn)
    return {
        "ENGINE": "tillit.foundation.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **parts},
    }


# Under row-level security, planning is most of what a short query costs: what a connection asks often is planned once
APPLICATION = {
    "options": "-c statement_timeout=60000 -c lock_timeout=10000",
    "server_side_binding": True,
    "prepare_threshold": 5,
}
DATABASES = {
    "default": database(ENVIRONMENT.get("TILLIT_DSN", "postgresql://tillit_app@localhost/tillit"), **APPLICATION)
}
if "TILLIT_OWNER_DSN" in ENVIRONMENT:  # migrations only: the role that owns the tables
    DATABASES["owner"] = database(ENVIRONMENT["TILLIT_OWNER_DSN"]) | {"TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "TIMEOUT": 900,
        "OPTIONS": {"MAX_ENTRIES": 50_000},  # beyond, old entries go: must not be reached by inventing accounts
    },
    "template_fragments": {  # parts of the shell, which every page carries; in memory, until the process ends
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "template_fragments",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 1_000},
    },
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["tillit.foundation.events", "tillit.foundation.mail", "tillit.foundation.mailbox"]

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("nb", _("Norwegian"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files: hashed names, served by the web workers themselves
STATIC_URL = "/static/"
STATIC_ROOT = Path(ENVIRONMENT.get("TILLIT_STATIC") or DATA / "static")  # each release gathers its own
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
WHITENOISE_MAX_AGE = 3600

# Sign-in
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
AUTHENTICATION_BACKENDS = ["tillit.tenants.backend.SignIn"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "tillit.tenants.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail because a stranger typed his address
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second step is told to its owner
ACCOUNT_FORMS = {
    "login": "tillit.tenants.forms.SignInForm",
    "change_password": "tillit.tenants.forms.ChangeForm",
    "reset_password": "tillit.tenants.forms.ResetForm",
    "reset_password_from_key": "tillit.tenants.forms.ResetByLinkForm",
    "reauthenticate": "tillit.tenants.forms.ConfirmForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ALLAUTH_TRUSTED_PROXY_COUNT = int(ENVIRONMENT.get("TILLIT_PROXIES", "0"))  # how many stand in front and tell addresses
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "invitation": "30/m/ip",  # tenants.views.entrance
    "cosignatures": "30/m/ip",  # trust.proof.views.witness
    "samples": "30/m/ip",  # availability.probes.views.downloads
    "status_subscription": "3/h/key",  # availability.subscriptions.limits: to one address
    "status_subscriptions": "20/h/key",  # from one network
}
MFA_ADAPTER = "tillit.tenants.adapter.MFAAdapter"
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "authenticate": "tillit.tenants.forms.SecondStepForm",
    "reauthenticate": "tillit.tenants.forms.ConfirmCodeForm",
    "activate_totp": "tillit.tenants.forms.SetUpAppForm",
    "add_webauthn": "tillit.tenants.forms.AddKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tillit"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://….localhost is a secure place to browsers

SESSION_ENGINE = "tillit.foundation.sessions"
SESSION_COOKIE_NAME = "tillit_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "tillit.tenants.views.entrance.stale_form"
CSRF_COOKIE_NAME = "tillit_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Pages under these paths neither set nor read a cookie
COOKIELESS_PATHS = (
    "/trust/", "/status/", "/api/", "/.well-known/", "/robots.txt", "/healthz", "/readyz", "/metrics", "/static/",
)  # fmt: skip

# The trust log: the file of its key, where it is not `keys/log.pem` of the data folder
LOG_KEY_FILE = ENVIRONMENT.get("TILLIT_LOG_KEY_FILE", "")

# The signed copy of the status page: its folder, its address for people, and an object storage that holds it, too
STATUS_COPY_FOLDER = ENVIRONMENT.get("TILLIT_STATUS_COPY_FOLDER", "")
STATUS_COPY_PAGE = ENVIRONMENT.get("TILLIT_STATUS_COPY_PAGE", "")
STATUS_COPY_URL = ENVIRONMENT.get("TILLIT_STATUS_COPY_URL", "")

# Who may read `/metrics` from another machine: the bearer of this; "" is nobody
METRICS_TOKEN = ENVIRONMENT.get("TILLIT_METRICS_TOKEN", "")

# Seconds for which a web process keeps a page of the trust centre that it made
PUBLIC_PAGES_KEPT = 10.0

# Seconds after which a process writes what it has counted of its requests and jobs; 0: only when asked
COUNTS_WRITTEN_EVERY = 10.0

# The API: per token and web worker
API_REQUESTS_PER_MINUTE = int(ENVIRONMENT.get("TILLIT_API_REQUESTS_PER_MINUTE", "600"))

# Uploads go to disk at once; forms stay small
FILE_UPLOAD_HANDLERS = ["tillit.site.uploading.NamelessOnDisk"]
LARGEST_BODY = 5 * 1024 * 1024
LARGEST_UPLOAD = 520 * 1024 * 1024  # a table of 512 MB and its form
LARGE_UPLOADS = ("/import/",)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Mail: queued in the database; without a relay it stays there to be read
EMAIL_BACKEND = "tillit.foundation.mail.QueueBackend"
DEFAULT_FROM_EMAIL = ENVIRONMENT.get("TILLIT_MAIL_FROM", "Tillit <no-reply@tillit.invalid>")
SMTP_URL = ENVIRONMENT.get("TILLIT_SMTP_URL", "")
IMAP_URL = ENVIRONMENT.get("TILLIT_IMAP_URL", "")  # the mailbox that letters come back to
MAIL_IN = ENVIRONMENT.get("TILLIT_MAIL_IN", "")  # its address, where the user of that URL is none

# The one way out: workers have no network, the broker has (docs/running.md, «Workers without network»)
BROKER_SOCKET = runtime.broker_socket(DATA)
CONFINEMENT = ENVIRONMENT.get("TILLIT_CONFINEMENT", "")  # what the operator asks for; "" is the strongest there is

# The key that seals agreements: a PKCS#12 file; without one the data folder has its own
SEAL_PKCS12 = ENVIRONMENT.get("TILLIT_SEAL_PKCS12", "")
SEAL_PASSPHRASE = ENVIRONMENT.get("TILLIT_SEAL_PASSPHRASE", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "tillit.site.logs.Discreet", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "filters": {"brief": {"()": "tillit.site.logs.Brief"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["brief"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},  # else every refusal is told with its path: links are secrets
}
