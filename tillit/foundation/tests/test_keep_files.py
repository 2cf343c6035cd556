"""Files of a tenant lie under random names; what is too large leaves nothing behind."""

import pytest

from tillit.foundation import files
from tillit.foundation.errors import Refused
from tillit.foundation.models import StoredFile
from tillit.foundation.tenancy import in_tenant


def kept(person, name="list.csv", chunks=(b"ab", b"c"), limit=10):
    with in_tenant(person.tenant):
        return files.keep(person.actor, name=name, chunks=chunks, limit=limit)


def test_a_file_is_kept_whole_with_its_checksum(anna):
    file = kept(anna)
    assert files.path_of(file).read_bytes() == b"abc"
    assert (file.size, file.sha256[:8]) == (3, "ba7816bf")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\x00b.csv", "x" * 400, "", "rapport 📈.csv"])
def test_a_hostile_name_is_only_a_name(anna, name):
    file = kept(anna, name=name)
    assert "/" not in file.name
    assert "\x00" not in file.name
    assert 0 < len(file.name) <= 255
    assert files.path_of(file).read_bytes() == b"abc"


def test_a_file_over_the_limit_is_refused_and_leaves_no_bytes(anna, settings):
    before = set((settings.DATA / "files").rglob("*"))
    with pytest.raises(Refused, match="larger than"):
        kept(anna, chunks=[b"x" * 6, b"y" * 6])
    leftover = {path for path in set((settings.DATA / "files").rglob("*")) - before if path.is_file()}
    assert leftover == set()
    with in_tenant(anna.tenant):
        assert not StoredFile.objects.exists()


def test_discarding_removes_bytes_and_row(anna):
    file = kept(anna)
    path = files.path_of(file)
    with in_tenant(anna.tenant):
        files.discard(file)
        assert not StoredFile.objects.exists()
    assert not path.exists()
