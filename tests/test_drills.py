"""Faults done to a running site: the short form of ``benchmarks/drills.py``."""

import os
import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux, to find processes")  # noqa: PTH112
def test_a_site_that_is_killed_damaged_and_fed_nonsense_answers_as_its_files_say() -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "drills.py"), "--short"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        words, env=environ, capture_output=True, text=True, timeout=400, check=False
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert "worker killed" in ran.stdout
