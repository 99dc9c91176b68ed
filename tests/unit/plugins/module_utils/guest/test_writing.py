# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the door writes to what is protected, full or no file, on the stand-in for the appliance."""

from __future__ import annotations

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)
from tests.text_guests import case
from tests.text_guests.disks import Disks

GUEST = """\
@part sda1 type=ext4 room={room} inodes={inodes}
@file /etc/a
one
@file /etc/b
two
@file /d/c
three
@link /etc/link a
@link /etc/nowhere /d/nothing
@directory /etc/directory
@fifo /etc/fifo
{more}
@expect converts
"""


@pytest.fixture
def make(tmp_path):
    """make(more, room) gives the door to a guest with these lines, its disks, and calls: the names of those it made."""

    def made(more="", room=1 << 20, inodes=100):
        disks = Disks(case.parse(GUEST.format(more=more, room=room, inodes=inodes), "a", "a"), tmp_path / "guest")
        appliance = disks.appliance
        appliance.mount_options("", f"{appliance.device(0)}1", "/")
        calls, call = [], appliance.call
        appliance.call = lambda name, *arguments, **options: calls.append(name) or call(name, *arguments, **options)

        guest = SimpleNamespace(mappings_called_by_guest=nullcontext)
        return GuestRoot(appliance, "/dev/sda1", guest), disks, calls

    return made


def refusal(write, *arguments):
    with pytest.raises(GuestconvError) as caught:
        write(*arguments)
    assert caught.value.message and "/sysroot" not in caught.value.message
    return caught.value.code


@pytest.mark.parametrize("word", ("immutable", "append-only"))
def test_what_is_protected_is_changed_and_protected_again(make, word):
    root, disks, _calls = make(f"@{word} /etc/a\n@{word} /etc/b\n@{word} /d/c")
    root.write("/etc/link", "new", "through a link")
    root.append_bytes("/etc/b", b"more", "")
    root.rename("/d/c", "/etc/renamed", "")
    assert (root.read("/etc/a"), disks.read("/etc/b"), disks.read("/etc/renamed")) == ("new", b"two\nmore", b"three\n")
    assert all(map(disks.attributes, ("/etc/a", "/etc/b", "/etc/renamed")))


def test_in_a_protected_directory_files_come_and_go_and_it_is_protected_again(make):
    root, disks, _calls = make("@immutable /etc\n@immutable /d\n@immutable /etc/b")
    root.write("/etc/deep/er/new", "new", "")
    root.copy("/etc/a", "/d/copy", "")
    root.remove("/etc/b", "")
    root.remove("/etc/nowhere", "a link")
    root.rename("/d/c", "/etc/c", "")
    assert root.list("/etc") == ["a", "c", "deep", "directory", "fifo", "link"]
    assert root.list("/d") == ["copy"]
    assert (disks.attributes("/etc"), disks.attributes("/d"), disks.attributes("/d/copy")) == ("i", "i", "")


def test_where_nothing_is_protected_a_write_costs_nothing_more(make):
    root, _disks, calls = make()
    root.write("/etc/a", "new", "")
    root.write("/etc/new", "new", "")
    root.append_bytes("/etc/b", b"more", "")
    root.remove("/etc/nowhere", "")
    assert calls == [
        *("statns", "pread", "write"),
        *("statns", "exists", "exists", "write", "chmod"),
        *("filesize", "write_append"),
        *("is_symlink", "rm"),
    ]


@pytest.mark.parametrize("path", ("/etc/fifo", "/etc/nowhere", "/etc/directory"))
def test_what_is_no_file_is_not_written_to_and_nothing_waits_for_it(make, path):
    root, disks, calls = make()
    assert root.read(path) is None
    assert refusal(root.write, path, "text", "") == "guest-file-not-writable"
    assert refusal(root.copy, "/etc/a", path, "") == "guest-file-not-writable"
    assert disks.read("/d/nothing") is None and "write" not in calls and "cp" not in calls


def test_oracle_13_a_full_filesystem_is_an_error_that_says_so_and_appends_nothing(make):
    root, disks, _calls = make(room=4)
    assert refusal(root.write, "/etc/a", "a longer text", "") == "filesystem-full"
    assert refusal(root.write, "/etc/new", "12345", "") == "filesystem-full"
    assert refusal(root.copy, "/d/c", "/etc/copy", "") == "filesystem-full"
    assert refusal(root.append_bytes, "/etc/b", b"12345", "") == "filesystem-full"
    assert disks.read("/etc/b") == b"two\n"
    root.append_bytes("/etc/b", b"1234", "")


def test_a_filesystem_without_inodes_takes_what_needs_none(make):
    root, _disks, _calls = make(inodes=0)
    root.write("/etc/a", "a longer text", "")
    assert refusal(root.write, "/etc/new", "", "") == "filesystem-full"


def test_an_append_that_fails_in_the_middle_leaves_the_file_as_it_was(make, monkeypatch):
    root, disks, calls = make()
    appliance = disks.appliance

    def half(path, content):
        with open(appliance._local(path), "ab") as file:
            file.write(content[: len(content) // 2])
        raise CallFailed("appliance-call-failed", "internal_write_append: write: Disk quota exceeded")

    monkeypatch.setattr(appliance, "_do_write_append", half, raising=False)
    with pytest.raises(GuestconvError, match="quota"):
        root.append_bytes("/etc/b", b"12345678", "")
    assert disks.read("/etc/b") == b"two\n"


def test_what_is_mounted_read_only_is_an_error_that_says_so(make):
    root, disks, _calls = make()
    disks.appliance.remount("/", rw=False)
    assert refusal(root.write, "/etc/a", "new", "") == "filesystem-read-only"
    assert refusal(root.write, "/etc/new", "new", "") == "filesystem-read-only"
    assert refusal(root.remove, "/etc/a", "") == "filesystem-read-only"


def test_a_permission_that_no_attribute_takes_away_is_an_error_that_names_the_file(make, monkeypatch):
    root, disks, _calls = make()

    def refused(path, content):
        raise CallFailed("appliance-call-failed", f"internal_write: open: {path}: {os.strerror(1)}")

    monkeypatch.setattr(disks.appliance, "_do_write", refused, raising=False)
    assert refusal(root.write, "/etc/a", "new", "") == "guest-file-not-writable"


def test_what_is_none_of_the_guests_faults_stays_the_appliances(make, monkeypatch):
    root, disks, _calls = make()

    def failed(path, content):
        raise CallFailed("appliance-call-failed", "internal_write: write: Input/output error")

    monkeypatch.setattr(disks.appliance, "_do_write", failed, raising=False)
    with pytest.raises(CallFailed):
        root.write("/etc/a", "new", "")


@pytest.fixture
def program(make, monkeypatch):
    """program(writes, **guest) gives the door to a guest where each program writes a text to these files, and the disks."""

    def made(writes, **guest):
        root, disks, calls = make(**guest)
        appliance = disks.appliance

        def command(argv):
            for path in writes:
                try:
                    appliance._do_write(path, b"made by a program")
                except (CallFailed, OSError) as error:
                    raise CallFailed("appliance-call-failed", f"command: {argv[0]}: {error}") from error
            return "done"

        monkeypatch.setattr(appliance, "_do_command", command, raising=False)
        return root, disks, calls

    return made


def test_a_program_that_replaces_a_protected_file_is_run_again_without_the_protection(program):
    root, disks, _calls = program(["/etc/a"], more="@immutable /etc/a\n@immutable /etc/b")
    assert root.run(["update", "-u"], "", replaces=["/etc/a", "/etc/nothing"]) == "done"
    assert (disks.read("/etc/a"), disks.attributes("/etc/a")) == (b"made by a program", "i")
    assert disks.attributes("/etc/b") == "i"


def test_a_program_that_succeeds_is_run_once_and_nothing_is_looked_at(program):
    root, _disks, calls = program(["/etc/a"])
    root.run(["update"], "", replaces=["/etc/a"])
    assert calls == ["command"]


def test_a_program_that_fails_has_the_filesystems_that_are_full_in_its_error(program):
    root, _disks, calls = program(["/etc/new"], room=3, inodes=0)
    root.mount_plan = MountPlan((Mount("/", filesystem("/dev/sda1")),))
    with pytest.raises(GuestconvError, match="No space left") as caught:
        root.run(["update"], "", replaces=["/etc/a"])
    assert "/ in the guest (/dev/sda1) has 0 KiB free and no inode." in caught.value.hint
    assert calls.count("command") == 1


def test_a_program_that_only_asks_is_not_refused_for_what_it_does_not_write_to(program):
    root, disks, _calls = program(["/etc/new"])
    disks.appliance.remount("/", rw=False)
    with pytest.raises(GuestconvError) as caught:
        root.ask(["rpm"])
    assert caught.value.code == "guest-command-failed" and not caught.value.hint
