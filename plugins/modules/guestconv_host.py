#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_host
short_description: Check whether a machine can convert guests, and how many at once
version_added: 0.1.0
description:
  - Checks the requirements of the other modules on the machine that they run on, before the first of many guests fails
    there.
  - The module changes nothing.
extends_documentation_fragment:
  - virttools.guestconv.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
options:
  images:
    description: The directory for the guests' disks.
    type: path
    required: true
  free:
    description: How many GiB must be free in O(images).
    type: int
    default: 0
  slots_per_core:
    description: How many conversions to run at once per processor.
    type: float
    default: 1.0
  gib_per_slot:
    description: How much memory each conversion needs, in GiB.
    type: float
    default: 1.5
  slot_directory:
    description: The directory of the slots, which is returned in RV(slots).
    type: path
    default: /run/lock/guestconv
requirements:
  - libguestfs, with its Python binding (python3-guestfs or python3-libguestfs)
  - lxml
  - QEMU for x86
seealso:
  - module: virttools.guestconv.guestconv_convert
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Check that this machine can convert guests
  virttools.guestconv.guestconv_host:
    images: /srv/guests
    free: 100
  register: machine

- name: Convert a guest in one of the slots of the machine
  virttools.guestconv.guestconv_convert:
    disks: [/srv/guests/web01.qcow2]
    slots: "{{ machine.slots }}"
"""

RETURN = r"""
accelerator:
  description: How QEMU runs virtual machines on this machine. Either V(kvm), or V(tcg), which is emulation and many
    times slower.
  returned: success
  type: str
  sample: kvm
emulated_because:
  description: The reason why KVM cannot be used on this machine, as a sentence. Empty if a kernel has started on it.
  returned: success
  type: str
  version_added: 0.1.0
  sample: ""
libguestfs:
  description: The version of libguestfs.
  returned: success
  type: str
  sample: 1.48.6
free:
  description: The free space in O(images), in GiB.
  returned: success
  type: float
  sample: 411.2
slots:
  description: How many conversions can run at once, in the form of the option
    O(virttools.guestconv.guestconv_convert#module:slots).
  returned: success
  type: dict
  sample: {count: 4, directory: /run/lock/guestconv}
code:
  description: Identifies the error, for example V(images-not-usable), V(images-full), V(qemu-not-found) or
    V(library-missing).
  returned: failure
  type: str
  sample: images-full
hint:
  description: What to do about the error.
  returned: failure
  type: str
path:
  description: The option that is wrong, if the error concerns one.
  returned: failure
  type: str
warnings:
  description: What you should know about this machine, for example that KVM does not work.
  returned: when there are warnings
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import host

ARGUMENT_SPEC = {
    "images": {"type": "path", "required": True},
    "free": {"type": "int", "default": 0},
    "slots_per_core": {"type": "float", "default": 1.0},
    "gib_per_slot": {"type": "float", "default": 1.5},
    "slot_directory": {"type": "path", "default": "/run/lock/guestconv"},
}


def main() -> None:
    run_module(ARGUMENT_SPEC, host.check)


if __name__ == "__main__":
    main()
