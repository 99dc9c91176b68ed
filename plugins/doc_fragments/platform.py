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
      - The hardware that the guest was converted for, as in RV(virttools.guestconv.guestconv_convert#module:hardware).
    type: dict
    required: true
  name:
    description: The name of the virtual machine.
    type: str
    required: true
  memory:
    description:
      - The memory in MiB. By default the C(memory) of the hardware, or 1024, with which
        M(virttools.guestconv.guestconv_verify) boots a guest.
    type: int
  cpus:
    description:
      - The number of processors. By default the C(cpus) of the hardware, or 1, like
        M(virttools.guestconv.guestconv_verify).
    type: int
  networks:
    description:
      - The networks of cards that are not on O(network). A key is the name of a card in the guest (V(ens192)), or its
        MAC address. A value is as for O(network).
    type: dict
"""
