"""A log file is read once, whatever happens to it or to its reader."""

from pathlib import Path

from carewatch.follow import FollowedFile


def follow(folder: Path) -> FollowedFile:
    return FollowedFile(folder / "log", folder / "log.read")


def append(folder: Path, text: str) -> None:
    with (folder / "log").open("a") as file:
        file.write(text)


def test_reading_begins_at_the_end_and_goes_on(tmp_path: Path) -> None:
    append(tmp_path, "old\n")
    log = follow(tmp_path)
    assert log.lines() == []
    append(tmp_path, "one\ntwo\n")
    assert log.lines() == ["one", "two"]
    assert log.lines() == []


def test_a_line_is_told_when_it_is_whole(tmp_path: Path) -> None:
    append(tmp_path, "")
    log = follow(tmp_path)
    log.lines()
    append(tmp_path, "on")
    assert log.lines() == []
    append(tmp_path, "e\n")
    assert log.lines() == ["one"]


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = follow(tmp_path)
    assert log.lines() == []
    append(tmp_path, "one\n")
    assert log.lines() == ["one"]


def test_rotation_loses_nothing(tmp_path: Path) -> None:
    append(tmp_path, "")
    log = follow(tmp_path)
    log.lines()
    append(tmp_path, "one\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    assert log.lines() == ["one"]
    append(tmp_path, "two\n")
    assert log.lines() == ["two"]


def test_a_file_cut_short_is_read_anew(tmp_path: Path) -> None:
    append(tmp_path, "a long line\n")
    log = follow(tmp_path)
    log.lines()
    (tmp_path / "log").write_text("new\n")
    assert log.lines() == ["new"]


def test_a_reader_who_comes_back_goes_on_where_they_were(tmp_path: Path) -> None:
    append(tmp_path, "")
    first = follow(tmp_path)
    first.lines()
    append(tmp_path, "one\nha")
    assert first.lines() == ["one"]
    first.close()
    append(tmp_path, "lf\nthree\n")
    assert follow(tmp_path).lines() == ["half", "three"]
