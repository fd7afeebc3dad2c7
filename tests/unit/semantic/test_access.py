"""Row rules: a token sees its regions, one without rights nothing, in totals and through filters as well."""

from __future__ import annotations

from typing import Any

import pytest

from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.access import ALL_REGIONS, NoRights, checked_policies, groups_of
from semantic.client import SemanticClient
from semantic.engine import Engine
from semantic.model import load_model
from tests.unit.semantic.rules import RIGHTS, TENANT, asks_for_more, limited_views, unlimited_views, zone_of


def test_every_view_says_who_may_see_it() -> None:
    assert all(view.policies for view in load_model().views.values())
    with_region = {v.name for v in load_model().views.values() if "region_id" in v.members}
    assert set(limited_views()) == with_region
    assert unlimited_views() == ["gates"]


@pytest.mark.parametrize("view", limited_views())
def test_a_token_sees_its_regions_only(view: str, engine: Engine) -> None:
    total, grouped, *through_filters = asks_for_more(view) if view != "region_list" else [None, *asks_for_more(view)]
    own = {"member": f"{view}.region_id", "operator": "equals", "values": RIGHTS["regions"]}
    assert {row[f"{view}.region_id"] for row in engine.query(grouped, RIGHTS).rows()} <= {"NYISO"}
    if not total:
        return
    assert engine.query(total, RIGHTS).rows() == engine.query(total | {"filters": [own]}).rows()
    either, other = through_filters
    assert engine.query(either, RIGHTS).rows() == engine.query(total, RIGHTS).rows()
    assert engine.query(other, RIGHTS).rows() == [{f"{view}.count": 0}]


def test_the_rules_hold_something_back(engine: Engine) -> None:
    query = {"measures": ["load.total_load_mwh"]}
    assert (
        engine.query(query, RIGHTS).rows()[0]["load.total_load_mwh"]
        < engine.query(query).rows()[0]["load.total_load_mwh"] / 3
    )


@pytest.mark.parametrize("view", limited_views())
def test_a_tenant_sees_rows_of_its_zones_in_its_regions_only(view: str, engine: Engine) -> None:
    zone = zone_of(view)
    if not zone:
        with pytest.raises(NoRights):
            engine.query({"dimensions": [f"{view}.region_id"]}, TENANT)
        return
    count = [f"{view}.count"]
    own = [{"member": f"{view}.region_id", "operator": "equals", "values": ["NYISO"]}, {"member": f"{view}.{zone}", "operator": "equals", "values": ["NYISO.WEST"]}]  # fmt: skip
    seen = engine.query({"measures": count, "dimensions": [f"{view}.{zone}"]}, TENANT).rows()
    assert {row[f"{view}.{zone}"] for row in seen} <= {"NYISO.WEST"}
    total = engine.query({"measures": count}, TENANT).rows()
    assert total == engine.query({"measures": count, "filters": own}).rows()
    other = {"member": f"{view}.{zone}", "operator": "equals", "values": ["ERCOT.WEST", "NYISO.NYC", "NYISO.TOTAL"]}
    either = {"or": [other, {"member": f"{view}.{zone}", "operator": "notEquals", "values": ["ERCOT.WEST"]}]}
    assert engine.query({"measures": count, "filters": [other]}, TENANT).rows() == [{f"{view}.count": 0}]
    assert engine.query({"measures": count, "filters": [either]}, TENANT).rows() == total


def test_tenants_of_one_region_see_different_meters(engine: Engine) -> None:
    query = {"measures": ["meters_daily.count_meters"]}
    west, city = (
        {"tenant": t, "regions": ["NYISO"], "zones": [f"NYISO.{z}"]} for t, z in (("a", "WEST"), ("b", "NYC"))
    )
    assert engine.query(query, west).rows()[0]["meters_daily.count_meters"] > 0
    assert engine.query(query, city).rows()[0]["meters_daily.count_meters"] == 0
    assert engine.query({"measures": ["customers.count_meters"]}, city).rows()[0]["customers.count_meters"] == 0


@pytest.mark.parametrize("zones", [None, [], "NYISO.WEST", [1], "*"])
@pytest.mark.parametrize("regions", ["*", ["NYISO"], None])
def test_zones_that_mean_nothing_never_fall_back_to_regions(zones: Any, regions: Any, engine: Engine) -> None:
    claims = {"tenant": "acme", "regions": regions, "zones": zones}
    assert groups_of(claims) == ()
    with pytest.raises(NoRights):
        engine.query({"measures": ["zone_load.count"]}, claims)


@pytest.mark.parametrize(
    "claims", [{}, {"regions": []}, {"regions": "NYISO"}, {"regions": None}, {"regions": [1]}, {"other": "*"}]
)
def test_a_token_without_rights_sees_nothing(claims: dict[str, Any], engine: Engine) -> None:
    assert groups_of(claims) == ()
    for view in load_model().views.values():
        for member in view.members.values():
            with pytest.raises(NoRights):
                engine.query({f"{member.member.kind}s": [f"{view.name}.{member.name}"]}, claims)


@pytest.mark.parametrize("view", unlimited_views())
def test_what_is_of_all_regions_is_refused_to_a_token_of_one(view: str, engine: Engine) -> None:
    with pytest.raises(NoRights):
        engine.query({"measures": [f"{view}.count"]}, RIGHTS)
    assert engine.query({"measures": [f"{view}.count"]}, ALL_REGIONS).rows()[0][f"{view}.count"] > 0


def test_regions_of_a_token_are_values_not_sql(engine: Engine) -> None:
    assert engine.query({"measures": ["load.count"]}, {"regions": ["') or true or region_id in ('"]}).rows() == [
        {"load.count": 0}
    ]


def test_the_client_asks_for_its_token(published: tuple[Settings, Snapshot]) -> None:
    client = SemanticClient(published[0], environ={}, claims=RIGHTS)
    assert client.query({"dimensions": ["load.region_id"]}).frame["region_id"].to_list() == ["NYISO"]
    remote = SemanticClient(
        published[0], environ={"CUBE_API_URL": "http://localhost:1", "CUBE_API_SECRET": "s"}, claims=RIGHTS
    )
    assert remote.api
    assert remote.api.claims == RIGHTS


@pytest.mark.parametrize(
    "policy",
    [
        [], {}, [{"group": "a"}], [{"group": "a", "row_level": {}}], [{"group": "a", "row_level": {"allow_all": False}}],
        [{"group": "a", "row_level": {"allow_all": True}, "member_level": {"includes": "*"}}],
        [{"group": "a", "row_level": {"filters": [{"member": "m", "operator": "contains", "values": "{ securityContext.regions }"}]}}],
        [{"group": "a", "row_level": {"filters": [{"member": "m", "operator": "equals", "values": ["NYISO"]}]}}],
    ],
)  # fmt: skip
def test_a_policy_beyond_the_subset_is_refused(policy: Any) -> None:
    with pytest.raises(ValueError, match=r"access_policy|access policy|row rule"):
        checked_policies(policy)
