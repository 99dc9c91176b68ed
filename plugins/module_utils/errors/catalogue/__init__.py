# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code that a user can meet, declared once: what it means, and what to do about it.

A code belongs to an error (a failed module, filter or action), to a concern of a description, or to both. To add one,
declare it in the file of its subject and run script/record-contract, which writes docs/errors.md as well. Codes are
stable: a declaration is never taken away, as scripts may depend on it.
"""

from __future__ import annotations

from . import (
    appliance,
    boot,
    description,
    disks,
    drivers,
    encryption,
    first_boot,
    fleet,
    guest,
    initrd,
    machine,
    network,
    sources,
    targets,
    tools,
    verify,
    windows,
    writing,
)
from .declaration import Declaration, Subject

# In the order in which a user meets them.
SUBJECTS: tuple[Subject, ...] = (
    machine.SUBJECT,
    fleet.SUBJECT,
    sources.SUBJECT,
    disks.SUBJECT,
    appliance.SUBJECT,
    guest.SUBJECT,
    encryption.SUBJECT,
    boot.SUBJECT,
    initrd.SUBJECT,
    network.SUBJECT,
    drivers.SUBJECT,
    tools.SUBJECT,
    windows.SUBJECT,
    description.SUBJECT,
    first_boot.SUBJECT,
    writing.SUBJECT,
    targets.SUBJECT,
    verify.SUBJECT,
)

DECLARED: dict[str, Declaration] = {one.code: one for subject in SUBJECTS for one in subject.declarations}

# What an error has in place of a code that is not declared. A test sees that none is left.
UNDECLARED = DECLARED["internal-error"]


def declaration(code: str) -> Declaration:
    """The Declaration of code; that of `internal-error` when there is none."""
    return DECLARED.get(code, UNDECLARED)
