# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of all filters that define a converted guest, whether as a virtual machine or as an image."""

from __future__ import annotations


class ModuleDocFragment:
    """What the firmware has, and the maps of a fleet."""

    DOCUMENTATION = r"""
options:
  secure_boot:
    description:
      - Whether the firmware has secure boot. The guest must boot by UEFI, and all programs that it boots with must
        be signed. M(virttools.guestconv.guestconv_verify) boots without secure boot.
    type: bool
    default: false
  tpm:
    description: Whether the machine has a TPM, which is new and empty. Keys in the TPM of the source are not moved.
    type: bool
    default: false
"""
