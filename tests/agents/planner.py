"""``python -m tests.agents.planner FOLDER SENTENCE``: a planner process that can be killed.

It prints each stage as it begins or goes on, one a line.
"""

import sys
from pathlib import Path

from agents.reader import GrammarReader
from agents.service.service import Caller, Service
from agents.service.site_setup import read_config
from contracts.site import Site


def say(stage: str, share: float, detail: str) -> None:
    print(stage, share, detail, flush=True)  # noqa: T201 - it is read by the test


def main() -> None:
    site = Site(Path(sys.argv[1]))
    service = Service(site, read_config(site), Caller(name="operator"), GrammarReader())
    service.run(sys.argv[2], sys.argv[3], say)


if __name__ == "__main__":
    main()
