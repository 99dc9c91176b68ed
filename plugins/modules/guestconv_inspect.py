#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_inspect
short_description: Describe a virtual machine's disks, and the devices it could use on another hypervisor
version_added: 0.1.0
description:
  - Opens the disks of one guest in libguestfs's appliance, without writing to them, and returns a description of the
    guest, with the drivers that it could use on the target for each of its devices.
  - Alter its V(devices) in the playbook and pass the description to M(virttools.guestconv.guestconv_convert),
    which makes the guest match it.
extends_documentation_fragment:
  - virttools.guestconv.attributes
  - virttools.guestconv.disks
  - virttools.guestconv.source
  - virttools.guestconv.appliance
  - virttools.guestconv.progress
attributes:
  check_mode:
    support: full
    details: The module never changes anything.
  diff_mode:
    support: none
    details: The module never changes anything.
options:
  target:
    description: The hypervisor that the guest goes to.
    type: str
    choices: [kvm, vmware]
    default: kvm
  root:
    description: The only operating system to look at, as named in RV(guest.roots), when the disks hold several.
    type: str
  applications:
    description: Whether to list the installed packages of each root in RV(guest.roots).
    type: bool
    default: false
seealso:
  - module: virttools.guestconv.guestconv_convert
  - module: virttools.guestconv.guestconv_verify
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: See what is on a disk that comes from VMware
  virttools.guestconv.guestconv_inspect:
    disks:
      - /exports/web01.qcow2
  register: inspected

- name: Show what could be chosen for its network cards
  ansible.builtin.debug:
    var: inspected.guest.choices.network

- name: Describe a guest of two disks, with what vCenter says of its network cards
  virttools.guestconv.guestconv_inspect:
    disks:
      - path: /exports/db01.vmdk
        device: sda
      - path: /exports/db01_1.vmdk
        device: sdb
    target: kvm
    hardware:
      firmware: bios
      interfaces:
        - mac: "00:50:56:aa:bb:cc"
          addresses: [10.0.2.15]
  register: inspected
"""

RETURN = r"""
guest:
  description: The description of the guest; its schema is in the collection's C(docs/guest.schema.json).
  returned: success
  type: dict
  contains:
    schema:
      description: The version of the description's schema.
      type: int
      sample: 1
    fingerprint:
      description: The identity of the disks. Convert refuses the description of other disks.
      type: str
      sample: sha256:0f5c...
    checksum:
      description: Over all that may not be altered.
      type: str
      sample: sha256:77ab...
    checksums:
      description: For each key of the description that may not be altered, the checksum of its value.
      type: dict
      sample: {boot: sha256:1c5e...}
    target:
      description: The hypervisor that the guest goes to.
      type: str
      sample: kvm
    convertible:
      description: Whether the guest can be converted, that is, whether no concern is an error.
      type: bool
      sample: true
    concerns:
      description: What a person should know before converting, as dicts with V(code), V(severity), V(message), V(hint).
      type: list
      elements: dict
    hardware:
      description: The option O(hardware).
      type: dict
    boot:
      description: The firmware, and the boot loader of each disk.
      type: dict
    transform:
      description: The changes to the disks' layout that conversion will make.
      type: list
      elements: dict
    roots:
      description: Per operating system, facts (V(info)) and kernels.
      type: dict
    devices:
      description: "Per kind (V(network), V(block), V(graphics), V(console)) and device the selected V(driver). This is
        what a playbook alters; what it deletes is unconfigured in the guest."
      type: dict
      sample: {network: {ens192: {driver: virtio-net-pci}}}
    current:
      description: Per device what was found.
      type: dict
    choices:
      description: Per device the drivers that this guest can use on the target.
      type: dict
      sample: {network: {ens192: {driver: [virtio-net-pci, e1000e, e1000]}}}
    unavailable:
      description: Per device the drivers of the target that this guest cannot use, and why.
      type: dict
code:
  description:
    - What went wrong; these words are stable.
    - "The guest: V(no-operating-system), V(root-not-found), V(os-not-supported), V(no-driver) and the code of every other
      concern of severity error, V(guest-file-malformed), V(guest-file-too-large), V(guest-text-not-utf-8),
      V(network-configuration-malformed)."
    - "The disks: V(disk-not-found), V(disk-in-use), V(disk-busy), V(disk-encrypted), V(disk-corrupt),
      V(format-ambiguous), V(format-mismatch), V(backing-file-not-named), V(disk-option-invalid), and others that begin
      with V(disk-)."
    - "The machine: V(appliance-launch-failed), V(appliance-call-failed), V(timeout), V(no-space), V(host-io-failed),
      V(library-missing), V(kvm-not-usable), V(qemu-img-failed), V(workdir-not-usable), V(memory-invalid)."
    - "A conversion that was interrupted: V(journal-broken), V(journal-other-disks), V(state-of-another-user)."
  returned: failure
  type: str
  sample: disk-not-found
hint:
  description: What to do about it.
  returned: failure
  type: str
path:
  description: The option at fault, such as V(disks[0]); empty when none is.
  returned: failure
  type: str
resumed:
  description: Whether this is the kept result of an earlier run.
  returned: when O(resume) was given
  type: bool
retryable:
  description: Whether the same may go well when it is tried again later, as on a machine that is less busy.
  returned: failure
  type: bool
xml:
  description: The same as RV(guest), as an XML document.
  returned: success
  type: str
timeline:
  description: Seconds per step, and the number of the appliance's launches, calls, and of commands run in the guest.
  returned: success
  type: dict
  sample: {steps: [{step: launch, seconds: 4.2}], launches: 1, commands: 0, calls: 61}
warnings:
  description: What a person should know of this run, such as that it was emulated.
  returned: when there is something
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import inspect

ARGUMENT_SPEC = {
    "disks": argument_specs.DISKS,
    "target": argument_specs.TARGET,
    "hardware": argument_specs.HARDWARE,
    "root": {"type": "str"},
    "applications": {"type": "bool", "default": False},
    **argument_specs.APPLIANCE,
    **argument_specs.PROGRESS,
}


def main() -> None:
    run_long_module(ARGUMENT_SPEC, inspect.inspect, steps=inspect.STEPS)


if __name__ == "__main__":
    main()
