"""Dagster: the assets everything is made by, their checks, schedules and the `gridlake run` that executes them.

Belongs here: order, gating, publishing, summaries. What an asset does stands as a plain function in its own room.
"""

import warnings

# Backfill policies are beta in this release of Dagster; look again when its pin moves.
warnings.filterwarnings("ignore", message=".*`backfill_policy`.*")
