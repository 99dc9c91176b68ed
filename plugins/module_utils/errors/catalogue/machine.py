# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the machine that runs guestconv."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "The machine that runs guestconv",
    "Something is missing or full on the machine where the module or filter runs, or the run was stopped.",
    (
        error(
            "library-missing",
            "A Python library that is needed here is not installed: libguestfs's binding, lxml or libvirt's binding.",
            "Install the package that the hint names, for the Python that runs the module (or Ansible itself, for "
            "filters and the inventory plugin). The role `conversion_host` installs all that a conversion host needs.",
        ),
        error(
            "qemu-not-found",
            "QEMU for x86 is not installed on this machine.",
            "Install qemu-system-x86 (Debian, Ubuntu, SUSE) or qemu-kvm (Enterprise Linux, Fedora).",
        ),
        error(
            "kvm-not-usable",
            "The accelerator `kvm` was requested, and KVM does not work on this machine.",
            "Use `accelerator: auto`, which falls back to emulation, or make /dev/kvm usable for the user who runs "
            "the module.",
        ),
        error(
            "qemu-img-missing",
            "The program qemu-img is not installed on this machine.",
            "Install qemu-utils (Debian, Ubuntu) or qemu-img (Enterprise Linux, Fedora).",
        ),
        error(
            "qemu-img-failed",
            "qemu-img ended with an error. The message has the first line of its output; `qemu_img` in the result "
            "has more.",
            "Act on what qemu-img reports. Often the storage is full or unreachable, or an image is damaged.",
        ),
        error(
            "qemu-img-timeout",
            "qemu-img did not finish within the time that is ample for the amount of data. It was stopped.",
            "Check that the storage answers at all, and try again when it is less busy.",
            retryable=True,
        ),
        error(
            "no-space",
            "A file system has too little room for what is to be written to it. The guest's disks are unchanged.",
            "Make room on the file system that the message names, or select another one with `workdir` or `dest`. "
            "Room that other runs occupy becomes free when they end.",
            retryable=True,
        ),
        error(
            "host-io-failed",
            "This machine could not read or write one of its own files. The guest's disks are unchanged.",
            "Check the storage, the quota and the permissions of the file that the message names, then try again.",
        ),
        error(
            "workdir-not-usable",
            "The directory for temporary files does not exist, or cannot be written to.",
            "Create it and let the user who runs the module write to it, or select another one with `workdir`. "
            "Without `workdir`, it is the directory of the guest's disk.",
        ),
        error(
            "path-not-writable",
            "An output file (a screenshot, a console log, a report or an outcome) cannot be written.",
            "Create its directory, and let the user who runs the module write to it.",
        ),
        error(
            "progress-not-writable",
            "The file that the option `progress` names cannot be written.",
            "Create its directory, and let the user who runs the module write to it.",
        ),
        error(
            "slots-invalid",
            "`slots.count`, `copy_slots.count` or `copy_slots.per_source` is less than 1.",
            "Set `slots.count` to the number of guests that this machine may work on at the same time, at least 1, and those "
            "of `copy_slots` to the number of disks that it may copy.",
        ),
        error(
            "slots-not-usable",
            "The directory that `slots.directory` or `copy_slots.directory` names cannot hold the files by which runs share "
            "this machine.",
            "Name a directory that belongs to root or to the user who runs the module, that this user can write to, "
            "and that not everybody can write to.",
        ),
        error(
            "resume-not-possible",
            "The option `resume` was used where only the module runs. The action plugin, which implements it, was "
            "bypassed.",
            "Call the module by its full name, `virttools.guestconv.*`, or leave `resume` out.",
        ),
        error(
            "interrupted",
            "The run was interrupted by a signal. The guest's disks are unchanged, or the next conversion finishes "
            "this one.",
            "Run it again.",
            retryable=True,
        ),
        error(
            "no-result",
            "The module ended without a result, as it does when it is killed. The guest's disks are unchanged, or "
            "the next conversion finishes this one.",
            "See `module_stdout` and `module_stderr`, and whether the kernel ended the process for lack of memory. "
            "Then run it again.",
            retryable=True,
        ),
        error(
            "internal-error",
            "guestconv has a bug. The guest's disks are unchanged, or the next conversion finishes this one.",
            "Please report it with the value of `exception`, which `-vvv` displays.",
        ),
    ),
)
