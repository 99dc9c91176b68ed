# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about initrds."""

from __future__ import annotations

from .declaration import Subject, error

_REBUILD = (
    "Rebuild the initrd in the guest (`update-initramfs -u`, `dracut --force`, `mkinitcpio -P`), and check that "
    "/boot has free space."
)
_REBUILD_SMALLER = (
    "Check what makes the initrd so large, and rebuild it in the guest (`update-initramfs -u`, `dracut --force`, "
    "`mkinitcpio -P`)."
)
_REPORT = "Set `trace`, and report what it recorded."

SUBJECT = Subject(
    "Initrds",
    "An initrd is read within limits, because a guest may be hostile. Where one cannot be supplemented, the guest's "
    "own tool rebuilds it; these are the cases in which that did not help, or was not wanted.",
    (
        error(
            "initrd-not-supported",
            "The initrd lacks drivers for the target, and guestconv can neither add them nor have the initrd rebuilt.",
            "Rebuild the initrd in the guest with the drivers of the target before the guest moves.",
        ),
        error(
            "initrd-not-complete",
            "The initrd still lacks something after it was completed. The guest's disks are unchanged.",
            _REPORT,
        ),
        error(
            "initrd-not-appendable",
            "Nothing can be appended to this initrd, because what it holds would hide the addition, or its end is "
            "unclear.",
            _REBUILD,
        ),
        error(
            "initrd-modules-differ",
            "The initrd has kernel modules that the kernel of the guest does not have.",
            _REBUILD,
        ),
        error(
            "initrd-unknown-format",
            "The file is not an initrd made of cpio archives.",
            "A unified kernel image, an image for U-Boot or an old RAM disk can only be rebuilt in the guest.",
        ),
        error(
            "initrd-compression-unsupported",
            "The initrd is compressed in a way that guestconv cannot read.",
            "Select another compression in the guest, and rebuild the initrd.",
        ),
        error(
            "initrd-path-conflict",
            "A file that is to be added to the initrd conflicts with something that has the same path.",
            _REBUILD,
        ),
        error(
            "initrd-path-invalid",
            "A file that is to be added to the initrd has a path that an initrd cannot have.",
            _REPORT,
        ),
        error(
            "initrd-tool-missing",
            "A program that decompresses this initrd is not installed on the machine that runs the module.",
            "Install the package that the hint names.",
        ),
        error(
            "initrd-tool-failed",
            "A program that compresses what is added to the initrd failed on the machine that runs the module.",
            "The message has its output. Check that the program works, and that the machine has enough memory.",
        ),
        error(
            "initrd-unreadable",
            "The copy of the initrd cannot be read on the machine that runs the module.",
            "Check the storage of the directory for temporary files on that machine.",
        ),
        error("initrd-truncated", "The initrd ends in the middle of an archive.", _REBUILD),
        error("initrd-corrupt", "The initrd is damaged.", _REBUILD),
        error("initrd-link-loop", "The symbolic links in the initrd form a loop.", _REBUILD),
        error("initrd-too-many-archives", "The initrd consists of too many archives.", _REBUILD_SMALLER),
        error("initrd-too-many-blocks", "A compressed archive in the initrd has too many blocks.", _REBUILD_SMALLER),
        error("initrd-too-many-members", "The initrd contains too many files.", _REBUILD_SMALLER),
        error("initrd-names-too-long", "The names of the files in the initrd are too long in total.", _REBUILD_SMALLER),
        error("initrd-unpacks-too-large", "The initrd is too large once it is decompressed.", _REBUILD_SMALLER),
        error("initrd-content-too-large", "A file in the initrd that must be read is too large.", _REBUILD_SMALLER),
        error(
            "initrd-contents-too-large",
            "The files in the initrd that must be read are too large in total.",
            _REBUILD_SMALLER,
        ),
    ),
)
