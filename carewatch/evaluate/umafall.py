"""UMAFall: falls and daily activities, with sensors at the waist and the wrist."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from carewatch.evaluate import falls, motion
from carewatch.evaluate.falls import Judged
from carewatch.evaluate.motion import Recording
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import Report

FOLDS = 9
_AXES = ("share of the daily recordings that raise a fall", "share of the falls found")
_MIXED = (
    "The figures outside by_placement are over all placements together: quote those of "
    "by_placement."
)
_SEEN = (
    "The shipped model of the wrist was fitted on subjects of this name, that of the waist was "
    "not: unless these are other people, the wrist's honest score is that of --cross-validate."
)


def evaluate(path: Path, progress: Progress, *, cross_validate: bool = False) -> Report:
    """The recordings of a file, by the shipped models. With ``cross_validate`` the wrist's is
    fitted without each subject, on these recordings alone; the waist's stays as it is."""
    recordings = list(motion.umafall(path, progress.skip))
    if cross_validate:
        judged = _without_each(recordings, progress)
    else:
        judged = falls.judge(recordings, progress)
    placements = sorted({each.recording.placement or "unknown" for each in judged})
    own = {
        placement: [e for e in judged if (e.recording.placement or "unknown") == placement]
        for placement in placements
    }
    fitted = not cross_validate and falls.seen("umafall", recordings)
    figures = {
        "by_placement": {
            name: falls.figures(theirs) | {"wrong": falls.wrong(theirs)}
            for name, theirs in own.items()
        },
        "wrist_with_nothing_fitted": _as_if_at_the_waist(own.get("wrist", [])),
        **falls.figures(judged),
        "model": "wrist: fitted without each subject" if cross_validate else "shipped",
        "model_saw_subjects_of_these_names": fitted,
        "by_subject": falls.each_subject(judged),
    }
    title = "UMAFall, subjects left out in turn" if cross_validate else "UMAFall"
    curves = [falls.curve(theirs, name) for name, theirs in own.items()]
    notes = (_MIXED, _SEEN) if fitted else (_MIXED,)
    return Report(figures, curves, _AXES, title, notes)


def _without_each(recordings: Sequence[Recording], progress: Progress) -> list[Judged]:
    from carewatch.train import fall
    from carewatch.train.jolts import jolts

    shipped = fall.shipped()
    waist, wrist = (
        jolts(each for each in recordings if each.placement == placement)
        for placement in ("waist", "wrist")
    )
    judged: dict[str, Judged] = {}
    groups = list(falls.folds([recording.subject for recording in recordings], FOLDS))
    for left_out in progress.over(groups, "folds"):
        model = fall.wrist(None, waist.without(left_out), wrist.without(left_out))
        own = [recording for recording in recordings if recording.subject in left_out]
        told = falls.judge(own, Progress(), {**shipped, "wrist": model})
        judged |= {each.recording.name: each for each in told}
    return [judged[recording.name] for recording in recordings]


def _as_if_at_the_waist(judged: Sequence[Judged]) -> dict[str, Any]:
    """The wrist's recordings by the waist's model, which has seen none of them; a wrist has no
    upright."""
    from carewatch.train import fall

    models = fall.shipped()
    recordings = [each.recording for each in judged]
    told = falls.figures(falls.judge(recordings, Progress(), {**models, "wrist": models["waist"]}))
    wanted = ("sensitivity", "specificity", "balanced_accuracy", "accuracy")
    return {name: told[name] for name in wanted}
