"""The semantic layer: what the numbers mean, defined once and asked for by name.

Belongs here: the Cube model (`model/`), Cube's configuration, the embedded engine over the same YAML, the client that
chooses between them, and the commands that ask from the shell. Does not belong here: building gold, drawing pages.
"""
