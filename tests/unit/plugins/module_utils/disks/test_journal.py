# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import signal

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, overlays, replacement
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.journal import pending
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.state_directory import state_directory_for
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.conversions import (
    content,
    convert,
    in_child,
    is_converted,
    kill_at,
    killed_at,
    replace_qemu_img,
    two_disks,
    wait_until,
    workspace_for,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.disks.disk_images import (
    MEBIBYTE,
    REPLACED,
    create,
    qemu_io,
    share_a_block,
)

# Of the 5 MiB of a disk half a MiB in a second: what is done to it meanwhile is done long before the end.
SLOW = '[ $1 = commit ] && shift && exec $REAL commit -r 512k "$@"'


@pytest.fixture
def interrupted(place):
    """The disks of a guest whose conversion was killed when the first disk was written."""
    disks = two_disks(place)
    assert killed_at("committed sda", disks)
    return disks


def refusal_of(work):
    with pytest.raises(GuestconvError) as caught:
        work()
    assert caught.value.hint
    return caught.value


def journal_of(disks):
    return os.path.join(state_directory_for(disks[0].path), "journal.json")


def edit_journal(disks, change):
    with open(journal_of(disks), "r+", encoding="utf-8") as stream:
        journal = json.load(stream)
        change(journal)
        stream.seek(0)
        stream.truncate()
        json.dump(journal, stream)


def blocks(path):
    """Grows as soon as a commit brings something new."""
    return os.stat(path).st_blocks


def is_locked(disks):
    try:
        pending(disks)
    except GuestconvError as error:
        assert error.code == "disk-busy"
        return True
    return False


@pytest.mark.parametrize(
    "point, begun",
    [
        ("ready", False),
        ("journal written", True),
        ("committed sda", True),
        ("committed sdb", True),
        ("journal removed", False),
    ],
)
@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vdi", "vhdx"])
def test_a_kill_leaves_either_no_trace_or_a_journal_that_finishes(place, image_format, point, begun):
    disks = two_disks(place, image_format)
    before = [content(disk.path) for disk in disks]
    assert killed_at(point, disks)
    journal = pending(images.disks_from_option([disk.path for disk in disks]))
    assert bool(journal) == begun
    if begun:
        assert [is_converted(overlay.path, overlay.format) for overlay in journal.as_converted()] == [True, True]
        journal.finish()
    elif point == "ready":
        assert [content(disk.path) for disk in disks] == before
        convert(disks)
    with workspace_for(disks, room=0):  # removes what a run killed after its commit has left
        pass
    assert all(is_converted(disk.path, image_format) for disk in disks)
    assert len(os.listdir(place)) == 2
    assert pending(disks) is None


@pytest.mark.parametrize("point", ["replacement of sda written", "replacement of sdb written", "ready"])
@pytest.mark.parametrize("image_format", ["vdi", "vhdx"])
def test_a_kill_while_replacements_are_written_leaves_the_disks_as_they_were(place, image_format, point):
    disks = two_disks(place, image_format)
    before = [content(disk.path) for disk in disks]
    assert killed_at(point, disks)
    assert pending(disks) is None and [content(disk.path) for disk in disks] == before
    with workspace_for(disks, room=0):  # removes them
        assert sorted(os.listdir(state_directory_for(disks[1].path))) == ["lock", "notes.json"]
    assert len(os.listdir(place)) == 2
    convert(disks)
    assert all(is_converted(disk.path, image_format) for disk in disks)


@pytest.mark.parametrize("point", ["journal written", "committed sda", "committed sdb", "committed sdc"])
def test_a_guest_with_disks_that_are_written_to_and_disks_that_are_replaced_is_finished(place, point):
    disks = images.disks_from_option(
        [create(place / ("disk." + image_format), image_format) for image_format in ("vdi", "qcow2", "vmdk")]
    )
    assert killed_at(point, disks)
    asked = images.disks_from_option([disk.path for disk in disks])
    assert all(is_converted(overlay.path, "qcow2") for overlay in pending(asked).as_converted())
    # The run that finishes it is killed, too.
    child = in_child(lambda: pending(asked).finish(step=kill_at("committed sdb")))
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert all(is_converted(overlay.path, "qcow2") for overlay in pending(asked).as_converted())
    pending(asked).finish()
    assert all(is_converted(disk.path, disk.format) for disk in disks)
    assert len(os.listdir(place)) == 3 and pending(asked) is None


def test_a_disk_that_has_been_replaced_is_not_replaced_again(place):
    disks = two_disks(place, "vdi")
    assert killed_at("committed sda", disks)
    arrived = os.stat(disks[0].path)
    pending(disks).finish()
    assert os.stat(disks[0].path).st_ino == arrived.st_ino
    assert os.stat(disks[0].path).st_mtime_ns == arrived.st_mtime_ns


def test_a_replaced_disk_that_was_renamed_is_known_by_its_journal(place):
    disks = two_disks(place, "vdi")
    assert killed_at("committed sda", disks)
    shutil.move(disks[0].path, place / "renamed.vdi")
    error = refusal_of(lambda: convert(images.disks_from_option([str(place / "renamed.vdi")])))
    assert error.code == "journal-other-disks" and disks[0].path in error.message
    shutil.move(place / "renamed.vdi", disks[0].path)
    pending(disks).finish()
    assert all(is_converted(disk.path, "vdi") for disk in disks)


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_a_kill_in_the_middle_of_writing_a_disk_is_finished(place, tmp_path, monkeypatch, image_format):
    disks = two_disks(place, image_format)
    before = blocks(disks[0].path)
    with monkeypatch.context() as slowly:
        replace_qemu_img(tmp_path / "bin", slowly, SLOW)
        child = in_child(lambda: convert(disks))
        wait_until(lambda: blocks(disks[0].path) != before)
        os.killpg(child, signal.SIGKILL)  # the process and its qemu-img
        os.waitpid(child, 0)
    wait_until(lambda: not is_locked(disks))
    assert not is_converted(disks[0].path, image_format)
    journal = pending(images.disks_from_option([disk.path for disk in disks]))
    assert [is_converted(overlay.path, "qcow2") for overlay in journal.as_converted()] == [True, True]
    journal.finish()
    assert all(is_converted(disk.path, image_format) for disk in disks)
    assert len(os.listdir(place)) == 2


def as_version_1(disks):
    """Make the journal one of the version that commits to each format in place."""
    edit_journal(
        disks,
        lambda journal: journal.update(
            version=1,
            disks=[
                {name: value for name, value in record.items() if name != "replacement"} for record in journal["disks"]
            ],
        ),
    )
    for disk in disks:
        if os.path.exists(replacement.path_for(disk)):
            os.unlink(replacement.path_for(disk))


@pytest.mark.parametrize("image_format", ["raw", "qcow2", "vmdk", "vdi", "vpc"])
def test_a_journal_of_the_previous_version_is_finished(place, image_format):
    disks = two_disks(place, image_format)
    assert killed_at("journal written", disks)
    as_version_1(disks)
    # Half of it is written, as that version did.
    qemu_io(disks[0].path, image_format, "write -P 0xa3 8M 2M")
    asked = images.disks_from_option([disk.path for disk in disks])
    before = os.stat(disks[0].path).st_ino
    pending(asked).finish()
    assert all(is_converted(disk.path, image_format) for disk in disks)
    assert (os.stat(disks[0].path).st_ino != before) == (image_format in REPLACED)
    assert len(os.listdir(place)) == 2 and pending(asked) is None


def test_a_disk_that_the_previous_version_has_damaged_is_not_called_finished(place):
    disks = two_disks(place, "vdi")
    assert killed_at("journal written", disks)
    as_version_1(disks)
    share_a_block(disks[0].path)
    assert refusal_of(lambda: pending(disks).finish()).code == "disk-corrupt"
    assert pending(disks)


def test_while_an_orphaned_qemu_img_still_writes_the_disk_is_busy(place, tmp_path, monkeypatch):
    disks = two_disks(place)
    before = blocks(disks[0].path)
    with monkeypatch.context() as slowly:
        replace_qemu_img(tmp_path / "bin", slowly, SLOW)
        child = in_child(lambda: convert(disks))
        wait_until(lambda: blocks(disks[0].path) != before)
        os.kill(child, signal.SIGKILL)  # its qemu-img goes on
        os.waitpid(child, 0)
        assert is_locked(disks) and is_locked(disks[1:])
    os.killpg(child, signal.SIGKILL)
    wait_until(lambda: not is_locked(disks))
    pending(disks).finish()
    assert all(is_converted(disk.path, "raw") for disk in disks)


def test_a_disk_that_fills_up_is_finished_once_there_is_room(place, tmp_path, monkeypatch):
    disks = two_disks(place)
    with monkeypatch.context() as full:
        replace_qemu_img(
            tmp_path / "bin", full, '[ $1 = commit ] && exec prlimit --fsize=%d $REAL "$@"' % (9 * MEBIBYTE)
        )
        error = refusal_of(lambda: convert(disks))
        assert error.code == "commit-incomplete" and "run convert again" in error.hint.lower()
        assert refusal_of(pending(disks).finish).code == "commit-incomplete"
    pending(disks).finish()
    assert all(is_converted(disk.path, "raw") for disk in disks)
    assert len(os.listdir(place)) == 2


def test_overlays_in_a_workdir_are_found_from_the_disk_alone(place, tmp_path):
    disks, workdir = two_disks(place), tmp_path / "work"
    workdir.mkdir()
    assert killed_at("committed sda", disks, workdir=str(workdir))
    journal = pending(disks)
    assert all(overlay.path.startswith(str(workdir)) for overlay in journal.as_converted())
    journal.finish()
    assert os.listdir(workdir) == [] and len(os.listdir(place)) == 2
    assert all(is_converted(disk.path, "raw") for disk in disks)


@pytest.mark.parametrize("mode", ["in-place", "throwaway"])
def test_no_conversion_begins_over_a_journal(interrupted, mode):
    assert refusal_of(lambda: convert(interrupted, mode=mode)).code == "journal-pending"
    assert pending(interrupted)


def test_a_throwaway_conversion_over_the_finished_overlays_does_not_disturb_them(interrupted, tmp_path):
    convert(pending(interrupted).as_converted(), mode="throwaway", workdir=str(tmp_path))
    pending(interrupted).finish()
    assert is_converted(interrupted[1].path, "raw")


def test_the_order_of_the_disks_and_their_device_names_are_those_asked_for(interrupted):
    option = [{"path": disk.path, "device": device} for disk, device in zip(reversed(interrupted), ("vda", "vdb"))]
    disks = images.disks_from_option(option)
    assert [(disk.device, disk.backing) for disk in pending(disks).as_converted()] == [
        ("vda", (interrupted[1].path,)),
        ("vdb", (interrupted[0].path,)),
    ]


def test_a_journal_is_found_from_each_disk_and_wants_all_of_them(interrupted, place):
    other = images.disks_from_option([create(place / "other")])
    assert pending(other) is None
    for disks in (interrupted[:1], interrupted[1:], interrupted + other, other + interrupted):
        error = refusal_of(lambda disks=disks: pending(disks))
        assert error.code == "journal-other-disks"
        assert error.extra["disks"] == [disk.path for disk in interrupted]


def test_the_second_disk_alone_is_not_touched_while_the_first_is_away(interrupted, place):
    first, second = (disk.path for disk in interrupted)
    os.rename(place, place.with_name("unmounted"))
    place.mkdir()
    shutil.move(place.with_name("unmounted") / "two.raw", second)
    shutil.move(place.with_name("unmounted") / ".guestconv-two.raw", place)
    error = refusal_of(lambda: convert(interrupted[1:]))
    assert error.code == "journal-other-disks" and error.extra["disks"] == [first] and first in error.message
    for name in ("one.raw", ".guestconv-one.raw"):
        shutil.move(place.with_name("unmounted") / name, place)
    pending(interrupted).finish()
    assert is_converted(first, "raw") and is_converted(second, "raw")


@pytest.mark.parametrize("number", [0, 1])
def test_a_renamed_disk_is_known_by_its_journal_and_finished_under_its_old_name(interrupted, place, number):
    old, new = interrupted[number].path, str(place / "renamed.raw")
    os.rename(old, new)
    disks = images.disks_from_option([new if disk.path == old else disk.path for disk in interrupted])
    for asked in (disks, [disks[number]]):
        error = refusal_of(lambda asked=asked: convert(asked))
        assert error.code == "journal-other-disks" and old in error.message
    os.rename(new, old)
    pending(interrupted).finish()
    assert all(is_converted(disk.path, "raw") for disk in interrupted)


def test_the_journal_of_another_guest_in_the_directory_is_none_of_ours(interrupted, place):
    edit_journal(interrupted, lambda journal: journal.update(disks=[{}]))
    other = images.disks_from_option([create(place / "other")])
    assert pending(other) is None
    convert(other)
    assert is_converted(other[0].path, "raw")


# --- a journal is not trusted


def test_a_missing_or_changed_overlay_is_reported(interrupted):
    journal = pending(interrupted)
    overlay = journal.as_converted()[1].path
    os.utime(overlay)
    for use in (lambda: pending(interrupted), journal.finish, journal.as_converted):
        assert refusal_of(use).code == "journal-broken"
    os.unlink(overlay)
    error = refusal_of(lambda: pending(interrupted))
    assert error.code == "journal-broken" and "missing" in error.message
    assert os.path.exists(journal_of(interrupted))


@pytest.mark.parametrize(
    "change",
    [
        lambda journal: journal.update(version=3),
        lambda journal: journal["disks"][0].update(replacement=7),
        lambda journal: journal["disks"][0].update(replacement={"inode": 7}),
        lambda journal: journal.update(disks=[]),
        lambda journal: journal.update(disks=7),
        lambda journal: journal["disks"][0].pop("size"),
        lambda journal: journal["disks"][0].update(overlay=7),
        lambda journal: journal["disks"][0].update(format="qcow2"),
        lambda journal: journal["disks"][0].update(overlay="/etc/passwd"),
        lambda journal: journal["disks"][0].update(overlay=journal["disks"][1]["overlay"]),
        lambda journal: journal["disks"][0].update(overlay=journal["disks"][0]["path"]),
    ],
)
def test_a_journal_that_says_anything_unexpected_is_refused(interrupted, change):
    edit_journal(interrupted, change)
    assert refusal_of(lambda: pending(interrupted)).code == "journal-broken"


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda disk: os.utime(replacement.path_for(disk)), "was changed"),
        (lambda disk: os.unlink(replacement.path_for(disk)), "is missing"),
        (lambda disk: os.utime(disk.path), "was written to, or replaced"),
    ],
)
def test_a_replacement_that_is_not_to_be_trusted_replaces_nothing(place, spoil, said):
    disks = two_disks(place, "vdi")
    assert killed_at("committed sda", disks)
    before = content(disks[1].path)
    spoil(disks[1])
    error = refusal_of(lambda: pending(disks))
    assert error.code == "journal-broken" and said in error.message
    assert content(disks[1].path) == before and os.path.exists(journal_of(disks))


def test_an_overlay_over_another_file_is_refused(interrupted, tmp_path):
    other = images.disks_from_option([create(tmp_path / "other")])[0]
    overlay = pending(interrupted).as_converted()[0].path
    os.unlink(overlay)
    overlays.create_overlay(other, os.path.dirname(overlay), os.path.basename(overlay), room=0)
    status = os.stat(overlay)
    edit_journal(
        interrupted, lambda journal: journal["disks"][0].update(size=status.st_size, changed=status.st_mtime_ns)
    )
    assert "is not one of" in refusal_of(lambda: pending(interrupted)).message


def test_a_link_in_place_of_an_overlay_or_of_the_journal_is_refused(interrupted, tmp_path):
    for name in (journal_of(interrupted), pending(interrupted).as_converted()[0].path):
        shutil.move(name, tmp_path / "moved")
        os.symlink(tmp_path / "moved", name)
        assert refusal_of(lambda: pending(interrupted)).code == "journal-broken"
        os.unlink(name)
        shutil.move(tmp_path / "moved", name)
    assert pending(interrupted)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_journal_of_another_user_is_refused(interrupted):
    names = (
        journal_of(interrupted),
        pending(interrupted).as_converted()[0].path,
        state_directory_for(interrupted[0].path),
    )
    for name, code in zip(names, ("journal-broken", "journal-broken", "state-of-another-user")):
        os.chown(name, 65534, 65534)
        error = refusal_of(lambda: pending(interrupted))
        assert error.code == code and not error.retryable
        os.chown(name, 0, 0)
    pending(interrupted).finish()
    assert all(is_converted(disk.path, "raw") for disk in interrupted)
