# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters that define a virtual machine take, whatever the platform."""

from __future__ import annotations


class ModuleDocFragment:
    """The hardware, and its size."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The hardware that the guest was converted for, as
        RV(virttools.guestconv.guestconv_convert#module:hardware) says.
    type: dict
    required: true
  name:
    description: The name of the virtual machine.
    type: str
    required: true
  memory:
    description:
      - The memory in MiB. By default what the hardware says of it, as C(memory); else 1024, which is what
        M(virttools.guestconv.guestconv_verify) boots a guest with.
    type: int
  cpus:
    description:
      - The number of processors. By default what the hardware says of it, as C(cpus); else 1, as
        M(virttools.guestconv.guestconv_verify) does.
    type: int
  networks:
    description:
      - What the network cards are plugged into that are not on O(network). A key is the name that the guest has for a
        card (V(ens192)), or its MAC address; a value is one that O(network) could have.
    type: dict
"""
