# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots a guest as guestconv_verify does, with somebody at its console who types a passphrase when it is asked for."""

from __future__ import annotations

from unittest import mock

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import verification
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.machine import Machine
from tests.end_to_end import boots

# Of cryptsetup-initramfs.
_PROMPT = "Please unlock disk "


def boot(options, passphrase):
    """The values that guestconv_verify returns with these options. passphrase: what is typed."""

    class TypingMachine(Machine):
        """A machine with somebody at its console."""

        typed = 0

        def pump(self, timeout):
            super().pump(timeout)
            if self._console.text().count(_PROMPT) > self.typed:
                self.typed += 1
                self._text.sendall(passphrase.encode() + b"\n")

    disks = disks_from_option([str(disk) for disk in options["disks"]])
    with mock.patch.object(verification, "Machine", TypingMachine):
        outcome = verification.verify(
            disks, options["hardware"], options["expect"], verification.Settings(timeout=1800)
        )
    result = outcome.as_dict()
    boots.record(options, result)
    return result
