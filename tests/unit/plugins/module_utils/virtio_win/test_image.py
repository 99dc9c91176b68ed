# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in ISO images, by whatever names the image has for them."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.inf import Release
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win import library
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.image import Entry, Image, entries_in
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files

FILES = {"viostor/w10/amd64/viostor.inf": b"a" * 3000, "NetKVM/2k12R2/amd64/netkvm.inf": b"b", "empty": b""}
MAKERS = {
    "genisoimage": ("genisoimage", "-quiet", "-o"),
    "xorriso": ("xorriso", "-as", "mkisofs", "-quiet", "-o"),
}


def contents(path):
    image = Image.opened(str(path))
    return {name: image.content(name) for name in image.entries}


@pytest.fixture
def calls(monkeypatch):
    """The arguments of each call of bsdtar."""
    real, found = subprocess.run, []

    def run(command, **options):
        found.append(command)
        # As the code asked for it.
        return real(command, check=options.pop("check", False), **options)

    monkeypatch.setattr(subprocess, "run", run)
    return found


@pytest.mark.parametrize("options", [("-J", "-R"), ("-R",), ("-J", "--norock")], ids=" ".join)
def test_the_names_are_those_of_rock_ridge_or_joliet(tmp_path, options):
    assert contents(virtio_win_files.image(tmp_path / "a.iso", FILES, *options)) == FILES


def test_the_names_are_the_own_ones_of_an_image_without_either(tmp_path):
    path = virtio_win_files.image(tmp_path / "a.iso", FILES, "--norock")
    assert contents(path) == {name.upper(): content for name, content in FILES.items()}


@pytest.mark.parametrize("options", [("-J", "-R"), ("-R", "-iso-level", "4"), ("-J",), ()], ids=" ".join)
@pytest.mark.parametrize("maker", MAKERS)
def test_images_of_the_usual_programs_are_read(tmp_path, maker, options):
    if not shutil.which(MAKERS[maker][0]):
        pytest.skip(f"{maker} is not installed.")
    virtio_win_files.unpacked(tmp_path / "files", FILES)
    command = [*MAKERS[maker], str(tmp_path / "a.iso"), *options, str(tmp_path / "files")]
    subprocess.run(command, check=True, capture_output=True)
    found = contents(tmp_path / "a.iso")
    assert {path.lower(): content for path, content in found.items()} == {k.lower(): v for k, v in FILES.items()}


def test_a_file_that_shares_its_content_with_others_is_read_without_them(tmp_path):
    # As virtio-win's are: a driver is the same for several versions of Windows.
    names = [f"viostor/{system}/amd64/viostor.sys" for system in ("2k16", "2k19", "w10", "w11")]
    virtio_win_files.unpacked(tmp_path / "files", {f"{names[0]}": b"driver", **{f"{n}.txt": b"" for n in names}})
    for name in names[1:]:
        os.link(tmp_path / "files" / names[0], tmp_path / "files" / name)
    command = [*MAKERS["xorriso"], str(tmp_path / "a.iso"), "-J", "-R", str(tmp_path / "files")]
    subprocess.run(command, check=True, capture_output=True)
    assert len({entry.source for entry in Image.opened(str(tmp_path / "a.iso")).entries.values() if entry.size}) == 1
    for name in names:
        image = Image.opened(str(tmp_path / "a.iso"))
        assert (image.entries[name].size, image.content(name)) == (6, b"driver")


def test_names_are_no_patterns(tmp_path):
    files = {"a*": b"1", "ab": b"2", "[ab]c": b"3", "ac": b"4", "?b": b"5", "^ab$": b"6", "größe und mehr": b"7"}
    image = Image.opened(virtio_win_files.image(tmp_path / "a.iso", files, "-R"))
    assert set(image.entries) == set(files)
    for name, content in files.items():
        assert image.content(name) == content
        assert Image.opened(str(tmp_path / "a.iso")).content(name) == content


def test_a_run_lists_the_image_once_and_reads_the_needed_files_at_once(tmp_path, calls):
    files = {
        **virtio_win_files.tree(("w10", "2k16")),
        "guest-agent/qemu-ga-x86_64.msi": b"msi",
        "guest-agent/qemu-ga-i386.msi": b"msi of 32 bits",
    }
    path = virtio_win_files.image(tmp_path / "virtio-win.iso", files, "-J", "-R")
    calls.clear()
    opened = library.VirtioWin.opened(path)
    assert len(calls) == 1
    release = Release("amd64", 10, 0, 18362)
    for folder in (opened.folder(release), opened.folder(release)):
        assert folder.driver("viostor").service.name == "viostor"
        assert all(folder.files[name].content() == files[folder.files[name].name] for name in folder.copied())
    assert opened.agents["amd64"].content() == b"msi"
    assert len(calls) == 2
    included = [each.partition("=")[2] for each in calls[1] if each.startswith("--include=")]
    assert "guest-agent/qemu-ga-x86_64.msi" in included
    assert not [name for name in included if "2k16" in name or name.endswith(".pdb") or "i386" in name]


def refusal(path):
    with pytest.raises(GuestconvError) as caught:
        library.from_option(str(path))
    assert (caught.value.code, caught.value.path) == ("virtio-win-not-usable", "virtio_win")
    return caught.value


# BEA01 and NSR02 are what UDF has where ISO 9660 has CD001 (ECMA-167, 2/9.1).
UDF = bytes(32768) + b"\0BEA01\1".ljust(2048, b"\0") + b"\0NSR02\1".ljust(2048, b"\0")


@pytest.mark.parametrize("data", [b"", bytes(40000), b"\x7fELF" * 20000, b"#mtree\n./a type=file\n", UDF])
def test_what_has_no_iso_9660_is_refused_and_not_given_to_bsdtar(tmp_path, calls, data):
    (tmp_path / "a.iso").write_bytes(data)
    assert "has no ISO 9660 filesystem" in refusal(tmp_path / "a.iso").message
    assert calls == []


def test_without_bsdtar_the_hint_names_its_package_and_a_directory_is_read(tmp_path, monkeypatch):
    path = virtio_win_files.image(tmp_path / "virtio-win.iso", virtio_win_files.tree())
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refusal(path)
    assert "bsdtar that reads it is not installed" in error.message
    assert "libarchive-tools (Debian" in error.hint and "bsdtar (Fedora, EL" in error.hint
    assert library.from_option(virtio_win_files.unpacked(tmp_path / "unpacked", virtio_win_files.tree()))


def test_an_image_that_ends_too_early_is_refused_when_its_files_are_read(tmp_path):
    path = virtio_win_files.image(tmp_path / "a.iso", {"a": bytes(100_000)}, "-R")
    image = Image.opened(path)
    os.truncate(path, os.path.getsize(path) - 400_000 + 40_000)
    with pytest.raises(GuestconvError, match="cannot be used: ") as caught:
        image.content("a")
    assert caught.value.code == "virtio-win-not-usable"


@pytest.mark.parametrize("at", range(16 * 2048, 23 * 2048, 1021))
def test_a_damaged_image_is_read_or_refused(tmp_path, at):
    path = virtio_win_files.image(tmp_path / "a.iso", FILES, "-J", "-R")
    with open(path, "r+b") as stream:
        stream.seek(at)
        stream.write(b"\xff" * 64)
    try:
        found = contents(path)
    except GuestconvError as error:
        assert error.code == "virtio-win-not-usable" and error.hint
    else:
        assert len(found) <= len(FILES) + 1


def test_a_listing_has_files_and_the_links_to_them():
    listing = (
        "drwxr-xr-x  5 0      0        2048 Nov 30 15:33 viostor\n"
        "-rw-r--r--  3 0      0        3000 Nov 30  2023 viostor/2k16/a b.sys\n"
        "hrw-r--r--  3 0      0           0 Nov 30 15:33 viostor/w10/a.sys link to viostor/2k16/a b.sys\n"
        "-rw-r--r--  3 0      0           0 Nov 30 15:33 viostor/w11/a.sys link to viostor/2k16/missing.sys\n"
        "lrwxrwxrwx  1 0      0           0 Nov 30 15:33 viostor/w10/b.sys -> a.sys\n"
        "-rw-r--r--  1 0      0           2 Nov 30 15:33 viostor/w10/a\\nb.sys\n"
    )
    file = Entry(3000, "viostor/2k16/a b.sys")
    assert entries_in(listing) == {"viostor/2k16/a b.sys": file, "viostor/w10/a.sys": file}
