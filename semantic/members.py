"""What a model is made of: cubes with their members and joins, views with the members they show and who may see which rows.

Belongs here: the objects, and how a name is found among them. Does not belong here: reading and checking YAML (`model`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridlake.errors import ExitCode, GridlakeError, did_you_mean
from semantic.access import Policy

_REFERENCE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


class ModelError(GridlakeError):
    """The model cannot be used. The message names the file and the member, the remedy what to change."""


@dataclass(frozen=True)
class Member:
    """A dimension or measure of a cube. `unit` comes from `meta.unit` ('' where there is none)."""

    name: str
    type: str
    sql: str
    kind: str  # dimension or measure
    title: str
    description: str = ""
    public: bool = True
    primary_key: bool = False
    filters: tuple[str, ...] = ()
    format: str = ""  # how a number is written, in d3's notation: ",.0f"
    drill_members: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return str(self.meta.get("unit", ""))

    @property
    def is_local_day(self) -> bool:
        """A day of the region's own calendar: it must not be moved to another time zone once more."""
        return self.meta.get("calendar") == "local"


@dataclass(frozen=True)
class Join:
    """A way from one cube to another that finds at most one row there."""

    target: str
    relationship: str
    sql: str


@dataclass(frozen=True)
class Cube:
    name: str
    source: str  # SQL of the rows: a table's name, or a query in parentheses
    title: str
    description: str
    members: Mapping[str, Member]
    joins: Mapping[str, Join]
    file: str

    def of_kind(self, kind: str) -> list[Member]:
        return [m for m in self.members.values() if m.kind == kind]


@dataclass(frozen=True)
class ViewMember:
    """A member as a view shows it: `name` in the view, `cube` and `member` behind it, `path` of joins that leads there."""

    name: str
    path: tuple[str, ...]
    member: Member

    @property
    def cube(self) -> str:
        return self.path[-1]


@dataclass(frozen=True)
class View:
    name: str
    title: str
    description: str
    root: str
    members: Mapping[str, ViewMember]
    file: str
    policies: tuple[Policy, ...] = ()  # none: everyone may see every row

    def of_kind(self, kind: str) -> list[ViewMember]:
        return [m for m in self.members.values() if m.member.kind == kind]


@dataclass(frozen=True)
class Model:
    """All cubes and views. Only views are for users."""

    cubes: Mapping[str, Cube]
    views: Mapping[str, View]

    def view(self, name: str) -> View:
        """Raises `UnknownMember` naming the nearest views."""
        if name not in self.views:
            raise UnknownMember("view", name, self.views)
        return self.views[name]

    def member(self, qualified: str, kind: str | None = None) -> tuple[View, ViewMember]:
        """The view and member that `view.member` names. Raises `UnknownMember` naming the nearest ones."""
        view_name, _, name = str(qualified).partition(".")
        view = self.view(view_name)
        candidates = {f"{view.name}.{m.name}": m for m in view.members.values() if kind in (None, m.member.kind)}
        if f"{view_name}.{name}" not in candidates:
            raise UnknownMember(kind or "member", str(qualified), candidates)
        return view, candidates[f"{view_name}.{name}"]


class UnknownMember(GridlakeError):
    """A query names something that the model's views do not have."""

    exit_code = ExitCode.USAGE

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        remedy = did_you_mean(name, names, f"There are {', '.join(names)}.")
        super().__init__(f"There is no {kind} '{name}' in the semantic model.", remedy)
        self.name = name


def references(sql: str) -> list[str]:
    """Names in braces, in order: `{CUBE}`, `{member}`, `{cube.member}`.

    >>> references("{CUBE}.zone_id = {zones.zone_id}")
    ['CUBE', 'zones.zone_id']
    """
    return _REFERENCE.findall(sql)


def substitute(sql: str, replace: Any) -> str:
    """`sql` with each name in braces replaced by `replace(name)`."""
    return _REFERENCE.sub(lambda match: replace(match.group(1)), sql)
