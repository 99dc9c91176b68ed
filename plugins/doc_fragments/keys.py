# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option for the keys of encrypted devices."""

from __future__ import annotations


class ModuleDocFragment:
    """What opens the encrypted devices of a guest."""

    DOCUMENTATION = r"""
options:
  keys:
    description:
      - What opens the devices that the guest has encrypted with LUKS. Each item is for one device (O(keys[].device) or
        O(keys[].uuid)), or is tried on all of them (O(keys[].all)), and is either a O(keys[].passphrase) or a
        O(keys[].file).
      - A system on an encrypted device cannot be converted without the key. Data on one needs no key.
      - The keys are in no result, description or log. Keep them in a vault.
    type: list
    elements: dict
    suboptions:
      device:
        description: The guest's name of the encrypted device, such as V(/dev/sda3) or V(/dev/vg/root).
        type: str
      uuid:
        description: The UUID of the LUKS header, as C(cryptsetup luksUUID) prints it.
        type: str
      all:
        description: Whether the key is tried on all encrypted devices that no other key opens.
        type: bool
      passphrase:
        description:
          - The passphrase, as a person types it. Newlines at its end are left out.
          - Ansible hides this text wherever it occurs in the result. If the passphrase is an ordinary word such as
            C(kvm), use O(keys[].file).
        type: str
      file:
        description: A key file on the machine that runs the module, at most 8 MiB. It is used exactly as it is, including
          a newline at its end.
        type: path
"""
