"""`carewatch evaluate` as it is called: figures, refusals and exit codes."""

import json
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console
from typer.testing import CliRunner

from carewatch.cli import app
from carewatch.evaluate import progress as progress_module
from carewatch.evaluate.report import BadDataset, Curve, Report


def dataset(monkeypatch: pytest.MonkeyPatch, fitted: bool) -> None:
    """A dataset's module in the place of nab's."""
    module = ModuleType("carewatch.evaluate.nab")

    def plain(path: Path, progress: progress_module.Progress) -> Report:
        if path.suffix == ".bad":
            raise BadDataset(f"{path.name} is no recording.")
        figures = {"standard": 55.5, "by_file": {"a": {"score": 1.0}}}
        return Report(figures, (Curve("found", [0, 1], [0, 1]),), ("false", "found"), "Made up")

    def learned(
        path: Path, progress: progress_module.Progress, cross_validate: bool = False
    ) -> Report:
        return Report({"cross_validated": cross_validate})

    module.evaluate = learned if fitted else plain  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "carewatch.evaluate.nab", module)


def call(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "night.rec"
    path.touch()
    return path


def test_figures_are_printed_as_json(monkeypatch: pytest.MonkeyPatch, recording: Path) -> None:
    dataset(monkeypatch, fitted=False)
    code, out, err = call("nab", str(recording), "--json")
    assert (code, json.loads(out)["standard"], err) == (0, 55.5, "")


def test_figures_are_shown_as_a_table(monkeypatch: pytest.MonkeyPatch, recording: Path) -> None:
    dataset(monkeypatch, fitted=False)
    code, out, _ = call("nab", str(recording))
    assert code == 0
    assert "55.5" in out
    assert "by_file" in out


def test_the_curve_is_drawn(
    monkeypatch: pytest.MonkeyPatch, recording: Path, tmp_path: Path
) -> None:
    dataset(monkeypatch, fitted=False)
    picture = tmp_path / "curve.svg"
    assert call("nab", str(recording), "--json", "--plot", str(picture))[0] == 0
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nab", "nowhere"), "There is no nowhere"),
        (("nab", "{}", "--cross-validate"), "Nothing is fitted to nab"),
        (("nab", "{}.bad"), "is no recording"),
        (("nab", "{}", "--plot", "curve.txt"), "is no picture"),
        (("nab", "{}", "--plot", "no/where/curve.png"), "no folder"),
        (("nab", "{}", "--timezone", "Europe/London"), "leave out --timezone"),
        (("beds", "{}", "--timezone", "Atlantis"), "no time zone"),
        (("zzz", "{}"), "zzz"),
    ],
)
def test_wrong_calls_end_with_2_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, recording: Path, arguments: tuple[str, ...], says: str
) -> None:
    dataset(monkeypatch, fitted=False)
    Path(f"{recording}.bad").touch()
    code, out, err = call(*(argument.format(recording) for argument in arguments))
    assert (code, out) == (2, "")
    assert says in " ".join(err.replace("│", " ").split())


def test_a_fitted_model_can_be_cross_validated(
    monkeypatch: pytest.MonkeyPatch, recording: Path
) -> None:
    dataset(monkeypatch, fitted=True)
    for asked in (False, True):
        more = ["--cross-validate"] if asked else []
        _, out, _ = call("nab", str(recording), "--json", *more)
        assert json.loads(out)["cross_validated"] == asked


def test_json_carries_the_notes_and_what_was_skipped(
    monkeypatch: pytest.MonkeyPatch, recording: Path
) -> None:
    dataset(monkeypatch, fitted=False)
    _, out, _ = call("nab", str(recording), "--json")
    told = json.loads(out)
    assert (told["notes"], told["skipped"], told["skipped_because"]) == ([], 0, [])


def test_without_a_terminal_a_long_run_writes_a_line_now_and_then() -> None:
    seconds = iter(range(0, 1000, 4))
    console = Console(file=StringIO(), width=80)
    progress = progress_module.Progress(console, clock=lambda: float(next(seconds)))
    assert list(progress.over(list(range(8)), "nights")) == list(range(8))
    assert "nights: 3 of 8" in console.file.getvalue()  # type: ignore[attr-defined]
