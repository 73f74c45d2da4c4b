"""What the documents say is so: the README's device works, and its links, tables and names hold."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.detectors import standard
from carewatch.cli import COMMANDS
from carewatch.keeping import NOT_STORABLE
from carewatch.settings import PREFIX, Settings
from domain.event import EVENTS
from domain.quantity import QUANTITIES
from gateway import violations
from tests.acceptance.instance import Instance, instance
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRACT = (ROOT / "docs" / "contract.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.fixture(scope="module")
def carewatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance(tmp_path_factory.mktemp("readme")) as running:
        yield running


def test_the_device_of_the_readme_presses_and_is_told_that_it_is_stored(
    carewatch: Instance, tmp_path: Path
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    button = carewatch.devices("button")[4]
    program = tmp_path / "button.py"
    program.write_text(block)
    port = carewatch.run["mqtt"].rpartition(":")[2]

    told = subprocess.run(
        [sys.executable, str(program), "127.0.0.1", port, button["id"], button["secret"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert '"state":"stored"' in told.stdout
    client = carewatch.log_in("station")
    (alert,) = eventually(lambda: client.get("/alerts?kind=sos").json()["items"], "the alert")
    assert (alert["resident"], alert["device"]) == (button["resident"], button["id"])
    assert alert["id"] in told.stdout


def test_the_readme_names_every_command_and_no_other() -> None:
    table = README.split("## Commands")[1].split("\n## ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = re.findall(r"[a-z]+", " ".join(re.findall(r"`([^`]*)`", " ".join(first_cells))))
    actions = {
        "carewatch",
        "now",
        "gaps",
        "try",
        "add",
        "list",
        "rotate",
        "remove",
        "create",
        "password",
        "test",
    }
    assert set(named) - actions == set(COMMANDS)


def test_the_makefile_has_both_commands() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test"} <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


def test_every_setting_is_in_the_table_of_operations() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    named = re.findall(rf"^\| `{PREFIX}([A-Z_]+)`", page, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_contract_lists_every_quantity_with_its_range() -> None:
    rows = {
        cells[1].strip(" `"): [cell.strip() for cell in cells[2:5]]
        for line in CONTRACT.splitlines()
        if len(cells := line.split("|")) == 6
    }
    for quantity in QUANTITIES:
        _, accepted, loinc = rows[quantity.name]
        if not quantity.boolean:
            assert accepted == f"{quantity.low:,g} to {quantity.high:,g}", quantity.name
        assert loinc == (quantity.loinc or ""), quantity.name


@pytest.mark.parametrize("event", EVENTS)
def test_the_contract_names_every_event(event: str) -> None:
    assert f"`{event}`" in CONTRACT


@pytest.mark.parametrize("kind", [kind for each in standard() for kind in each.kinds])
def test_every_kind_that_is_raised_has_its_rule_in_the_documents(kind: str) -> None:
    assert f"`{kind}`" in (ROOT / "docs" / "detectors.md").read_text("utf-8")


def test_the_contract_explains_every_reason_to_refuse() -> None:
    sources = [ROOT / "gateway" / name for name in ("contract.py", "decode.py", "auth.py")]
    text = "".join(path.read_text() for path in sources)
    codes = set(re.findall(r'Ref(?:used|usal)\(\s*"([a-z_]+)"', text))
    codes |= {"out_of_range", NOT_STORABLE, violations.CODE}
    assert {code for code in codes if f"`{code}`" not in CONTRACT} == set()


def _anchors(page: Path) -> set[str]:
    """As the usual renderers make them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
