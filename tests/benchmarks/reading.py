"""How densities of others are read: `python tests/benchmarks/reading.py`, with DERIVE_CORPUS a folder of them.

Prints a line for each that is not read right, or not told what is wrong with it, and the score.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus import corpus, entries, outcome


def main():
    """Print what went wrong and the score; exit with 1 where anything did."""
    if not corpus().exists():
        sys.exit(f"there is no {corpus()}; name the folder that holds densities.json in DERIVE_CORPUS")
    score = {"read right": [], "told what is wrong": []}
    for entry in entries():
        found = outcome(entry)
        score["read right" if entry["status"] == "ok" else "told what is wrong"].append(found.right)
        if not found.right:
            print(f"{entry['id']} ({entry['status']}): {found.told}")
    for kind, all_right in score.items():
        print(f"{kind:<20} {sum(all_right)} of {len(all_right)}")
    sys.exit(0 if all(map(all, score.values())) else 1)


if __name__ == "__main__":
    main()
