"""All settings in one file. Every variable is read once, by type, and named in docs/running.md."""

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from cxplatform.navigation import UNFOLD  # noqa: F401  read by django-unfold
from cxplatform.schedule import SCHEDULE
from mail.bounces.mailbox import mailbox_at
from mail.esp.accounts import SCHEME, Account
from mail.network_addresses import Network
from mail.outbound import NotReached, check_url
from mail.sms.post import provider_at
from mail.smtp.server import Server

BASE_DIR = Path(__file__).resolve().parent.parent


class Env(environ.Env):
    """Reads a variable by its type; a value of another type is refused by the variable's name."""

    def int(self, var: str, default: int) -> int:
        try:
            return int(self.str(var, str(default)))
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} must be a whole number.") from error

    def bool(self, var: str, default: bool) -> bool:
        value = self.str(var, str(default)).strip().lower()
        if value not in ON | OFF:
            raise ImproperlyConfigured(f"{var} must be 1 or 0.")
        return value in ON


ON, OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
env = Env()


def read_database(url: str) -> dict[str, Any]:
    """Django's database settings from a URL; SQLite and PostgreSQL get what each needs to hold under load."""
    if not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or sqlite:///.")
    try:
        database: dict[str, Any] = dict(environ.Env.db_url_config(url))
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL is not a database URL (postgres://user:password@host/name)."
        ) from error
    match database["ENGINE"]:
        case "django.db.backends.sqlite3":
            database["TEST"] = {"NAME": str(STATE_DIR / "test.sqlite3")}  # a file, as in life, not memory
            database["CONN_MAX_AGE"] = (
                600  # seconds; whoever closes the last one writes the log into the file
            )
            database["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            }
        case "django.db.backends.postgresql":
            database["OPTIONS"] = database.get("OPTIONS", {}) | {
                "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", 8), "timeout": 10},
                "prepare_threshold": 1 if env.bool("DATABASE_PREPARES", True) else None,
                "options": "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=20000",
            }
    return database


def read_secret_key(*, production: bool) -> str:
    key: str = env.str("SECRET_KEY", DEVELOPMENT_SECRET_KEY)
    if production and (key == DEVELOPMENT_SECRET_KEY or len(key) < MINIMUM_SECRET_LENGTH):
        raise ImproperlyConfigured(
            f"SECRET_KEY must be set to a secret of at least {MINIMUM_SECRET_LENGTH} characters when PRODUCTION is on."
        )
    return key


def read_hosts(*, production: bool) -> list[str]:
    hosts: list[str] = env.list(
        "ALLOWED_HOSTS", default=[] if production else ["localhost", "127.0.0.1", "[::1]"]
    )
    if production and (not hosts or "*" in hosts):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name this server's host names when PRODUCTION is on.")
    return hosts


def read_broker() -> str:
    """Redis when REDIS_URL names one, else a folder: the broker is only a doorbell, the database is the queue."""
    url: str = env.str("REDIS_URL", "")
    if url and not url.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
        raise ImproperlyConfigured("REDIS_URL must start with redis://, rediss:// or amqp://.")
    return url or "filesystem://"


def read_mail_server() -> str:
    url: str = env.str("EMAIL_URL", "").strip()
    if url.startswith(SCHEME):
        Account.at(url)
        return url
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            "EMAIL_URL is not an address such as smtp+tls://user:password@host:587."
        ) from error
    if url:
        Server.at(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            "EMAIL_URL must end with the host or its port; write /, ? and # in a password as %2F, %3F and %23."
        )
    return url


def read_bounce_mailbox() -> str:
    url: str = env.str("BOUNCE_IMAP_URL", "").strip()
    if url:
        mailbox_at(url)
    return url


def read_reply_address() -> str:
    """Where customers' answers to people go; the mailbox that is read, unless it is said."""
    address: str = env.str("REPLY_ADDRESS", "").strip()
    if not address and BOUNCE_IMAP_URL and "@" in mailbox_at(BOUNCE_IMAP_URL).user:
        return mailbox_at(BOUNCE_IMAP_URL).user
    if address and not REPLY_ADDRESS_FORM.fullmatch(address):
        raise ImproperlyConfigured(
            "REPLY_ADDRESS must look like answers@example.com, or answers+{key}@example.com where the mail server"
            " takes what follows a plus."
        )
    return address


def read_mail_webhook_secret() -> str:
    secret: str = env.str("MAIL_WEBHOOK_SECRET", "").strip()
    if secret and (len(secret) < MINIMUM_SECRET_LENGTH or not SECRET_IN_ADDRESS.fullmatch(secret)):
        raise ImproperlyConfigured(
            f"MAIL_WEBHOOK_SECRET must have at least {MINIMUM_SECRET_LENGTH} letters, digits, - or _."
        )
    return secret


def read_sms_provider() -> str:
    url: str = env.str("SMS_URL", "").strip()
    if url:
        provider_at(url)
    return url


def read_message_webhook() -> tuple[str, str]:
    """The company's own app that messages are handed to, and the secret both sides sign with."""
    url: str = env.str("MESSAGE_WEBHOOK_URL", "").strip()
    secret: str = env.str("MESSAGE_WEBHOOK_SECRET", "").strip()
    if not url:
        return "", ""
    try:
        check_url(url)
    except NotReached as error:
        raise ImproperlyConfigured(
            "MESSAGE_WEBHOOK_URL must be a web address without a password in it."
        ) from error
    try:
        Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ImproperlyConfigured(
            "MESSAGE_WEBHOOK_SECRET must be a secret of Standard Webhooks: whsec_…."
        ) from error
    return url, secret


def read_private_networks() -> list[Network]:
    try:
        return [ip_network(network) for network in env.list("OUTBOUND_ALLOW_PRIVATE", default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(
            "OUTBOUND_ALLOW_PRIVATE must be networks such as 10.0.0.0/8, separated by commas."
        ) from error


def read_ports() -> set[int]:
    try:
        return {int(port) for port in env.list("OUTBOUND_PORTS", default=["80", "443"])}
    except ValueError as error:
        raise ImproperlyConfigured("OUTBOUND_PORTS must be port numbers, separated by commas.") from error


def read_time_zone() -> str:
    name: str = env.str("TIME_ZONE", "Europe/Sarajevo")
    if name not in available_timezones():
        raise ImproperlyConfigured("TIME_ZONE must be the name of a time zone, such as Europe/Sarajevo.")
    return name


DEVELOPMENT_SECRET_KEY = "for-development-only-and-refused-in-production"  # noqa: S105  refused in production
MINIMUM_SECRET_LENGTH = 32
SECRET_IN_ADDRESS = re.compile(r"[A-Za-z0-9_-]+")
REPLY_ADDRESS_FORM = re.compile(r"[A-Za-z0-9._-]{1,30}(?:\+\{key\})?@[A-Za-z0-9.-]+")

# --- Where it runs ----------------------------------------------------------------------------------------
PRODUCTION = env.bool("PRODUCTION", False)
DEBUG = env.bool("DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off when PRODUCTION is on.")
STATE_DIR = Path(env.str("STATE_DIR", str(BASE_DIR / "var")))
STATE_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = read_secret_key(production=PRODUCTION)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = read_hosts(production=PRODUCTION)
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}").rstrip("/")
if PRODUCTION and not PUBLIC_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "PUBLIC_BASE_URL must be the https:// address customers reach, when PRODUCTION is on."
    )
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

# --- The organisation -------------------------------------------------------------------------------------
ORGANISATION_NAME = env.str("ORGANISATION_NAME", "Meridian Mobile")
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", "1 Harbour Street, 71000 Sarajevo")
COUNTRY = env.str("COUNTRY", "BA")

# --- The house --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "staff.site.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "phonenumber_field",
    "events",
    "mail",
    "staff",
    "customers",
    "journeys",
    "surveys",
    "loyalty",
    "followups",
    "insights",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "staff.middleware.StaffLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "cxplatform.urls"
WSGI_APPLICATION = "cxplatform.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"sidebar": "cxplatform.sidebar_tags"},
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------
DATABASES = {"default": read_database(env.str("DATABASE_URL", f"sqlite:///{STATE_DIR / 'cx.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {  # each web process has its own: nothing in it may be needed by another
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# --- People and sign-in -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "staff.access.WithholdingBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
SESSION_COOKIE_AGE = int(timedelta(days=7).total_seconds())

# --- Security ---------------------------------------------------------------------------------------------
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# --- Languages --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("ru", _("Russian")),
    ("bs", _("Bosnian")),
    ("fa", _("Persian")),
    ("zh-hans", _("Simplified Chinese")),
]
FORMAT_MODULE_PATH = ["cxplatform.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = read_time_zone()
USE_TZ = True
USE_I18N = True

# --- Files ------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = STATE_DIR / "media"  # never handed out by the web server
TAKE_FILES = env.bool("TAKE_FILES", False)  # whether surveys may ask customers for files
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

# --- Mail: EMAIL_URL names an SMTP server; without it every mail stays on the outbox page ------------------
EMAIL_URL = read_mail_server()
EMAIL_BACKEND = "mail.backend.PostOfficeBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Meridian Mobile <hello@meridian.example>")
MAIL_CONNECTIONS = env.int("MAIL_CONNECTIONS", 32)
DKIM_SELECTOR = env.str("DKIM_SELECTOR", "").strip()
BOUNCE_IMAP_URL = read_bounce_mailbox()
REPLY_ADDRESS = read_reply_address()
MAIL_WEBHOOK_SECRET = read_mail_webhook_secret()
MAIL_TIMEOUT = timedelta(seconds=env.int("MAIL_TIMEOUT_SECONDS", 30))
SENDERS_PER_CHANNEL = env.int("SENDERS_PER_CHANNEL", 2)  # at a time, in all workers together
SENDING_LEASE = timedelta(
    seconds=env.int("SENDING_LEASE_SECONDS", 300)
)  # how long a silent sender keeps its messages

# --- SMS, the company's own app, and outgoing HTTP: what has no address stays on the outbox page -----------
SMS_URL = read_sms_provider()
SMS_CONNECTIONS = env.int("SMS_CONNECTIONS", 8)
SMS_COUNTRIES = {country.strip().upper() for country in env.list("SMS_COUNTRIES", default=[])}
SMS_PARTS_AT_MOST = env.int("SMS_PARTS_AT_MOST", 4)
MESSAGE_WEBHOOK_URL, MESSAGE_WEBHOOK_SECRET = read_message_webhook()
WEBHOOK_CONNECTIONS = env.int("WEBHOOK_CONNECTIONS", 8)
OUTBOUND_TIMEOUT = timedelta(seconds=env.int("OUTBOUND_TIMEOUT_SECONDS", 15))
OUTBOUND_ALLOW_PRIVATE = read_private_networks()
OUTBOUND_PORTS = read_ports()
DELIVERY_REPORTS_KEPT = timedelta(days=env.int("DELIVERY_REPORTS_KEPT_DAYS", 400))
RECIPIENT_DIGEST = "customers.consent.digest_of_recipient"

# --- Events -----------------------------------------------------------------------------------------------
EVENT_REACTIONS = "cxplatform.reactions.REACTIONS"
EVENTS_KEPT = timedelta(days=env.int("EVENTS_KEPT_DAYS", 30))
SEGMENT_ACTIVITIES = "cxplatform.segment_activities.ACTIVITIES"
CUSTOMER_PANELS = "cxplatform.customer_panels.PANELS"
SEGMENT_USES = "cxplatform.segment_uses.USES"
CUSTOMER_MOVES = "cxplatform.customer_moves.BELONGINGS"
PERSONAL_DATA = "cxplatform.personal_data.HOLDINGS"
RETENTIONS = "cxplatform.personal_data.RETENTIONS"
UNIT_LOOKUPS = "cxplatform.access.LOOKUPS"
WITHHELD_PERMISSIONS = "cxplatform.access.WITHHELD"
TOUCHPOINT_FIGURES = "insights.touchpoints.figures"
PERSONA_FIGURES = "insights.personas.FIGURES"
IMPROVEMENT_EFFECT = "insights.effects.effect_of"
SURVEY_PROMISE = "followups.promising.promise_to"
SURVEY_CALLS = "followups.promising.takes_call_requests"

# --- Celery: messages carry ids only; losing every one of them loses nothing -------------------------------
BROKER_DIR = STATE_DIR / "broker"
CELERY_BROKER_URL = read_broker()
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "celerybeat-schedule")
if CELERY_BROKER_URL == "filesystem://":
    for folder in ("messages", "control"):
        (BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT = "events.folder_broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.05,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 300,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }

# --- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["staff.api.parsing.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "staff.api.access.BearerKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["staff.api.access.HasScope"],
    "DEFAULT_PAGINATION_CLASS": "staff.api.pages.NewestFirst",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "staff.api.errors.answer_problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_SCOPES = "cxplatform.api_scopes.SCOPES"
SPECTACULAR_SETTINGS = {
    "TITLE": "CX platform",
    "VERSION": "v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["staff.api.access.IsStaff"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "LanguageEnum": "django.conf.settings.LANGUAGES",
        "ChannelEnum": "customers.models.Channel",
        "AnswerChannelEnum": "surveys.models.responses.AnswerChannel",
        "ConsentStateEnum": "customers.models.Consent.State",
        "IdentityKindEnum": "customers.models.Identity.Kind",
        "InteractionKindEnum": "journeys.models.Interaction.Kind",
        "SurveyKindEnum": "surveys.models.Survey.Kind",
        "QuestionKindEnum": "surveys.models.Question.Kind",
        "CampaignKindEnum": "surveys.models.Campaign.Kind",
        "CampaignStateEnum": "surveys.models.Campaign.State",
        "FollowUpStateEnum": "followups.models.FollowUp.State",
        "StepKindEnum": "followups.models.FollowUpStep.Kind",
        "MessageChannelEnum": "followups.models.messages.CHANNELS",
        "MessageStateEnum": "followups.models.Message.State",
        "EntryKindEnum": "loyalty.models.Entry.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "staff.api.schema.describe_shared",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "psycopg.pool": {"level": "ERROR"},  # the error it warns of is raised and told as well
        "kombu.connection": {"level": "ERROR"},  # warns that a broker of files has no host name
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
