# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the disks that a caller names."""

from __future__ import annotations

from .declaration import Subject, concern, error

SUBJECT = Subject(
    "Disks",
    "The disks that the option `disks` names cannot be used. They are checked before anything is started.",
    (
        error(
            "disk-option-invalid",
            "The option `disks` is empty, or an item of it does not have the form of a disk.",
            "Give a list of paths, or of dictionaries with the keys that the hint lists. The disk that the guest "
            "boots from comes first.",
        ),
        error(
            "disk-not-found",
            "The disk does not exist on the machine that runs the module.",
            "Check the path. It must be valid on the machine that runs the module, which `delegate_to` may have "
            "changed.",
        ),
        error(
            "disk-is-directory",
            "The path is a directory.",
            "Name the disk image in it.",
        ),
        error(
            "disk-not-regular",
            "The path is neither a regular file nor a block device.",
            "Name a disk image, or a volume such as /dev/vg/web01.",
        ),
        error(
            "disk-not-readable",
            "The user who runs the module may not read the disk.",
            "Run the module as a user who may read it, for example with `become`.",
        ),
        error(
            "disk-not-writable",
            "The user who runs the module may not write to the disk, which is to be converted in place, or may not give a "
            "file that replaces it the same owner and group.",
            "Run the module as a user who may write to it, or set `dest` to have a converted copy written.",
        ),
        error(
            "disk-not-partitionable",
            "The filesystem of the guest fills the disk, and needs a partition table and a boot loader on the target. For "
            "these the disk must grow. This one cannot grow in place: it is a block device, a qcow2 with snapshots, or an "
            "image of a fixed size.",
            "Set `dest` to have a converted copy written.",
        ),
        error(
            "disk-empty",
            "The disk has no content.",
            "Copy it from the old hypervisor again; the copy was probably interrupted.",
        ),
        concern(
            "disk-superseded",
            "warning",
            "Next to the disk is a checkpoint, a snapshot or an overlay that was made on it. What the guest wrote since is "
            "there, so that the disk has an older state. If the disk is changed in place, that image becomes worthless.",
            "If the guest runs on the other image, merge it into the disk on the source (delete the checkpoint or snapshot), "
            "or name the other image, with the disk in `backing`. If it is a leftover, ignore the warning.",
        ),
        error(
            "disk-incomplete",
            "guestconv is writing this disk to a block device or an NBD export, or was interrupted when it did. It is not a "
            "whole disk.",
            "Run again the module that wrote it. Only if something else has filled it since, remove the directory that the "
            "hint names.",
        ),
        error(
            "disk-corrupt",
            "The disk image is damaged or incomplete.",
            "Copy it again from its source and compare the sizes. `qemu-img check` gives details, and `qemu-img "
            "check -r all` repairs a VHDX image whose log was not written back.",
        ),
        error(
            "disk-encrypted",
            "The disk or a partition of it is encrypted (an encrypted qcow2 image, or LUKS in the guest).",
            "Decrypt an image with `qemu-img convert`, and BitLocker in the running guest. For LUKS in the guest, give the key "
            "with the option `keys`.",
        ),
        error(
            "disk-in-use",
            "A running virtual machine uses the disk, the domain that it belongs to is running, or this machine has mounted "
            "the disk.",
            "Shut the virtual machine down, or unmount the disk. A suspended virtual machine counts as running.",
        ),
        error(
            "disk-linked",
            "The disk image has several names (hard links), so a conversion in place would change all of them.",
            "Set `dest` to have a converted copy written, or replace the link by a copy of the file.",
        ),
        error(
            "disk-duplicate",
            "A disk is named more than once, or is also the backing file of another disk.",
            "Name each disk of the guest once.",
        ),
        error(
            "disk-name-not-utf-8",
            "The path of the disk is not valid UTF-8.",
            "Rename the file, or the directory that contains it.",
        ),
        error(
            "device-name-invalid",
            "`device` is not the name of a disk.",
            "Give the name that the guest uses for the disk, without /dev/, such as sda, vdb or nvme0n1.",
        ),
        error(
            "device-duplicate",
            "Two disks have the same `device`.",
            "Give each disk a `device` of its own.",
        ),
        error(
            "disk-format-unknown",
            "The format of the disk is not supported.",
            "Unpack the file, or convert it with `qemu-img convert`. If it really is a raw disk, state `format: raw`.",
        ),
        error(
            "format-mismatch",
            "The disk does not have the format that `format` states.",
            "Correct `format`, or leave it out to have the format detected.",
        ),
        error(
            "format-ambiguous",
            "The format of the disk, or of its backing file, is not certain. A guest could write a header to its own "
            "raw disk that makes it look like an image, so guestconv does not guess.",
            "State `format` for a disk. For a backing file record the format in the image above it: `qemu-img rebase "
            "-u -F FORMAT -b BACKING IMAGE`.",
        ),
        error(
            "format-not-writable",
            "Disks of this format cannot be converted in place.",
            "Set `dest` to have a converted copy written.",
        ),
        error(
            "backing-file-not-named",
            "The image depends on a backing file that was not named. guestconv opens only the files that it was given. The "
            "message and the result's `backing_files` list all levels of the chain.",
            "If the files belong to this guest, name all of them: `{path: IMAGE, backing: [FILE, FILE]}`.",
        ),
        error(
            "external-data-file",
            "The qcow2 image stores its data in another file, which guestconv does not open.",
            "Convert it to a self-contained image with `qemu-img convert` on a machine that trusts it.",
        ),
        error(
            "extent-outside",
            "The image names a part of itself that is outside its own directory.",
            "Move all files of the disk into one directory.",
        ),
    ),
)
