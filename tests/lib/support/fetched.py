"""What tests/lib/fetch brings: jars, the registry, versions."""

import subprocess
from pathlib import Path

FETCH = Path(__file__).resolve().parents[1] / "fetch"


def fetch(*what):
    """The words it prints."""
    return subprocess.run(
        [FETCH, *what], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
