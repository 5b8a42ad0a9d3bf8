"""Writes `verifier/vectors` anew: `python -m verifier.tests.vectors` from the root of the repository."""

from pathlib import Path

from verifier.tests.vectors.all import everything

FOLDER = Path(__file__).parents[2] / "vectors"

if __name__ == "__main__":
    for name, data in everything().items():
        target = FOLDER / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
        print(f"{len(data):9,} {name}")
