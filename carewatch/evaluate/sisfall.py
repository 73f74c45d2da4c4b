"""SisFall: falls and daily activities of young and older people, with a sensor at the waist."""

from collections.abc import Sequence
from pathlib import Path

from carewatch.evaluate import falls, motion
from carewatch.evaluate.falls import Judged
from carewatch.evaluate.motion import Recording
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import Report
from carewatch.evaluate.scores import share, wilson

FOLDS = 6
_AXES = ("share of the daily recordings that raise a fall", "share of the falls found")
_SEEN = (
    "The shipped model was fitted on subjects of this name: unless these are other people, the "
    "honest score is that of --cross-validate."
)


def evaluate(path: Path, progress: Progress, *, cross_validate: bool = False) -> Report:
    """The recordings of a file, by the shipped model or by one fitted without each subject."""
    recordings = list(motion.sisfall(path, progress.skip))
    if cross_validate:
        judged = _without_each(recordings, progress)
    else:
        judged = falls.judge(recordings, progress)
    older = [each for each in judged if each.recording.older and not each.recording.fall]
    false = falls.counts(older).false
    fitted = not cross_validate and falls.seen("sisfall", recordings)
    figures = falls.figures(judged) | {
        "model": "fitted without each subject" if cross_validate else "shipped",
        "model_saw_subjects_of_these_names": fitted,
        "older_specificity": share(len(older) - false, len(older)),
        "older_specificity_wilson": wilson(len(older) - false, len(older)),
        "by_subject": falls.each_subject(judged),
        "wrong": falls.wrong(judged),
    }
    title = "SisFall, subjects left out in turn" if cross_validate else "SisFall"
    curves = [falls.curve(judged, "all")]
    return Report(figures, curves, _AXES, title, (_SEEN,) if fitted else ())


def _without_each(recordings: Sequence[Recording], progress: Progress) -> list[Judged]:
    from carewatch.train import fall

    learned = fall.of_sisfall(recordings)
    judged: dict[str, Judged] = {}
    groups = list(falls.folds([recording.subject for recording in recordings], FOLDS))
    for left_out in progress.over(groups, "folds"):
        others = learned.without(left_out)
        waist, upright = fall.waist(others), fall.upright(others)
        models = {"waist": waist, "upright": upright, "wrist": waist, "general": waist}
        own = [recording for recording in recordings if recording.subject in left_out]
        told = falls.judge(own, Progress(), models)
        judged |= {each.recording.name: each for each in told}
    return [judged[recording.name] for recording in recordings]
