import json
import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_campaign_forgets_nobody_and_repeats_nothing():
    """It gives up by itself: who were killed for taking too long would leave a worker behind, which takes others' tasks."""
    command = [sys.executable, "-m", "tests.chaos", "--recipients", "400", "--kills", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    database = os.environ.get("TEST_DATABASE_URL", "sqlite")

    run = subprocess.run(
        [*command, "--database", database],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    verdict = json.loads(run.stdout.splitlines()[-1])
    assert verdict["doubled"] == verdict["lost"] == []
    assert sum(verdict["states"].values()) == 400
    assert verdict["states"].keys() <= {"sent", "unknown"}
    assert verdict["unknown"] <= 2 * 16  # both senders' open connections
