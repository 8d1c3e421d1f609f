"""Waking workers. The database holds the work, so a bell that nobody hears loses nothing."""

import logging
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ring(task: "Task[..., Any]", **ids: int | str) -> bool:
    """Send `task` its ids; False, and one log line, when the broker does not answer."""
    try:
        task.apply_async(kwargs=ids, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.warning("The broker did not take %s (%s); the sweep will find the work.", task.name, error)
        return False
    return True
