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
    description:
      - Whether the machine has a TPM, which is new and empty. Keys in the TPM of the source are not moved.
      - It has one in any case if C(tpm) of the hardware is V(true), as of a Windows guest that had one on the source.
    type: bool
    default: false
  storage_map:
    description:
      - The storages by the name that the source has for them, which is in C(disks[].storage) of the hardware, such as a
        datastore.
      - A key is such a name, or a pattern of it (V(ssd-*)), or V(default). The name itself takes precedence, then the
        pattern with the most letters, then V(default). A name without an entry is an error.
      - A value is a name, or a dictionary with one key. For libvirt this is the V(pool), in which the disk is the volume
        with the name of its file. For KubeVirt it is the V(storage_class) of a data volume that the virtual machine
        creates, for each volume that is a V(data_volume), which must have a V(size); a V(claim) exists already, and stays
        where it is. For OpenStack it is the V(volume_type), which only
        the disk that boots has in the properties of the image. For Proxmox VE it is the V(storage) to which a disk is
        imported.
    type: dict
"""
