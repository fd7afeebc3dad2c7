"""How many faults a test causes: few by default, as many as FAULTS asks for in the long mode (`make faults`, FAULTS=300)."""

from __future__ import annotations

import os

FAULTS = int(os.environ.get("FAULTS") or 0)

KILLS = FAULTS  # of whole runs, at random moments: by `make faults` alone
RACES = FAULTS * 2 // 3 or 10
FLIPS = FAULTS * 5 // 3 or 40
