# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import stat

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import state_directory
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.state_directory import (
    StateDirectory,
    state_directory_for,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError


def refusal_of(work):
    with pytest.raises(GuestconvError) as caught:
        work()
    assert caught.value.hint and "remove that directory" not in caught.value.hint
    return caught.value


@pytest.fixture
def device(monkeypatch, tmp_path):
    """The path of a block device of this machine, of which the kernel and udev say nothing."""
    devices = [entry.path for entry in os.scandir("/dev") if stat.S_ISBLK(entry.stat(follow_symlinks=False).st_mode)]
    if not devices:
        pytest.skip("this machine has no block device")
    monkeypatch.setattr(state_directory, "_KERNEL_DEVICES", str(tmp_path / "sys"))
    monkeypatch.setattr(state_directory, "_LASTING_NAMES", str(tmp_path / "by-id"))
    return devices[0]


def test_a_block_device_has_one_state_under_all_its_names_where_a_reboot_spares_it(device, tmp_path):
    os.symlink(device, tmp_path / "web01")
    assert state_directory_for(device) == "/var/lib/guestconv/.guestconv-" + device[1:].replace("/", "-")
    assert state_directory_for(str(tmp_path / "web01")) == state_directory_for(device)


def test_the_state_of_a_block_device_goes_by_a_name_that_it_has_after_a_reboot_as_well(device, tmp_path):
    (tmp_path / "by-id").mkdir()
    (tmp_path / "elsewhere").touch()
    for name, target in (("ata-1", device), ("wwn-1", device), ("wwn-2", tmp_path / "elsewhere")):
        os.symlink(target, tmp_path / "by-id" / name)
    assert state_directory_for(device) == "/var/lib/guestconv/.guestconv-wwn-1"


def test_what_a_guest_wrote_to_a_block_device_does_not_name_its_state(device, tmp_path):
    (tmp_path / "by-id").mkdir()
    for name in ("ata-1", "lvm-pv-uuid-1"):
        os.symlink(device, tmp_path / "by-id" / name)
    assert state_directory_for(device) == "/var/lib/guestconv/.guestconv-ata-1"


@pytest.mark.parametrize(
    "said, key",
    [({"uuid": "LVM-abc\n", "name": "vg-web01\n"}, "LVM-abc"), ({"uuid": "\n", "name": "vg-web01\n"}, "vg-web01")],
)
def test_the_state_of_a_logical_volume_goes_by_what_the_device_mapper_calls_it(device, tmp_path, said, key):
    number = os.stat(device).st_rdev
    mapper = tmp_path / "sys" / ("%d:%d" % (os.major(number), os.minor(number))) / "dm"
    mapper.mkdir(parents=True)
    for name, value in said.items():
        (mapper / name).write_text(value)
    assert state_directory_for(device) == "/var/lib/guestconv/.guestconv-" + key


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_state_of_another_user_is_left_alone_and_not_waited_for(tmp_path):
    state = StateDirectory(str(tmp_path / "state"))
    os.mkdir(state.path)
    os.chown(state.path, 65534, 65534)
    error = refusal_of(state.lock)
    assert (error.code, error.retryable) == ("state-of-another-user", False)
    assert "65534" in error.message and os.path.isdir(state.path)


@pytest.mark.parametrize(
    "number, code",
    [
        pytest.param(errno.EACCES, "state-of-another-user", id="may not be looked into"),
        pytest.param(errno.EIO, "workdir-not-usable", id="broken storage"),
    ],
)
def test_whose_a_state_is_that_cannot_be_looked_into_is_told_by_the_error(tmp_path, monkeypatch, number, code):
    state = StateDirectory(str(tmp_path))
    with monkeypatch.context() as closed:
        closed.setattr(os, "lstat", lambda path: raise_error(number))
        error = refusal_of(state.has_journal)
    assert error.code == code


def raise_error(number):
    raise OSError(number, os.strerror(number))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_where_all_that_is_made_becomes_anothers_nothing_is_left(tmp_path, monkeypatch):
    make = os.mkdir

    def squashed(path, mode):
        make(path, mode)
        os.chown(path, 65534, 65534)

    state = StateDirectory(str(tmp_path / "state"))
    monkeypatch.setattr(os, "mkdir", squashed)
    error = refusal_of(state.lock)
    assert error.code == "workdir-not-usable" and "root_squash" in error.message
    assert os.listdir(tmp_path) == []


def test_a_name_that_is_too_long_has_no_journal_and_cannot_be_locked(tmp_path):
    state = StateDirectory(state_directory_for(str(tmp_path / ("x" * 250))))
    assert not state.has_journal()
    error = refusal_of(state.lock)
    assert error.code == "workdir-not-usable" and "too long" in error.message


def test_what_is_no_directory_is_not_taken_for_busy(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        assert refusal_of(StateDirectory(str(tmp_path / name)).lock).code == "workdir-not-usable"


def test_a_directory_that_cannot_be_made_is_not_taken_for_busy(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    # procfs says that what cannot be made in it does not exist.
    for name, reason in ((tmp_path / "file", "Not a directory"), ("/proc/guests", "No such file or directory")):
        error = refusal_of(StateDirectory(os.path.join(name, ".state")).lock)
        assert (error.code, error.message) == ("workdir-not-usable", f"{name} cannot be used: {reason}.")
