"""Questions by which a token might see more than its regions: totals, groups, filters on what it may not see.

Belongs here: the questions, for both engines. The tests compare the answers.
"""

from __future__ import annotations

from typing import Any

from semantic.model import load_model

RIGHTS = {"regions": ["NYISO"]}
TENANT = {
    "tenant": "acme",
    "regions": ["NYISO", "CAISO"],
    "zones": ["NYISO.WEST", "ERCOT.WEST"],
}  # the second is of no region of its


def limited_views() -> list[str]:
    """Views of which a token with regions sees some rows."""
    return [v.name for v in load_model().views.values() if any(p.rules for p in v.policies)]


def zone_of(view: str) -> str:
    """The member by which a tenant's rows of a view are told, '' where the view has none."""
    shown = load_model().view(view).members
    return next((m for m in ("zone_id", "meter_zone_id") if m in shown), "")


def unlimited_views() -> list[str]:
    """Views that a token of some regions may not ask at all."""
    return [v.name for v in load_model().views.values() if all(p.group == "all_regions" for p in v.policies)]


def asks_for_more(view: str) -> list[dict[str, Any]]:
    """Whatever is asked, all that comes must be of the token's regions."""
    region = f"{view}.region_id"
    measures = [m.name for m in load_model().view(view).of_kind("measure")]
    if not measures:
        return [{"dimensions": [region]}]
    count = [f"{view}.count"]
    other = {"member": region, "operator": "equals", "values": ["ERCOT"]}
    either = {"or": [other, {"member": region, "operator": "notEquals", "values": ["ERCOT"]}]}
    return [
        {"measures": count},
        {"measures": count, "dimensions": [region]},
        {"measures": count, "filters": [either]},
        {"measures": count, "filters": [other]},
    ]
