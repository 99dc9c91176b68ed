# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about what is to be done at a guest's first boot on the target."""

from __future__ import annotations

from .declaration import Subject, error

SUBJECT = Subject(
    "The first boot",
    "The option `first_boot`: a script, packages and the target's agent.",
    (
        error(
            "first-boot-invalid",
            "What the option `first_boot` gives cannot be used: a file that cannot be read, a script that no guest can "
            "run, or what is not the name of a package.",
            "Correct the suboption that `path` names. Files must be on the machine that runs the module.",
        ),
        error(
            "first-boot-not-possible",
            "The guest cannot do what the option `first_boot` asks for: its init or its package manager is not known, a "
            "package is of another format, or the program that the script names is not there. It may also be the target, "
            "which has no agent.",
            "Change the option for this guest, or leave it out. Nothing was changed.",
        ),
    ),
)
