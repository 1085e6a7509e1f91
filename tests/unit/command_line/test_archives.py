import stat
import zipfile
from pathlib import Path

import pytest

from synthgap.command_line import archives
from synthgap.command_line.archives import unpacked
from synthgap.errors import InputError


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_is_unpacked_once(tmp_path: Path):
    archive = zipped(tmp_path / "a.zip", **{"a/b.png": b"1"})
    folder = unpacked(archive, tmp_path / "here/a")
    (folder / "a/b.png").write_bytes(b"2")
    assert (unpacked(archive, folder) / "a/b.png").read_bytes() == b"2"
    zipped(archive, **{"a/c.png": b"345"})
    unpacked(archive, folder)
    assert sorted(file.name for file in (folder / "a").iterdir()) == ["c.png"]


@pytest.mark.parametrize("name", ["../b.png", "/tmp/b.png", "a/../../b.png", "a\\..\\b.png"])
def test_nothing_leads_out_of_the_folder(tmp_path: Path, name: str):
    archive = zipped(tmp_path / "a.zip", **{"good.png": b"1", name: b"2"})
    with pytest.raises(InputError, match="leads out of the folder"):
        unpacked(archive, tmp_path / "in/a")
    assert not (tmp_path / "in/a").exists()
    assert {file.name for file in tmp_path.rglob("*.png")} == set()


def test_links_and_hidden_files_are_left_out(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("a/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a/.hidden/b.png", b"1")
        archive.writestr("a/b.png", b"1")
    folder = unpacked(tmp_path / "a.zip", tmp_path / "a")
    assert [file.name for file in folder.rglob("*.png")] == ["b.png"]


def test_a_bomb_is_refused(tmp_path: Path):
    archive = zipped(tmp_path / "a.zip", **{"a.png": bytes(10**7)})
    with pytest.raises(InputError, match="would become 10000000, more than 100 times"):
        unpacked(archive, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_does_not_fit_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = zipped(tmp_path / "a.zip", **{"a.png": b"1234"})
    usage = archives.shutil.disk_usage(tmp_path)._replace(free=3)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="free some"):
        unpacked(archive, tmp_path / "a")


def test_a_damaged_member_is_one_line(tmp_path: Path):
    archive = zipped(tmp_path / "a.zip", **{"a.png": b"1234" * 100})
    content = bytearray(archive.read_bytes())
    content[40] ^= 0xFF
    archive.write_bytes(bytes(content))
    with pytest.raises(InputError):
        unpacked(archive, tmp_path / "a")
    assert not (tmp_path / "a").exists()
