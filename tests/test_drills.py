"""Faults done to a running site: the short form of ``benchmarks/drills.py``."""

import os
import signal
import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.mark.requirement(12, 13)
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux, to find processes")  # noqa: PTH112
def test_a_site_that_is_killed_damaged_and_fed_nonsense_answers_as_its_files_say() -> None:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "drills.py"), "--short"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=400)
    finally:
        if process.poll() is None:  # its servers end with it
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 0, said
    assert "worker killed" in said
