# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rpm."""

from __future__ import annotations

from .manager import Application, Door, epoch_number


class Rpm:
    """rpm, in a mounted root."""

    FORMAT = "rpm"

    _FIELDS = 5

    def __init__(self, root: Door) -> None:
        self._root = root

    def applications(self) -> list[Application]:
        """The installed packages. Raises GuestconvError."""
        # rpm writes (none) for a tag that a package does not have, and a tab and newline for \t and \n.
        fields = r"%{NAME}\t%{EPOCH}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\n"
        printed = self._root.ask(["rpm", "-qa", "--queryformat", fields])
        found = []
        for line in printed.split("\n"):
            words = [None if word == "(none)" else word for word in line.split("\t")]
            # The public keys that rpm trusts stand in its database as if they were packages.
            if len(words) == self._FIELDS and words[0] != "gpg-pubkey":
                name, epoch, version, release, arch = words
                found.append(
                    Application(
                        name=name or "",
                        epoch=epoch_number(epoch),
                        version=version or "",
                        release=release,
                        arch=arch,
                    )
                )
        return found

    def removal(self) -> None:
        """None: what conversion does not remove, it names in a concern."""
        return
