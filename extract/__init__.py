"""Feeds: fetch payloads (archive, live, synthetic), parse them, land them in bronze Delta tables.

Belongs here: everything a source's own format demands, up to naive-UTC intervals and values as received. Typing values,
judging them and choosing between revisions is the warehouse's business.
"""
