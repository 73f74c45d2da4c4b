"""How many messages a second carewatch keeps, with all detectors on.

Three parts, all with broker, database and generator on this machine:

1. the *paced* run: a steady rate for some time; what was acknowledged must be stored once;
2. *capacity*: messages wait at the broker while the pump is away, and it works them off;
3. the same for the *bare pump* (:mod:`carewatch.bench.bare`), for the ratio of both.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from carewatch.bench import bare
from carewatch.bench.stack import Stack, stack, until

_PROCESSES = ("gateway", "database", "broker")
_PACED = """
select count(*), extract(epoch from max(at) - min(at)),
       percentile_cont(0.5) within group (order by at - measured_at),
       percentile_cont(0.99) within group (order by at - measured_at)
from (select measured_at, pg_xact_commit_timestamp(xmin) as at from sample) as kept
"""
_WORKED_OFF = """
select count(*), coalesce(extract(epoch from max(at) - min(at)), 0)
from (select pg_xact_commit_timestamp(xmin) as at from {table}) as kept
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate`` a second for ``seconds``, from so many beds; ``burst`` messages for capacity."""

    beds: int = 10_000
    rate: float = 12_000
    seconds: float = 60
    burst: int = 200_000


def measure(plan: Plan) -> dict[str, Any]:
    """The figures; takes about two minutes beyond ``plan.seconds``."""
    console = Console(stderr=True)
    with stack() as whole, console.status("registering beds") as status:
        fleet = whole.fleet(plan.beds)
        _start_pump(whole, fleet)
        status.update(f"paced: {plan.rate:g} messages a second for {plan.seconds:g} s")
        figures = _paced(whole, fleet, plan)
        status.update(f"capacity: {plan.burst} messages that wait")
        whole.stop("gateway")
        figures["capacity"] = _capacity(whole, fleet, plan, "sample", _pump)
        whole.stop("gateway")
        status.update("the bare pump: the same")
        _bare(whole)
        until(lambda: _exists(whole, "bare_sample"), 30, "The bare pump's start")
        whole.stop("bare")
        figures["bare_rate"] = _capacity(whole, fleet, plan, "bare_sample", _bare)
        figures["ratio"] = round(figures["capacity"] / figures["bare_rate"], 3)
        return figures


def _paced(whole: Stack, fleet: Path, plan: Plan) -> dict[str, Any]:
    before = {name: whole.cpu(name) for name in _PROCESSES}
    seconds = str(plan.seconds)
    said = whole.load(fleet, "--rate", str(plan.rate), "--seconds", seconds, "--window", "20000")
    _settle(whole, "sample", said["acked"])
    cpu = {name: round((whole.cpu(name) - before[name]) / said["sent"] * 1e6, 1) for name in before}
    with whole.connect() as connection:
        stored, span, p50, p99 = connection.execute(_PACED).fetchone() or (0, 1, None, None)
    return {
        "messages": said["sent"],
        "seconds": round(float(span), 2),
        "rate": round(stored / float(span)),
        "commit_p50_ms": round(p50.total_seconds() * 1000, 1),
        "commit_p99_ms": round(p99.total_seconds() * 1000, 1),
        "lost": max(said["acked"] - stored, 0),
        "duplicated": max(stored - said["sent"], 0),
        "cpu": {f"{name}_us_per_message": used for name, used in cpu.items()}
        | {"generator_us_per_message": round(said["cpu_s"] / said["sent"] * 1e6, 1)},
        "late_s": said["late_s"],
        "beds": plan.beds,
    }


def _capacity(whole: Stack, fleet: Path, plan: Plan, table: str, start: Any) -> int:
    """Messages a second that a pump works off."""
    with whole.connect() as connection:
        connection.execute(f"truncate {table}")
    said = whole.load(fleet, "--rate", "0", "--messages", str(plan.burst), "--window", "4000")
    start(whole)
    _settle(whole, table, said["acked"])
    with whole.connect() as connection:
        query = _WORKED_OFF.format(table=table)
        stored, span = connection.execute(query.encode()).fetchone() or (0, 1)
    return int(stored / float(span))


def _settle(whole: Stack, table: str, expected: int, patience_s: float = 60) -> None:
    """Return when everything is stored, or nothing more comes."""
    latest = [-1, 0]

    def done() -> bool:
        with whole.connect() as connection:
            row = connection.execute(f"select count(*) from {table}".encode()).fetchone()  # noqa: S608
        count = row[0] if row else 0
        latest[1] = latest[1] + 1 if count == latest[0] else 0
        latest[0] = count
        return count >= expected or latest[1] > patience_s * 2

    until(done, 600, f"Storing {expected} messages")


def _start_pump(whole: Stack, fleet: Path) -> None:
    """Start it, and return once a message of a bed gets through."""
    _pump(whole)
    whole.wait_for_a_message(fleet)
    with whole.connect() as connection:
        connection.execute("truncate sample")


def _pump(whole: Stack) -> None:
    whole.start("gateway", "carewatch", "gateway")


def _bare(whole: Stack) -> None:
    arguments = (whole.postgres.url, whole.nats.mqtt_url)
    whole.start("bare", bare.__name__, *arguments)


def _exists(whole: Stack, table: str) -> bool:
    with whole.connect() as connection:
        row = connection.execute("select to_regclass(%s)", (table,)).fetchone()
        return bool(row and row[0])
