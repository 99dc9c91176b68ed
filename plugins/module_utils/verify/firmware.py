# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the UEFI firmware (OVMF) of the distributions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import GuestconvError


@dataclass(frozen=True)
class Firmware:
    """A UEFI firmware without secure boot: paths of its code and its variables; format is QEMU's (raw, qcow2)."""

    code: str
    variables: str
    format: str = "raw"


# Where each distribution has it. Debian and Ubuntu; EL and Fedora; SUSE; Arch; the one that QEMU itself installs.
FIRMWARES = (
    Firmware("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    Firmware("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    Firmware("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    Firmware("/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2", "/usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2", "qcow2"),
    Firmware("/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"),
    Firmware("/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"),
    Firmware("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    Firmware("/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd"),
)


def prepare(directory: str, candidates: Iterable[Firmware] = FIRMWARES) -> Firmware:
    """The first of candidates (Firmware) that this host has, its variables copied into directory to be written to.

    The copy is empty of boot entries, as on a target that the guest is new to: its fallback loader has to do.
    Raises GuestconvError `uefi-firmware-not-found`.
    """
    for firmware in candidates:
        if os.path.exists(firmware.code) and os.path.exists(firmware.variables):
            copy = os.path.join(directory, "uefi-variables")
            shutil.copyfile(firmware.variables, copy)
            return replace(firmware, variables=copy)
    raise GuestconvError(
        "uefi-firmware-not-found",
        "The guest boots by UEFI, and this host has no UEFI firmware for QEMU.",
        hint="Install ovmf (Debian, Ubuntu), edk2-ovmf (EL, Fedora, Arch) or qemu-ovmf-x86_64 (SUSE).",
    )
