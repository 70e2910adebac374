"""How soon ``newsarchive --help`` answers, beside an interpreter that does nothing: ``help.py``.

Runs both in turn and prints the median of each, and the ratio.
"""

import subprocess
import sys
import time
from statistics import median

ROUNDS = 25
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "newsarchive --help": ["-m", "newsarchive", "--help"],
    "newsarchive serve --help": ["-m", "newsarchive", "serve", "--help"],
}


def seconds(words: list[str]) -> float:
    """How long one run takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> None:
    """One table."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, words in COMMANDS.items():
            times[name].append(seconds(words))
    base = median(times["python -c pass"])
    for name, each in times.items():
        print(f"{name:28}{median(each) * 1e3:8.0f} ms{median(each) / base:8.1f} x")


if __name__ == "__main__":
    main()
