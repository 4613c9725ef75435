"""How long `derive normal --emit latex` takes beside `import sympy`: `python tests/benchmarks/start.py`.

Runs the two in turn and prints the median of the ratios, pair by pair: machines are noisy, ratios less.
"""

import subprocess
import sys
import time
from statistics import median

RUNS = 15
COMMANDS = {
    "derive normal --emit latex": [sys.executable, "-m", "derive", "normal", "--emit", "latex"],
    "derive list": [sys.executable, "-m", "derive", "list"],
    "derive --help": [sys.executable, "-m", "derive", "--help"],
}


def seconds(command):
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    """Print a line for each command: its median seconds and its ratio to `import sympy`."""
    peer = [sys.executable, "-c", "import sympy"]
    for name, command in COMMANDS.items():
        pairs = [(seconds(command), seconds(peer)) for _ in range(RUNS + 1)][1:]
        ratio = median(ours / theirs for ours, theirs in pairs)
        print(f"{name:<28} {median(ours for ours, _ in pairs):.3f} s   {ratio:.2f} x import sympy")


if __name__ == "__main__":
    main()
