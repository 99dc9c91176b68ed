# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk with a snapshot next to it is not what the guest has now. The VHDX is as [MS-VHDX] has it."""

from __future__ import annotations

import struct
import subprocess
import uuid
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import guest_run
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import differencing, later_states
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats import vhdx
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.test_differencing import GUID, vmdk

CHECKPOINT = f"web01_{GUID}.avhdx"


def qcow2(path, below=None):
    arguments = ["-b", below, "-F", "qcow2", "-u"] if below else []
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *arguments, path, "1M"], check=True)


def make(folder, files):
    for name, below in files.items():
        if name.endswith(".vmdk"):
            (folder / name).write_bytes(vmdk(2, 0, "5428e012", below) if below else vmdk())
        elif "vhd" in name:
            (folder / name).write_bytes(b"")
        else:
            qcow2(folder / name, below)


@pytest.mark.parametrize(
    ("files", "later"),
    [
        ({"web01.qcow2": None, "web01.snap1": "web01.qcow2"}, "web01.snap1"),
        ({"web01.qcow2": None, "clone.qcow2": "./web01.qcow2"}, "clone.qcow2"),
        ({"web01.vmdk": None, "web01-000001.vmdk": "web01.vmdk"}, "web01-000001.vmdk"),
        ({"web01.vmdk": None, "web01-000001.vmdk": "/vmfs/volumes/5f/web01/web01.vmdk"}, "web01-000001.vmdk"),
        ({"web01.vhdx": None, CHECKPOINT: None}, CHECKPOINT),
        # Others of the directory are below another disk, or no disks.
        ({"web01.qcow2": None, "db01.qcow2": None, "db01.snap1": "db01.qcow2"}, ""),
        ({"web01.qcow2": None, "clone.qcow2": "other/web01.qcow2.bak"}, ""),
        ({"web01.qcow2": "base.qcow2", "base.qcow2": None}, ""),
        ({"web01.qcow2": None, "web01.odd": "nbd://web01.qcow2"}, ""),
    ],
)
def test_a_disk_below_a_snapshot_next_to_it_is_a_concern(tmp_path, files, later):
    make(tmp_path, files)
    path = str(tmp_path / next(iter(files)))
    found = {"concerns": []}
    run = guest_run.GuestRun(SimpleNamespace(params={}, warn=print), SimpleNamespace(begin=print))
    concerns = run.with_older_states(found, [Disk(path, "qcow2", "sda", 1 << 20)])["concerns"]
    assert [(each["code"], each["severity"], later in each["message"]) for each in concerns] == (
        [("disk-superseded", "warning", True)] if later else []
    )


def test_what_is_not_there_or_no_file_has_no_snapshot(tmp_path):
    (tmp_path / "web01.odd").write_bytes(b"QFI\xfb\0\0\0\3 cut off")
    (tmp_path / "web01.x.qcow2").mkdir()
    (tmp_path / "web01.raw").write_bytes(bytes(1024))
    names = [tmp_path / "web01.raw", tmp_path / "gone" / "web01.raw", "nbd://server/web01"]
    assert [later_states.states_after(str(name)) for name in names] == [[], [], []]


def test_a_directory_with_a_snapshot_of_libvirt_has_no_guest_of_the_disk_below_it(tmp_path):
    make(tmp_path, {"web01.qcow2": None, "web01.before.update": "web01.qcow2", "db01.qcow2": None, "db01.nvram": None})
    make(tmp_path, {"app01.qcow2": None, "app01.1764547200": "db01.qcow2"})
    found = discovery.find([str(tmp_path)], [])
    assert sorted(guest.description["name"] for guest in found.guests) == ["app01", "db01"]
    (problem,) = found.problems
    assert problem.code == "source-disk-not-supported"
    assert f"{tmp_path}/web01.before.update" in problem.message


def test_a_snapshot_is_found_where_two_disks_have_its_name(tmp_path):
    make(tmp_path, {"web01.qcow2": None, "web01.vmdk": None, "web01.before": "web01.qcow2"})
    for names in (["web01.qcow2", "web01.vmdk"], ["web01.vmdk", "web01.qcow2"]):
        assert later_states.libvirt_snapshots(str(tmp_path), names) == {"web01.qcow2": str(tmp_path / "web01.before")}


def test_a_snapshot_of_libvirt_is_found_among_very_many_images(tmp_path):
    make(tmp_path, {"web01.qcow2": None, "web01.before": "web01.qcow2"})
    for number in range(later_states._MOST_FILES + 1):
        (tmp_path / f"app{number}.qcow2").touch()
    (sentence,) = later_states.states_after(str(tmp_path / "web01.qcow2"))
    assert "is the backing file of web01.before, " in sentence


def differencing_vhdx(path, below):
    """Make of an empty VHDX of QEMU's a differencing one, on a disk with this identity."""
    data = bytearray(path.read_bytes())
    regions = data[192 << 10 : 256 << 10]
    entry = next(at for at in range(16, 80, 32) if regions[at : at + 16] == vhdx._METADATA)
    (table,) = struct.unpack_from("<Q", regions, entry + 16)
    (count,) = struct.unpack_from("<H", data, table + 10)
    parameters = next(
        at for at in range(table + 32, table + 32 + 32 * count, 32) if data[at : at + 16] == vhdx._PARAMETERS
    )
    (offset,) = struct.unpack_from("<I", data, parameters + 16)
    struct.pack_into("<I", data, table + offset + 4, 2)
    key, value = "parent_linkage".encode("utf-16-le"), f"{{{below}}}".encode("utf-16-le")
    locator = bytes(18) + struct.pack("<HIIHH", 1, 32, 32 + len(key), len(key), len(value)) + key + value
    struct.pack_into("<H", data, table + 10, count + 1)
    at = table + 32 + 32 * count
    data[at : at + 32] = vhdx._LOCATOR + struct.pack("<IIQ", (65 << 10) + 512, len(locator), 0)
    start = table + (65 << 10) + 512
    data[start : start + len(locator)] = locator
    path.write_bytes(data)


@pytest.mark.parametrize("is_on_top", [True, False])
def test_a_checkpoint_that_was_not_made_on_this_state_of_a_vhdx_is_named_as_such(tmp_path, is_on_top):
    disk, checkpoint = tmp_path / "web01.vhdx", tmp_path / CHECKPOINT
    for path in (disk, checkpoint):
        subprocess.run(["qemu-img", "create", "-q", "-f", "vhdx", path, "64M"], check=True)
    with disk.open("rb") as stream:
        identity = vhdx.data_identity(stream)
        assert vhdx.linkages(stream) == frozenset()
    below = str(uuid.UUID(identity)) if is_on_top else GUID
    differencing_vhdx(checkpoint, below.upper())
    with checkpoint.open("rb") as stream:
        assert differencing.is_differencing(stream, "vhdx")
        assert vhdx.linkages(stream) == {below.replace("-", "").lower()}
    [sentence] = later_states.states_after(str(disk))
    assert ("written to after that file was made" in sentence) is not is_on_top


def test_a_disk_that_is_named_from_the_current_directory_is_one_too(tmp_path, monkeypatch):
    make(tmp_path, {"web01.qcow2": None, "web01.snap1": "web01.qcow2"})
    monkeypatch.chdir(tmp_path)
    (sentence,) = later_states.states_after("web01.qcow2")
    assert sentence.startswith("web01.qcow2 is the backing file of web01.snap1, ")
