"""Which thresholds hold for whom: those of a device's model, a team and a resident, merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["model", "team", "resident"]


@dataclass(frozen=True, slots=True)
class Concerned:
    """For whom another threshold holds than before, by the names of models, teams, residents."""

    models: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    residents: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.models or self.teams or self.residents)


@dataclass(frozen=True, slots=True)
class Limits:
    """Own values: a model's give way to a team's, these to the resident's.

    A team's own go before those of the teams above it. ``own`` is by scope and its name,
    ``above`` names the team above each.
    """

    own: Mapping[tuple[Scope, str], Mapping[str, float]] = field(default_factory=dict)
    above: Mapping[str, str | None] = field(default_factory=dict)

    def of(self, models: Iterable[str], team: str | None, resident: str | None) -> dict[str, float]:
        """What holds where these models of devices are, of a resident of that team."""
        if not self.own:
            return {}
        scopes: list[tuple[Scope, str]] = [("model", model) for model in models]
        scopes += [("team", each) for each in reversed(self._chain(team))]
        scopes += [("resident", resident)] if resident is not None else []
        merged: dict[str, float] = {}
        for scope in scopes:
            merged |= self.own.get(scope, {})
        return merged

    def since(self, before: "Limits") -> Concerned:
        """Whom it concerns that these are in force instead of those before."""
        if self == before:
            return Concerned()
        scopes = self.own.keys() | before.own.keys()
        other = [each for each in scopes if self.own.get(each) != before.own.get(each)]
        teams = self.above.keys() | before.above.keys()
        return Concerned(
            models=frozenset(name for scope, name in other if scope == "model"),
            teams=frozenset(t for t in teams if self.of((), t, None) != before.of((), t, None)),
            residents=frozenset(name for scope, name in other if scope == "resident"),
        )

    def _chain(self, team: str | None) -> list[str]:
        chain: list[str] = []
        while team is not None and team not in chain:
            chain.append(team)
            team = self.above.get(team)
        return chain
