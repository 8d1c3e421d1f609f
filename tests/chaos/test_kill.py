import json
import os
import signal
import subprocess
import sys

import pytest

TOO_LONG = 400  # seconds; a slow machine takes a minute, beside the rest of the suite two


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_campaign_forgets_nobody_and_repeats_nothing():
    command = [sys.executable, "-m", "tests.chaos", "--recipients", "400", "--kills", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    database = os.environ.get("TEST_DATABASE_URL", "sqlite")

    with subprocess.Popen(
        [*command, "--database", database],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            told, errors = run.communicate(timeout=TOO_LONG)
        except subprocess.TimeoutExpired:
            # Killed, it would leave its worker behind, which takes the tasks of whatever runs next.
            run.send_signal(signal.SIGINT)
            raise

    assert run.returncode == 0, errors
    verdict = json.loads(told.splitlines()[-1])
    assert verdict["doubled"] == verdict["lost"] == []
    assert sum(verdict["states"].values()) == 400
    assert verdict["states"].keys() <= {"sent", "unknown"}
    assert verdict["unknown"] <= 2 * 16  # both senders' open connections
