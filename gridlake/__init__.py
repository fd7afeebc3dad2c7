"""The vocabulary every other room may import.

Belongs here: settings, errors, time, table contracts, Delta storage, ledgers, snapshots, the command line's shell.
Does not belong here: anything that knows one feed, one model or one page.
"""

__version__ = "0.1.0"
