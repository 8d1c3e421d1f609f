"""Chooses the database of the suite before Django reads its settings."""

import os
import tempfile

state_dir = tempfile.TemporaryDirectory(prefix="cx-tests-")
os.environ["STATE_DIR"] = state_dir.name
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.pop("DATABASE_URL", None)
os.environ.pop("REDIS_URL", None)
os.environ.pop("EMAIL_URL", None)
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
if "TEST_REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = os.environ["TEST_REDIS_URL"]
