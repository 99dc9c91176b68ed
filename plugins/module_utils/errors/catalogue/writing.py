# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about writing a conversion to the disks."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "Writing the result",
    "A conversion is complete before a disk is written to, and is then written under a journal. A directory "
    "`.guestconv-*` in a disk's directory may hold that journal: never remove it unless a message says so.",
    (
        error(
            "disk-busy",
            "Another process is converting this disk, or is writing to this volume.",
            "Wait until it ends, then run again.",
            retryable=True,
        ),
        error(
            "disk-changed",
            "The disk was written to, or replaced, while it was converted. The conversion was discarded, and no disk "
            "was changed by it.",
            "Stop what writes to the disk, such as a virtual machine or a copy in progress, and run again.",
        ),
        error(
            "commit-incomplete",
            "The conversion is complete, but was not fully written to the disk. The journal is kept.",
            "Run the same conversion again: it finishes the write. If a disk is full, make room first. Do not start "
            "the guest before that.",
            retryable=True,
        ),
        error(
            "journal-pending",
            "An earlier conversion of this disk was interrupted while it was written, so the disk may be half written.",
            "Run `guestconv_convert` on it in place, which finishes the write, or run the playbook `recover`.",
        ),
        error(
            "journal-other-disks",
            "An earlier conversion of this disk together with others was interrupted while it was written, and those "
            "disks are not the ones that are named now.",
            "Run `guestconv_convert` with exactly the disks that the message names. Only if they are lost, restore "
            "this disk from a backup and remove the directory that the hint names.",
        ),
        error(
            "journal-broken",
            "An earlier conversion of this disk was interrupted while it was written, and its journal cannot be used.",
            "Bring back the file that the message names. Otherwise restore the disk from a backup and remove the "
            "directory of the journal.",
        ),
        error(
            "state-of-another-user",
            "The directory in which guestconv keeps its state for this disk belongs to another user.",
            "Run as that user. The directory may hold an interrupted conversion: do not remove it.",
        ),
        error(
            "dest-exists",
            "A file that would be written to `dest` exists already. A copy never overwrites a disk.",
            "Remove the file, or set another `dest`.",
        ),
        error(
            "dest-not-usable",
            "The directory `dest` is empty, does not exist, or cannot be written to. Or it does not name a block device or "
            "an NBD export for each disk that can be written to.",
            "Create the directory and let the user who runs the module write to it, or set another `dest`. A list has as "
            "many block devices and URLs of NBD exports as the guest has disks.",
        ),
        error(
            "dest-in-use",
            "A block device in `dest` is mounted or in use on this machine, by LVM, md, swap or a running QEMU. Or it is a "
            "disk that is read, or is named twice.",
            "Unmount or deactivate it, shut down the virtual machine, or name another one.",
        ),
        error(
            "dest-too-small",
            "A block device or NBD export in `dest` is smaller than the disk, or than the disk will be after conversion: a "
            "filesystem that fills its disk gets a partition table if it cannot be booted without one. Nothing was written.",
            "Make it at least as large as the disk, and 1 MiB larger for a partition table: `needed` and `available` in the "
            "result are bytes. The volumes must be in the order of the disks.",
        ),
    ),
)
