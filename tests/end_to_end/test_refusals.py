# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be converted: refused with a code and a message that names it, and the disk stays as it was."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests.end_to_end.conftest import digest, run_playbook

MIB = 1 << 20


def qemu_img(*arguments):
    subprocess.run(["qemu-img", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def disks(scratch):
    """A directory of small disks: one without a system, one with FreeDOS, one with a Linux that has no boot loader."""
    directory = scratch / "refusals"
    directory.mkdir()
    names = ("nothing", "freedos", "bare")
    for name in names:
        qemu_img("create", "-f", "qcow2", directory / f"{name}.qcow2", "64M")
    images = disks_from_option([str(directory / f"{name}.qcow2") for name in names])
    with Appliance(images, read_only=False) as appliance:
        nothing, freedos, bare = (appliance.device(index) for index in range(3))
        appliance.mkfs("ext4", nothing)
        appliance.mkfs("vfat", freedos)
        appliance.mount(freedos, "/")
        appliance.mkdir("/FDOS")
        appliance.write("/FDOS/FREEDOS.BSS", b"")
        appliance.umount_all()
        appliance.mkfs("ext4", bare)
        appliance.mount(bare, "/")
        appliance.mkdir_p("/etc")
        appliance.write("/etc/os-release", b"ID=fedora\nVERSION_ID=41\nPRETTY_NAME='Fedora Linux 41'\n")
        appliance.umount_all()
        appliance.close()
    return directory


def missing(directory):
    return directory / "absent.qcow2"


def empty(directory):
    path = directory / "empty.qcow2"
    path.touch()
    return path


def a_directory(directory):
    path = directory / "directory"
    path.mkdir()
    return path


def truncated(directory):
    path = directory / "truncated.qcow2"
    qemu_img("create", "-f", "qcow2", path, "64M")
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write 0 32M", str(path)], check=True, stdout=subprocess.DEVNULL)
    os.truncate(path, path.stat().st_size // 2)
    return path


def garbage(directory):
    path = directory / "garbage"
    path.write_bytes(os.urandom(MIB))
    return path


def with_backing_file(directory):
    path = directory / "overlay.qcow2"
    qemu_img("create", "-f", "qcow2", "-b", "nothing.qcow2", "-F", "qcow2", path)
    return path


def without_a_system(directory):
    return directory / "nothing.qcow2"


def with_freedos(directory):
    return directory / "freedos.qcow2"


def without_a_kernel(directory):
    return directory / "bare.qcow2"


# {what makes the disk: the code of its refusal, and what the message names}
REFUSED = {
    missing: ("disk-not-found", "absent.qcow2"),
    empty: ("disk-empty", "empty.qcow2"),
    a_directory: ("disk-is-directory", "directory"),
    truncated: ("disk-corrupt", "truncated.qcow2"),
    with_backing_file: ("backing-file-not-named", "nothing.qcow2"),
    garbage: ("no-operating-system", "garbage"),
    without_a_system: ("no-operating-system", "nothing.qcow2"),
    with_freedos: ("os-not-supported", "freedos"),
    without_a_kernel: ("boot-kernel-missing", "no kernel in /boot"),
}


@pytest.fixture(scope="module")
def refused(disks, scratch):
    """{what makes the disk: (its path, its digest before, the result of the conversion)}, all by one playbook."""
    paths = {make: make(disks) for make in REFUSED}
    before = {make: digest(path) if path.is_file() else None for make, path in paths.items()}
    results = scratch / "refusals.json"
    tasks = [
        {
            "name": "Convert it",
            "virttools.guestconv.guestconv_convert": {"disks": [str(path)]},
            "register": make.__name__,
            "ignore_errors": True,
        }
        for make, path in paths.items()
    ]
    names = ", ".join(f"'{make.__name__}': {make.__name__}" for make in REFUSED)
    content = "{{ {" + names + "} | to_json }}"
    tasks.append(
        {"name": "Keep the results", "ansible.builtin.copy": {"content": content, "dest": str(results), "mode": "0600"}}
    )
    ended = run_playbook(tasks, scratch)
    assert ended.returncode == 0 and "Traceback" not in ended.stdout + ended.stderr, ended.stdout + ended.stderr
    returned = json.loads(results.read_text(encoding="utf-8"))
    return {make: (paths[make], before[make], returned[make.__name__]) for make in REFUSED}


@pytest.mark.parametrize("make", REFUSED)
def test_oracle_20_what_cannot_be_converted_is_refused_by_its_own_code(refused, disks, make):
    code, named = REFUSED[make]
    path, before, result = refused[make]
    assert result["failed"] is True
    assert result["code"] == code, result
    assert named in result["msg"]
    assert result["hint"]
    assert before is None or digest(path) == before
    assert [left.name for left in disks.glob(".*")] == []


def test_a_disk_in_use_is_refused(module, disks):
    path = disks / "used.qcow2"
    qemu_img("create", "-f", "qcow2", path, "64M")
    qemu = subprocess.Popen(
        [
            "qemu-system-x86_64",
            "-machine",
            "q35,accel=tcg",
            "-nodefaults",
            "-display",
            "none",
            "-S",
            "-qmp",
            "stdio",
            "-drive",
            f"file={path},format=qcow2,if=virtio",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        qemu.stdin.write(b'{"execute": "qmp_capabilities"}\n')
        qemu.stdin.flush()
        # It answers when it has opened its disks; its file of the pid is there before.
        assert any(b'"return"' in line for line in qemu.stdout)
        result = module("guestconv_inspect", disks=[str(path)])
    finally:
        qemu.terminate()
        qemu.communicate()
    assert result["code"] == "disk-in-use", result
    assert "used.qcow2" in result["msg"] and result["hint"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a filesystem that is too small for an overlay")
def test_too_little_room_for_the_overlay_is_refused(module, disks):
    small = disks / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        path = disks / "nothing.qcow2"
        before = digest(path)
        result = module("guestconv_convert", disks=[str(path)], workdir=str(small))
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert result["code"] == "no-space", result
    assert str(small) in result["msg"] and result["hint"]
    assert digest(path) == before


def test_unknown_options_of_a_disk_are_refused(module, disks):
    result = module("guestconv_inspect", disks=[{"path": str(disks / "nothing.qcow2"), "fromat": "raw"}])
    assert "fromat" in result["msg"] and result["code"]
