"""Live connectors: where a feed's payloads come from when they are asked of their source.

Belongs here: addresses, windows and keys of the sources. A connector yields the bytes the feed's parser reads from an
archive too; placing rows stays with the parser.
"""
