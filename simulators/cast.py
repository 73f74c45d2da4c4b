"""Who takes part in a simulation: homes out of a file, or made up, and how their devices log in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import CarewatchError
from simulators.fleet import make_homes
from simulators.live import Access
from simulators.scenarios import Home

_MADE_UP = 24


class BadCast(CarewatchError):
    """A file that names nobody, or a time zone that there is not."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The homes, and how their devices log in."""

    homes: Sequence[Home]
    access: Access


def cast(file: Path | None, count: int | None, zone: str, account: tuple[str, str] | None) -> Cast:
    """The first ``count`` homes of a demo.json or a fleet file; made up where there is no file.

    ``zone`` is that of residents whose zone no file names; by ``account`` all devices log in,
    whatever the file says. Raises BadCast.
    """
    _check_zone(zone)
    if file is None:
        return Cast(make_homes(count or _MADE_UP, zone), Access({}, account))
    said = _read(file)
    found = _of_a_fleet(said, zone) if "bridge" in said else _of_the_demo(said, zone)
    if not found.homes:
        raise BadCast(f"{file} names no device of a resident.")
    access = Access({}, account) if account else found.access
    return replace(found, homes=found.homes[:count], access=access)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadCast(f"There is no time zone {zone!r}; try one like Asia/Shanghai.") from None


def _read(file: Path) -> Mapping[str, Any]:
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadCast(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(said, dict) or not isinstance(said.get("devices"), list):
        raise BadCast(f"{file} has no list 'devices': is it a demo.json or a fleet file?")
    return said


def _of_the_demo(said: Mapping[str, Any], zone: str) -> Cast:
    zones = {one["id"]: one.get("timezone", zone) for one in said.get("residents", ())}
    homes: dict[str, list[tuple[str, str]]] = {}
    for device in said["devices"]:
        if device.get("resident") and device["kind"] != "bridge":
            homes.setdefault(device["resident"], []).append((device["id"], device["kind"]))
    secrets = {device["id"]: device["secret"] for device in said["devices"]}
    return Cast(
        [Home(name, zones.get(name, zone), tuple(theirs)) for name, theirs in homes.items()],
        Access(secrets),
    )


def _of_a_fleet(said: Mapping[str, Any], zone: str) -> Cast:
    bridge = said["bridge"]
    homes = [Home(id_.replace("bed", "resident"), zone, ((id_, "bed"),)) for id_ in said["devices"]]
    return Cast(homes, Access({}, (bridge["username"], bridge["password"])))
