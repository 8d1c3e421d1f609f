"""A wrong setting stops the start with one plain sentence that names the variable."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parents[2]
GOOD = {
    "PRODUCTION": "1",
    "SECRET_KEY": "a-secret-of-at-least-32-characters-for-this-test",
    "ALLOWED_HOSTS": "cx.example",
    "PUBLIC_BASE_URL": "https://cx.example",
}

APP = {"MESSAGE_WEBHOOK_URL": "https://app.example/"}


def manage(*arguments: str, state_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {*GOOD, "DATABASE_URL"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment | {"STATE_DIR": str(state_dir)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("variable", "wrong"),
    [
        ("DATABASE_URL", {"DATABASE_URL": "mysql://host/name"}),
        ("DATABASE_URL", {"DATABASE_URL": "postgres://user:password@host:port/name"}),
        ("REDIS_URL", {"REDIS_URL": "http://redis"}),
        ("PRODUCTION", {"PRODUCTION": "perhaps"}),
        ("SECRET_KEY", GOOD | {"SECRET_KEY": ""}),
        ("SECRET_KEY", GOOD | {"SECRET_KEY": "for-development-only-and-refused-in-production"}),
        ("SECRET_KEY", GOOD | {"SECRET_KEY": "short"}),
        ("ALLOWED_HOSTS", GOOD | {"ALLOWED_HOSTS": ""}),
        ("ALLOWED_HOSTS", GOOD | {"ALLOWED_HOSTS": "*"}),
        ("PUBLIC_BASE_URL", GOOD | {"PUBLIC_BASE_URL": "http://cx.example"}),
        ("DEBUG", GOOD | {"DEBUG": "1"}),
        ("MAIL_CONNECTIONS", {"MAIL_CONNECTIONS": "many"}),
        ("TIME_ZONE", {"TIME_ZONE": "Mars/Olympus_Mons"}),
        ("EMAIL_URL", {"EMAIL_URL": "mail.example"}),
        ("EMAIL_URL", {"EMAIL_URL": "http://mail.example"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://mail.example:port"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://mail.example:70000"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://user:p#ssword@mail.example"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://[mail.example"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://user:12#34@mail.example"}),
        ("EMAIL_URL", {"EMAIL_URL": "smtp://mail.example:25/?tls=True"}),
        ("EMAIL_URL", {"EMAIL_URL": "anymail+pigeon://key@"}),
        ("EMAIL_URL", {"EMAIL_URL": "anymail+postmark://"}),
        ("MAIL_WEBHOOK_SECRET", {"MAIL_WEBHOOK_SECRET": "short"}),
        ("MAIL_WEBHOOK_SECRET", {"MAIL_WEBHOOK_SECRET": "x/" * 20}),
        ("BOUNCE_IMAP_URL", {"BOUNCE_IMAP_URL": "pop3://me@mail.example"}),
        ("REPLY_ADDRESS", {"REPLY_ADDRESS": "answers"}),
        ("REPLY_ADDRESS", {"REPLY_ADDRESS": "answers+{name}@cx.example"}),
        ("REPLY_ADDRESS", {"REPLY_ADDRESS": "Answers <answers@cx.example>"}),
        ("SMS_URL", {"SMS_URL": "twilio://api.twilio.com"}),
        ("SMS_URL", {"SMS_URL": "http-gateway://sms.example/?field.to={to}"}),
        ("SMS_PARTS_AT_MOST", {"SMS_PARTS_AT_MOST": "few"}),
        ("MESSAGE_WEBHOOK_URL", {"MESSAGE_WEBHOOK_URL": "app.example"}),
        ("MESSAGE_WEBHOOK_URL", {"MESSAGE_WEBHOOK_URL": "https://me:x@app.example/"}),
        ("MESSAGE_WEBHOOK_SECRET", {"MESSAGE_WEBHOOK_URL": "https://app.example/"}),
        ("MESSAGE_WEBHOOK_SECRET", APP | {"MESSAGE_WEBHOOK_SECRET": "whsec_é"}),
        ("OUTBOUND_ALLOW_PRIVATE", {"OUTBOUND_ALLOW_PRIVATE": "10.0.0.1/8"}),
        ("OUTBOUND_PORTS", {"OUTBOUND_PORTS": "http"}),
    ],
)
def test_a_wrong_value_is_refused_by_name(variable, wrong, monkeypatch):
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=rf"^{variable} (must|is not|has) [^\n]+\.$"):
        runpy.run_path(str(PROJECT / "cxplatform/settings.py"))


def test_the_start_stops_with_that_sentence_alone(tmp_path):
    outcome = manage("migrate", state_dir=tmp_path, DATABASE_URL="mysql://host/name")

    assert (outcome.returncode, outcome.stderr) == (
        1,
        "DATABASE_URL must start with postgres:// or sqlite:///.\n",
    )


@pytest.mark.parametrize("command", ["migrate", "check", "check_start"])
def test_a_bad_mail_server_stops_the_start_before_any_mail_is_due(command, tmp_path):
    outcome = manage(command, state_dir=tmp_path, EMAIL_URL="mail.example:587")

    assert (outcome.returncode, outcome.stderr) == (
        1,
        "EMAIL_URL must look like smtp+tls://user:password@host:587.\n",
    )


@pytest.mark.parametrize("command", ["migrate", "check_start"])
def test_an_unreachable_database_is_told_in_one_sentence(command, tmp_path):
    outcome = manage(command, state_dir=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/missing/cx.sqlite3")

    assert (outcome.returncode, outcome.stderr) == (
        1,
        "The database that DATABASE_URL names does not answer: unable to open database file\n",
    )


def test_an_unreachable_server_is_told_too(tmp_path):
    outcome = manage("check_start", state_dir=tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/cx")

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("The database that DATABASE_URL names does not answer: ")
    assert outcome.stderr.count("\n") == 1


def test_a_database_older_than_the_code_is_told(tmp_path):
    outcome = manage("check_start", state_dir=tmp_path)

    assert (outcome.returncode, outcome.stderr) == (
        1,
        "The database is older than the code: run “manage.py migrate” first.\n",
    )


def test_good_production_settings_start(tmp_path):
    good = GOOD | {"EMAIL_URL": "smtp+tls://me%40x:p%3Aw@mail.example:587"}

    assert manage("check", state_dir=tmp_path, **good).returncode == 0
