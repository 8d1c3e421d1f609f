"""The product's settings with a state of their own. Read before anything else, so the suite chooses its database."""

import os
import tempfile

state_dir = tempfile.TemporaryDirectory(prefix="cx-tests-")
os.environ["STATE_DIR"] = state_dir.name
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["TAKE_FILES"] = "1"
os.environ.pop("DATABASE_URL", None)
os.environ.pop("REDIS_URL", None)
for variable in ("EMAIL_URL", "SMS_URL", "MESSAGE_WEBHOOK_URL", "BOUNCE_IMAP_URL"):
    os.environ.pop(variable, None)
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
if "TEST_REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = os.environ["TEST_REDIS_URL"]
os.environ["DJANGO_SETTINGS_MODULE"] = "cxplatform.settings"  # for the processes that tests start

from cxplatform.settings import *  # noqa: E402, F403  the environment above must come first

STATIC_ROOT.mkdir()  # noqa: F405  whitenoise warns about a folder that is not there
WHITENOISE_AUTOREFRESH = (
    True  # finds a file when it is asked for, instead of all of them for every test's client
)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # a good one takes half a second on purpose
