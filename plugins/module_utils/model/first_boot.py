# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done once, at a guest's first boot on the target."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

# What the machine of guestconv_verify has as the asset tag of its chassis (SMBIOS, type 3): its boots do not count.
VERIFY_TAG = "guestconv-verify"

# What the script of a Windows guest writes to the first serial port when it ends, after "guestconv: ".
WINDOWS_DONE = "All steps are done"
WINDOWS_LEFT = "Some steps "


@dataclass(frozen=True)
class PackageFile:
    """A package that the user gives. name: of its file. kind: the format of the package: "deb", "rpm", "apk", "pacman" or "msi"."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class FirstBoot:
    """The option first_boot.

    script: the user's; b"" for none. packages: names that the guest's own package manager is to install. files: packages
    that the user gives. agent: whether the target's agent is to be installed.
    """

    script: bytes = field(default=b"", repr=False)
    packages: tuple[str, ...] = ()
    files: tuple[PackageFile, ...] = ()
    agent: bool = False

    @property
    def checksum(self) -> str:
        """Of all that was asked for, in hexadecimal: a guest that has done it is not asked again."""
        digest = hashlib.sha256()
        texts = [self.script, repr((self.packages, self.agent)).encode()]
        for content in (*texts, *(part for each in self.files for part in (each.name.encode(), each.content))):
            digest.update(b"%d:" % len(content) + content)
        return digest.hexdigest()
