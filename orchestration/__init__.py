"""Dagster: the assets everything is made by, their checks, schedules and the `gridlake run` that executes them.

Belongs here: order, gating, publishing, summaries. What an asset does stands as a plain function in its own room.
"""
