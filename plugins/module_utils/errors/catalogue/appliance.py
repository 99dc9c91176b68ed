# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about libguestfs's appliance."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "The appliance",
    "guestconv works on disks inside libguestfs's appliance, a small virtual machine on the machine that runs the "
    "module.",
    (
        error(
            "appliance-launch-failed",
            "libguestfs's appliance did not start.",
            "Run `libguestfs-test-tool` on that machine: its output gives the reason. On Ubuntu the kernel must be "
            "readable (`chmod 0644 /boot/vmlinuz-*`). A machine that is short of memory can succeed later.",
            retryable=True,
        ),
        error(
            "appliance-no-progress",
            "Nothing came from the appliance for so long while it started that it cannot have been at work. It was "
            "stopped. The guest's disks are unchanged.",
            "With the accelerator `kvm` this is a machine whose KVM cannot run a kernel: use `auto` or `tcg`. Otherwise "
            "run `libguestfs-test-tool` on that machine, and see that it has processors and memory to spare.",
            retryable=True,
        ),
        error(
            "appliance-not-found",
            "The directory that `fixed_appliance` names does not hold a complete fixed appliance.",
            "Create it with `libguestfs-make-fixed-appliance DIRECTORY`.",
        ),
        error(
            "appliance-call-failed",
            "A call to libguestfs failed. The message is libguestfs's own. The guest's disks are unchanged.",
            "Start the guest on its old hypervisor, let it check its filesystems, and shut it down. If that does not "
            "help, set `trace` and report what it recorded.",
        ),
        error(
            "memory-invalid",
            "The appliance cannot have the amount of memory that `memory` requests.",
            "Leave `memory` out, or set it to 1024 (MiB) or more.",
        ),
        error(
            "timeout",
            "The appliance was still working when `timeout` expired, and was stopped. The guest's disks are unchanged.",
            "Increase `timeout`. Set `trace` to see which call takes so long.",
            retryable=True,
        ),
        error(
            "trace-not-writable",
            "The file that the option `trace` names cannot be written.",
            "Create its directory, and let the user who runs the module write to it.",
        ),
    ),
)
