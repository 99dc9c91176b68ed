# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workshops in which guests are made have in common."""

from __future__ import annotations

from pathlib import Path

SECTORS = 2048  # 512-byte sectors in a MiB
DEVICE_MAP = "/boot/grub/device.map"
GRUB_CFG = "/boot/grub/grub.cfg"
GPT_TYPES = {"bios": "21686148-6449-6E6F-744E-656564454649", "esp": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"}


class GuestFiles:
    """The files of a guest in the appliance, its filesystems mounted."""

    def __init__(self, appliance):
        self.appliance = appliance

    def read(self, path):
        return self.appliance.read_file(path).decode()

    def write(self, path, text):
        """text: or bytes."""
        self.appliance.mkdir_p(str(Path(path).parent))
        self.appliance.write(path, text if isinstance(text, bytes) else text.encode())

    def edit(self, path, *replacements):
        """Replace (old, new) texts that must be there."""
        text = self.read(path)
        for old, new in replacements:
            assert old in text, (path, old)
            text = text.replace(old, new)
        self.write(path, text)
