"""Whoever reads a file while it is written finds the old one or the new one, and nothing is left beside it."""

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tillit.foundation import wholefile


@pytest.mark.parametrize(("asked", "umask"), [(0o600, 0o022), (0o644, 0o077)])
def test_a_file_has_the_rights_it_is_to_have_whatever_the_umask(tmp_path, asked, umask):
    before = os.umask(umask)
    try:
        wholefile.replace(tmp_path / "told", b"new", mode=asked)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "told").stat().st_mode) == asked


def test_readers_never_meet_half_a_file_however_many_write(tmp_path):
    target, sizes = tmp_path / "told", {200_000, 300_000}
    wholefile.replace(target, b"x" * 200_000)
    with ThreadPoolExecutor(3) as writers:
        done = [writers.submit(wholefile.replace, target, b"x" * size) for size in [*sizes] * 10]
        read = {len(target.read_bytes())}
        while not all(one.done() for one in done):
            read.add(len(target.read_bytes()))
    assert [one.exception() for one in done] == [None] * 20
    assert read <= sizes
    assert [place.name for place in tmp_path.iterdir()] == ["told"]


def test_what_cannot_be_put_in_its_place_leaves_no_draft(tmp_path):
    (tmp_path / "told" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="told"):
        wholefile.replace(tmp_path / "told", b"new")
    assert [place.name for place in tmp_path.iterdir()] == ["told"]


def test_of_two_who_make_the_same_file_the_first_ones_stays(tmp_path):
    target = tmp_path / "keys" / "key"
    wholefile.make_once(target, b"first")
    wholefile.make_once(target, b"second")
    assert target.read_bytes() == b"first"
    assert [place.name for place in target.parent.iterdir()] == ["key"]


def test_where_there_are_no_hard_links_the_first_ones_stays_too(tmp_path, monkeypatch):
    def refuses(*_places):
        raise OSError(errno.EPERM, "Operation not permitted")  # as on FAT

    monkeypatch.setattr(os, "link", refuses)
    for content in (b"first", b"second"):
        wholefile.make_once(tmp_path / "key", content)
    assert (tmp_path / "key").read_bytes() == b"first"
    assert [place.name for place in tmp_path.iterdir()] == ["key"]


def test_a_file_and_its_name_are_on_the_disk_when_it_is_said_to_be(tmp_path, monkeypatch):
    settled, real = [], os.fsync

    def fsync(handle):
        settled.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    wholefile.replace(tmp_path / "told", b"new")
    wholefile.make_once(tmp_path / "key", b"new")
    assert settled == [False, True, False, True]


def test_the_draft_of_a_killed_process_goes_and_that_of_one_at_work_stays(tmp_path):
    with wholefile.replacing(tmp_path / "told") as file:
        (at_work,) = tmp_path.iterdir()
        killed, other = tmp_path / ".told.0123456789abcdef", tmp_path / ".gitignore"
        for place in (killed, other):
            place.write_bytes(b"half")
            os.utime(place, (time.time() - 7200,) * 2)
        wholefile.sweep(tmp_path)
        assert {*tmp_path.iterdir()} == {at_work, other}
        file.write(b"new")
    assert (tmp_path / "told").read_bytes() == b"new"
