# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import tempfile

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, overlays, qemu_img
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    FORMATS,
    MEBIBYTE,
    create,
    halve,
    patch,
    qemu_io,
    refusal,
)

# --- what is accepted


def test_the_format_of_each_supported_image_is_told_by_its_header(tmp_path):
    for image_format in ("raw", *FORMATS):
        path = create(tmp_path / ("disk." + image_format), image_format)
        (disk,) = images.disks_from_option([path])
        assert (disk.format, disk.path, disk.device, disk.backing) == (image_format, path, "sda", ())
        assert disk.virtual_size >= 64 * MEBIBYTE


def test_a_fixed_vhd_is_told_by_its_footer(tmp_path):
    path = create(tmp_path / "disk.vhd", "vpc", options=["-o", "subformat=fixed"])
    assert images.disks_from_option([path])[0].format == "vpc"


def test_random_bytes_are_a_raw_disk(tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(1, 256)) * 4096)
    assert images.disks_from_option([str(tmp_path / "noise")])[0].format == "raw"


def test_a_raw_disk_with_a_foreign_header_is_raw_where_the_caller_says_so(tmp_path):
    path = create(tmp_path / "disk.raw", "qcow2")
    (disk,) = images.disks_from_option([{"path": path, "format": "raw"}])
    assert (disk.format, disk.virtual_size) == ("raw", os.path.getsize(path))


@pytest.mark.parametrize("name", [b"w\xffeb", b"w\xffeb/disk"])
def test_a_disk_whose_name_is_not_utf_8_is_refused_at_once(tmp_path, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.truncate(MEBIBYTE)
    error = refusal([os.fsdecode(path)])
    assert error.code == "disk-name-not-utf-8" and "\\xff" in error.message
    assert error.message.isascii() and error.path == "disks[0]"


def test_the_extents_of_a_vmdk_and_of_what_is_below_it_are_known(tmp_path):
    flat = ["-o", "subformat=monolithicFlat"]
    base = create(tmp_path / "base.vmdk", "vmdk", options=flat, data=False)
    top = create(tmp_path / "top.qcow2", "qcow2", options=["-b", base, "-F", "vmdk"], data=False)
    (disk,) = images.disks_from_option([{"path": top, "backing": [base]}])
    assert disk.extents == (str(tmp_path / "base-flat.vmdk"),)
    assert overlays.overlay_disk(disk, str(tmp_path / "overlay")).extents == disk.extents


def test_devices_are_named_by_position_by_the_caller_or_by_the_given_names(tmp_path):
    paths = [create(tmp_path / name, size="1M", data=False) for name in ("a", "b", "c")]
    option = [paths[0], {"path": paths[1], "device": "vda"}, paths[2]]
    assert [disk.device for disk in images.disks_from_option(option)] == ["sda", "vda", "sdc"]
    assert [disk.device for disk in images.disks_from_option(option, ["hda", "hdb", "hdc"])] == ["hda", "vda", "hdc"]


def test_device_names_go_on_after_z():
    names = images.device_names(703)
    assert (names[0], names[25], names[26], names[27], names[702]) == ("sda", "sdz", "sdaa", "sdab", "sdaaa")


def test_symbolic_links_are_resolved(tmp_path):
    path = create(tmp_path / "disk", size="1M", data=False)
    (tmp_path / "link").symlink_to("disk")
    assert images.disks_from_option([str(tmp_path / "link")])[0].path == path


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "preallocation=metadata"],
        ["-o", "preallocation=full"],
        ["-o", "compat=0.10"],
        ["-o", "cluster_size=512"],
        ["-o", "refcount_bits=1"],
        ["-o", "refcount_bits=64"],
        ["-o", "extended_l2=on"],
    ],
)
def test_sound_qcow2_images_of_all_layouts_are_accepted(tmp_path, options):
    assert images.disks_from_option([create(tmp_path / "disk.qcow2", "qcow2", options=options)])


def test_compressed_qcow2_images_and_those_with_snapshots_are_accepted(tmp_path):
    source, packed = create(tmp_path / "disk.qcow2", "qcow2"), str(tmp_path / "packed.qcow2")
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", source, packed], check=True)
    subprocess.run(["qemu-img", "snapshot", "-c", "before", source], check=True)
    qemu_io(source, "qcow2", "write -P 9 1M 1M")
    assert len(images.disks_from_option([source, packed])) == 2


def test_a_count_beyond_the_end_without_data_is_no_truncation(tmp_path):
    """As a power failure leaves it: the cluster was counted and never written."""
    path = create(tmp_path / "disk.qcow2", "qcow2")
    with open(path, "rb") as stream:
        (refcount_offset,) = struct.unpack_from(">Q", stream.read(72), 48)
        stream.seek(refcount_offset)
        (block,) = struct.unpack(">Q", stream.read(8))
    patch(path, block + 2 * (os.path.getsize(path) // 65536 + 3), b"\0\1")
    assert images.disks_from_option([path])


# --- what is refused


def test_each_kind_of_unusable_file_has_its_own_code(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the name of a socket is limited to 108 bytes
        server.bind("socket")
        codes = {name: refusal([str(tmp_path / name)]).code for name in ("gone", "", "fifo", "socket", "empty")}
    assert codes == {
        "gone": "disk-not-found",
        "": "disk-is-directory",
        "fifo": "disk-not-regular",
        "socket": "disk-not-regular",
        "empty": "disk-empty",
    }
    assert refusal(["/dev/null"]).code == "disk-not-regular"


def test_a_disk_that_may_not_be_read_is_refused():
    directory = tempfile.mkdtemp(dir="/tmp")
    try:
        path = create(os.path.join(directory, "disk"), size="1M", data=False)
        os.chmod(path, 0)
        os.chmod(directory, 0o755)
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setuid(65534)
            try:
                images.disks_from_option([path])
            except GuestconvError as error:
                os._exit(0 if error.code == "disk-not-readable" else 2)
            finally:
                os._exit(3)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        shutil.rmtree(directory)


def test_a_disk_that_may_not_be_written_to_is_not_converted_in_place(tmp_path, monkeypatch):
    (disk,) = images.disks_from_option([create(tmp_path / "disk", size="1M", data=False)])
    images.writable_in_place(disk)
    # Root may write to all files, and tests often run as root.
    may = os.access
    monkeypatch.setattr(images.os, "access", lambda path, mode: mode != os.W_OK and may(path, mode))
    with pytest.raises(GuestconvError) as caught:
        images.writable_in_place(disk)
    assert caught.value.code == "disk-not-writable" and "dest" in caught.value.hint


@pytest.mark.parametrize(
    "item, code",
    [
        ({"path": "/x", "formt": "raw"}, "disk-option-invalid"),
        ({"format": "raw"}, "disk-option-invalid"),
        (7, "disk-option-invalid"),
        ({"path": "/x", "device": 5}, "disk-option-invalid"),
        ({"path": "/x", "format": []}, "disk-option-invalid"),
        ({"path": "/x", "backing": 5}, "disk-option-invalid"),
        ({"path": "/x", "backing": [5]}, "disk-option-invalid"),
        ({"path": "/x\0y"}, "disk-option-invalid"),
        ("", "disk-option-invalid"),
        ('["/x"]', "disk-option-invalid"),
        ("{'path': '/x'}", "disk-option-invalid"),
        ("https://example.com/x", "disk-option-invalid"),
        ({"path": "/x", "device": "/dev/sda"}, "device-name-invalid"),
    ],
)
def test_malformed_items_are_refused_with_their_position(item, code):
    error = refusal([item])
    assert (error.code, error.path) == (code, "disks[0]")


def test_no_disk_at_all_is_refused():
    error = refusal([])
    assert (error.code, error.path) == ("disk-option-invalid", "disks")


def test_a_path_may_begin_with_the_users_home_and_one_backing_file_need_be_no_list(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    base = create(tmp_path / "base", data=False)
    create(tmp_path / "top.qcow2", "qcow2", options=["-b", base, "-F", "raw"], data=False)
    (disk,) = images.disks_from_option([{"path": "~/top.qcow2", "backing": "~/base"}])
    assert (disk.path, disk.backing) == (str(tmp_path / "top.qcow2"), (base,))


def test_a_disk_or_a_device_named_twice_is_refused(tmp_path):
    first, second = create(tmp_path / "a", data=False), create(tmp_path / "b", data=False)
    os.link(first, tmp_path / "hard")
    (tmp_path / "soft").symlink_to("a")
    for other in (first, str(tmp_path / "hard"), str(tmp_path / "soft")):
        error = refusal([first, other])
        assert (error.code, error.path) == ("disk-duplicate", "disks[1]")
    assert refusal([first, {"path": second, "device": "sda"}]).code == "device-duplicate"


def test_a_disk_that_is_also_the_base_of_another_is_refused(tmp_path):
    base = create(tmp_path / "base", data=False)
    top = create(tmp_path / "top.qcow2", "qcow2", options=["-b", base, "-F", "raw"], data=False)
    twin = create(tmp_path / "twin.qcow2", "qcow2", options=["-b", base, "-F", "raw"], data=False)
    both = [{"path": path, "backing": [base]} for path in (top, twin)]
    for option in ([base, both[0]], [both[0], base]):
        assert refusal(option).code == "disk-duplicate"
    assert len(images.disks_from_option(both)) == 2


@pytest.mark.parametrize(
    "head, code",
    [
        (b"\x1f\x8b\x08", "disk-format-unknown"),
        (b"PK\x03\x04", "disk-format-unknown"),
        (b"QED\0", "disk-format-unknown"),
        (b"\0" * 257 + b"ustar", "disk-format-unknown"),
        (b"QFI\xfb\0\0\0\3", "disk-corrupt"),
        (b"KDMV", "disk-corrupt"),
    ],
)
def test_headers_that_are_foreign_or_cut_off_are_refused(tmp_path, head, code):
    (tmp_path / "disk.img").write_bytes(head)
    assert refusal([str(tmp_path / "disk.img")]).code == code


def test_a_format_that_contradicts_the_header_is_refused(tmp_path):
    path = create(tmp_path / "disk", data=False)
    assert refusal([{"path": path, "format": "qcow2"}]).code == "format-mismatch"
    assert refusal([{"path": path, "format": "qed"}]).code == "disk-format-unknown"


def test_a_disk_called_raw_that_begins_otherwise_is_ambiguous(tmp_path):
    error = refusal([create(tmp_path / "disk.raw", "qcow2")])
    assert error.code == "format-ambiguous" and "format: raw" in error.hint


@pytest.mark.parametrize("image_format", FORMATS)
def test_truncated_images_are_refused(tmp_path, image_format):
    path = create(tmp_path / "disk", image_format)
    halve(path)
    assert refusal([path]).code == "disk-corrupt"


@pytest.mark.parametrize("keep", [60, 200, 70000, 200000, 3 * MEBIBYTE])
def test_a_qcow2_cut_anywhere_is_refused(tmp_path, keep):
    path = create(tmp_path / "disk", "qcow2")
    os.truncate(path, keep)
    assert refusal([path]).code == "disk-corrupt"


def test_a_truncated_qcow2_is_found_by_its_second_block_of_counts(tmp_path):
    path = create(tmp_path / "disk", "qcow2", options=["-o", "cluster_size=512"])
    halve(path)
    assert refusal([path]).code == "disk-corrupt"


def test_a_truncated_extent_of_a_vmdk_is_refused(tmp_path):
    path = create(tmp_path / "disk.vmdk", "vmdk", options=["-o", "subformat=monolithicFlat"])
    halve(tmp_path / "disk-flat.vmdk")
    assert refusal([path]).code == "disk-corrupt"


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_a_disk_that_a_running_qemu_writes_to_is_in_use(tmp_path, image_format):
    path = create(tmp_path / "disk", image_format)
    virtual_machine = subprocess.Popen(
        [
            "qemu-system-x86_64",
            "-machine",
            "q35,accel=tcg",
            "-S",
            "-display",
            "none",
            "-nodefaults",
            "-qmp",
            "stdio",
            "-drive",
            f"file={path},format={image_format},if=virtio",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        virtual_machine.stdin.write(b'{"execute": "qmp_capabilities"}')
        virtual_machine.stdin.flush()
        for _line in range(2):  # the greeting comes early; the answer, when the devices are there
            virtual_machine.stdout.readline()
        assert refusal([path]).code == "disk-in-use"
        assert images.disks_from_option([path], in_use_check=False)
    finally:
        virtual_machine.kill()
        virtual_machine.communicate()
    assert images.disks_from_option([path])


def test_an_encrypted_qcow2_is_refused(tmp_path):
    path = create(tmp_path / "disk", "qcow2", data=False)
    patch(path, 32, struct.pack(">I", 2))
    assert refusal([path]).code == "disk-encrypted"


# --- writing


@pytest.mark.parametrize(
    "options, writable",
    [
        ([], True),
        (["-o", "subformat=monolithicFlat"], True),
        (["-o", "subformat=twoGbMaxExtentSparse"], True),
        (["-o", "subformat=streamOptimized"], False),
    ],
)
def test_a_vmdk_that_qemu_cannot_rewrite_is_not_converted_in_place(tmp_path, options, writable):
    path = create(tmp_path / "disk.vmdk", "vmdk", options=options, data=writable)
    (disk,) = images.disks_from_option([path])
    if writable:
        images.writable_in_place(disk)
    else:
        with pytest.raises(GuestconvError) as caught:
            images.writable_in_place(disk)
        assert caught.value.code == "format-not-writable" and "dest" in caught.value.hint


@pytest.mark.parametrize("image_format", ["raw", *FORMATS])
def test_writes_to_an_overlay_do_not_reach_the_disk(tmp_path, image_format):
    path = create(tmp_path / "disk", image_format)
    with open(path, "rb") as stream:
        before = stream.read()
    (disk,) = images.disks_from_option([path])
    overlay = overlays.create_overlay(disk, str(tmp_path), "sda.qcow2", room=0)
    qemu_io(overlay, "qcow2", "read -P 7 1M 2M", "write -P 9 1M 1M", "write -P 9 10M 64k")
    with open(path, "rb") as stream:
        assert stream.read() == before
    assert qemu_img.held_bytes(overlay) == MEBIBYTE + 65536
    assert qemu_img.held_bytes(overlay, 4 * MEBIBYTE) == 8 * MEBIBYTE
    facts, _reason = qemu_img.info(overlay, "qcow2")
    assert (facts["backing-filename"], facts["backing-filename-format"]) == (path, image_format)
    assert overlays.overlay_disk(disk, overlay).backing == (path,)


def test_an_overlay_needs_room_and_a_directory(tmp_path):
    (disk,) = images.disks_from_option([create(tmp_path / "disk", data=False)])
    with pytest.raises(GuestconvError) as caught:
        overlays.create_overlay(disk, str(tmp_path), "sda.qcow2", room=1 << 60)
    assert (caught.value.code, caught.value.extra["needed"]) == ("no-space", 1 << 60)
    with pytest.raises(GuestconvError) as caught:
        overlays.create_overlay(disk, str(tmp_path / "gone"), "sda.qcow2")
    assert caught.value.code == "workdir-not-usable"
    assert os.listdir(tmp_path) == ["disk"]


def test_a_differencing_vhd_is_refused_as_qemu_does_not_read_its_parent(tmp_path):
    path = create(tmp_path / "disk.vhd", "vpc")
    with open(path, "rb") as stream:
        size = stream.seek(0, os.SEEK_END)
    assert images.disks_from_option([path])[0].format == "vpc"
    for footer in (0, size - 512):
        patch(path, footer + 60, struct.pack(">I", 4))
    error = refusal([path])
    assert error.code == "disk-format-unknown" and "differencing" in error.message and error.hint
