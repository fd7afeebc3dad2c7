"""Who may see which rows: the part of Cube's access policies that both engines answer alike.

Belongs here: reading a view's policies, the groups a token belongs to, the row rules that follow. `cube.js` says the same
about groups in JavaScript; a test holds the two together.

A token names regions: `{"regions": ["NYISO"]}` sees these, `{"regions": "*"}` sees all, any other sees nothing. A tenant's token names
its zones as well, `{"tenant": "…", "regions": ["NYISO"], "zones": ["NYISO.WEST"]}`, and sees the rows that are of both: no fact says whose a
meter is, so that the zones served are what tells tenants apart. A token with zones that mean nothing never falls back to its regions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridlake.errors import ExitCode, GridlakeError

ALL_REGIONS: Mapping[str, Any] = {"regions": "*"}  # who holds the files, or the secret that signs tokens
_FROM_TOKEN = re.compile(r"^\{ securityContext\.([a-z_]+) \}$")


class NoRights(GridlakeError):
    """The token may not ask this view."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Rule:
    """Rows whose `member` is among the token's values named `claim`."""

    member: str
    claim: str


@dataclass(frozen=True)
class Policy:
    """What one group may see: all rows where `rules` is empty, else those that every rule keeps."""

    group: str
    rules: tuple[Rule, ...]


def groups_of(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups a token belongs to.

    >>> groups_of({"regions": ["NYISO"]}), groups_of({"regions": "*"}), groups_of({}), groups_of({"regions": []})
    (('some_regions',), ('all_regions',), (), ())
    >>> groups_of({"regions": ["NYISO"], "zones": ["NYISO.WEST"]}), groups_of({"regions": "*", "zones": ["NYISO.WEST"]})
    (('some_zones',), ())
    """
    regions = claims.get("regions")
    if "zones" in claims:
        return ("some_zones",) if _are_names(regions) and _are_names(claims["zones"]) else ()
    if regions == "*":
        return ("all_regions",)
    return ("some_regions",) if _are_names(regions) else ()


def _are_names(value: Any) -> bool:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    return listed and len(value) > 0 and all(isinstance(v, str) for v in value)


def checked_policies(raw: Any) -> tuple[Policy, ...]:
    """A view's `access_policy`. Raises `ValueError` for anything beyond groups, `allow_all` and `equals` on the token's values."""
    if not isinstance(raw, list) or not raw:
        raise ValueError("access_policy is no list of groups.")
    return tuple(_policy(entry) for entry in raw)


def _policy(entry: Any) -> Policy:
    if not isinstance(entry, Mapping) or set(entry) != {"group", "row_level"} or not isinstance(entry["group"], str):
        raise ValueError("an access policy has other keys than group and row_level.")
    rows = entry["row_level"]
    if rows == {"allow_all": True}:
        return Policy(entry["group"], ())
    if not isinstance(rows, Mapping) or set(rows) != {"filters"} or not rows["filters"]:
        raise ValueError(f"the row rules of {entry['group']} are neither allow_all nor filters.")
    return Policy(entry["group"], tuple(_rule(f) for f in rows["filters"]))


def _rule(raw: Any) -> Rule:
    values = raw.get("values") if isinstance(raw, Mapping) else None
    found = _FROM_TOKEN.match(values) if isinstance(values, str) else None
    if not found or set(raw) != {"member", "operator", "values"} or raw["operator"] != "equals":
        raise ValueError(f'the row rule {raw!r} is not of the form member equals "{{ securityContext.name }}".')
    return Rule(str(raw["member"]), found[1])


def row_rules(view: str, policies: Sequence[Policy], claims: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filters, as a query writes them, that keep a token's rows of `view`. Raises `NoRights` where it may see none."""
    if not policies:
        return []
    groups = groups_of(claims)
    held = [p for p in policies if p.group in groups]
    if not held:
        raise NoRights(
            f"The token has no right to ask the view {view}.", 'Name its regions in the token: {"regions": [...]}.'
        )
    if any(not p.rules for p in held):
        return []
    each = [[_filter(view, rule, claims) for rule in p.rules] for p in held]
    return each[0] if len(each) == 1 else [{"or": [{"and": rules} for rules in each]}]


def _filter(view: str, rule: Rule, claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"member": f"{view}.{rule.member}", "operator": "equals", "values": list(claims[rule.claim])}
