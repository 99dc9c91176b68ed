# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-boot as the UEFI fallback."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.systemd_boot import fallback


def test_it_is_the_program_of_the_machine():
    names = {"systemd-bootx64.efi": "systemd-bootx64.EFI", "systemd-bootaa64.efi": "systemd-bootaa64.efi"}
    assert fallback.by_systemd_boot(names, "x64") == ["systemd-bootx64.EFI"]
    assert fallback.by_systemd_boot(names, "ia32") == []
