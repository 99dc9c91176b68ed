# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in ISO images, by whatever names the image has for them."""

from __future__ import annotations

import io
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win import iso
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import virtio_win_files

FILES = {"viostor/w10/amd64/viostor.inf": b"a" * 3000, "NetKVM/2k12R2/amd64/netkvm.inf": b"b", "empty": b""}
MAKERS = {
    "genisoimage": ("genisoimage", "-quiet", "-o"),
    "xorriso": ("xorriso", "-as", "mkisofs", "-quiet", "-o"),
}


def contents(data):
    image = io.BytesIO(data)
    found = {}
    for file in list(iso.files(image)):
        image.seek(file.offset)
        found[file.path] = image.read(file.size)
    return found


def test_the_names_are_those_of_joliet():
    assert contents(virtio_win_files.image(FILES)) == FILES


def test_the_names_are_those_of_rock_ridge_without_joliet():
    assert contents(virtio_win_files.image(FILES, joliet=False, rock_ridge=True)) == FILES


def test_the_names_are_the_own_ones_of_an_image_without_either():
    assert contents(virtio_win_files.image(FILES, joliet=False)) == {k.upper(): v for k, v in FILES.items()}


@pytest.mark.parametrize("options", [("-J", "-R"), ("-R", "-iso-level", "4"), ("-J",), ()], ids=" ".join)
@pytest.mark.parametrize("maker", MAKERS)
def test_images_of_the_usual_programs_are_read(tmp_path, maker, options):
    if not shutil.which(MAKERS[maker][0]):
        pytest.skip(f"{maker} is not installed.")
    virtio_win_files.unpacked(tmp_path / "files", FILES)
    command = [*MAKERS[maker], str(tmp_path / "a.iso"), *options, str(tmp_path / "files")]
    subprocess.run(command, check=True, capture_output=True)
    found = contents((tmp_path / "a.iso").read_bytes())
    assert {path.lower(): content for path, content in found.items()} == {k.lower(): v for k, v in FILES.items()}


@pytest.mark.parametrize("data", [b"", bytes(40000), b"\x7fELF" * 20000, virtio_win_files.image(FILES)[:46000]])
def test_what_is_no_image_or_ends_too_early_is_refused(data):
    with pytest.raises(iso.NotIso):
        contents(data)


def test_a_directory_that_is_in_itself_is_refused():
    data = bytearray(virtio_win_files.image({"a/b": b"c"}))
    root = data[17 * 2048 + 156 + 2 :][:4]
    at = data.index(b"\0a", 20 * 2048) - 33
    data[at + 2 : at + 6] = root
    with pytest.raises(iso.NotIso, match="damaged"):
        contents(bytes(data))


@given(st.lists(st.tuples(st.integers(16 * 2048, 24 * 2048), st.binary(min_size=1, max_size=8)), max_size=5))
def test_a_damaged_image_is_read_or_refused(damages):
    data = bytearray(virtio_win_files.image(FILES))
    for at, damage in damages:
        data[at : at + len(damage)] = damage
    try:
        found = list(iso.files(io.BytesIO(bytes(data))))
    except iso.NotIso:
        found = []
    assert len(found) <= 100_000
