"""Every own value that a detector looks for is listed, and everything listed is looked for."""

from collections.abc import Iterator, Mapping

import pytest

from alerts.detectors import Detector, standard, threshold_names
from domain.directory import Device, Subject


class Asked(Mapping[str, float]):
    """Own values that nobody has set; remembers which names were looked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> float:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize("detector", standard(), ids=lambda each: type(each).__name__)
def test_a_detector_lists_the_names_that_it_looks_for(detector: Detector) -> None:
    asked = Asked()
    detector.resize(2, 3)
    detector.configure(
        [Subject("anna", 0, "anna", None, "UTC", asked)],
        [Device("bed-1", 1, 0, "bed", 60.0), Device("button-1", 2, 0, "button")],
    )
    assert set(detector.thresholds) == asked.names


def test_the_names_are_those_of_all_detectors() -> None:
    assert {"spo2_low", "heart_rate_high_extreme", "bed_exit_long"} <= threshold_names()
    assert "heart_rate" not in threshold_names()
