"""Judgement of what outsiders sent: the rule catalogue, the gates and the runner that hides Great Expectations.

Belongs here: every statement about what a plausible record or a complete table looks like, each once, with its limit,
the limit's source and a reason in words. Does not belong here: the shape of our own tables (dbt contracts) and
invariants of our own work (dbt tests).
"""
