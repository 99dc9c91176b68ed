#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_inspect
short_description: Describe a guest, and the devices that it can use on another hypervisor
version_added: 0.1.0
description:
  - Opens the disks of one guest in libguestfs's appliance, without writing to them, and returns a description of the
    guest. For each device, the description lists the drivers that the guest can use on the target.
  - Alter V(devices) and V(tools) of the description in the playbook, and pass it to M(virttools.guestconv.guestconv_convert), which
    changes the guest to match it.
extends_documentation_fragment:
  - virttools.guestconv.target
  - virttools.guestconv.attributes
  - virttools.guestconv.disks
  - virttools.guestconv.keys
  - virttools.guestconv.tools
  - virttools.guestconv.virtio_win
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
    description: The hypervisor, platform or cloud that the guest goes to.
  root:
    description: The only operating system to inspect, by its key in RV(guest.roots), if the disks contain several.
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
- name: Inspect a disk that comes from VMware
  virttools.guestconv.guestconv_inspect:
    disks:
      - /exports/web01.qcow2
  register: inspected

- name: Show the choices for its network cards
  ansible.builtin.debug:
    var: inspected.guest.choices.network

- name: Inspect a guest with two disks, with the network cards that vCenter reports
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

- name: Inspect a guest with an encrypted root
  virttools.guestconv.guestconv_inspect:
    disks:
      - /exports/web02.qcow2
    keys:
      - device: /dev/sda3
        passphrase: "{{ vault_web02_disk }}"
  register: inspected
"""

RETURN = r"""
guest:
  description: The description of the guest. Its schema is the collection's C(docs/guest.schema.json).
  returned: success
  type: dict
  contains:
    schema:
      description: The version of the description's schema.
      type: int
      sample: 1
    fingerprint:
      description: Identifies the disks. Convert refuses a description with the fingerprint of other disks.
      type: str
      sample: sha256:0f5c...
    checksum:
      description: The checksum of everything that must not be altered.
      type: str
      sample: sha256:77ab...
    checksums:
      description: For each key of the description that may not be altered, the checksum of its value.
      type: dict
      sample: {boot: sha256:1c5e...}
    target:
      description: The hypervisor, platform or cloud that the guest goes to.
      type: str
      sample: kvm
    convertible:
      description: Whether the guest can be converted. True if no concern has the severity V(error).
      type: bool
      sample: true
    concerns:
      description: What you should know before you convert the guest. Each concern has V(code), V(severity), V(message),
        V(hint).
      type: list
      elements: dict
    hardware:
      description: The value of the option O(hardware).
      type: dict
    boot:
      description: The firmware, and the boot loader of each disk.
      type: dict
    transform:
      description: The changes to the layout of the disks that conversion will make. Each has a V(name) and the V(disk);
        a V(partition-table) also has V(grows_by), the bytes by which the disk grows.
      type: list
      elements: dict
    roots:
      description: For each operating system, its facts (V(info)) and kernels.
      type: dict
    devices:
      description: "For each kind (V(network), V(block), V(graphics), V(console)) and each device, the selected
        V(driver). This is the part that a playbook may alter. A device that is deleted is unconfigured in the guest."
      type: dict
      sample: {network: {ens192: {driver: virtio-net-pci}}}
    tools:
      description: The tools of hypervisors and agents of clouds that were found, except those of the target, and what
        conversion does about each, as in O(tools). A playbook may alter it.
      type: dict
      sample: {vmware: remove, remove_dependencies: false}
    current:
      description: For each device, what was found.
      type: dict
    choices:
      description: For each device, the drivers that this guest can use on the target.
      type: dict
      sample: {network: {ens192: {driver: [virtio-net-pci, e1000e, e1000]}}}
    unavailable:
      description: For each device, the drivers of the target that this guest cannot use, with the reasons.
      type: dict
code:
  description:
    - Identifies the error. Codes are stable. The collection's C(docs/errors.md) explains each one.
    - "The guest: V(no-operating-system), V(root-not-found), V(os-not-supported), V(no-driver) and the code of every
      other concern of severity error, V(guest-file-malformed), V(guest-file-too-large), V(guest-text-not-utf-8),
      V(network-configuration-malformed)."
    - "The disks: V(disk-not-found), V(disk-in-use), V(disk-busy), V(disk-encrypted), V(disk-corrupt),
      V(format-ambiguous), V(format-mismatch), V(backing-file-not-named), V(disk-option-invalid), and others that begin
      with V(disk-)."
    - "Encrypted devices: V(key-invalid), V(key-file-not-readable), V(key-wrong), V(encryption-not-supported),
      V(encryption-needs-memory)."
    - "The machine: V(appliance-launch-failed), V(appliance-call-failed), V(timeout), V(no-space), V(host-io-failed),
      V(library-missing), V(kvm-not-usable), V(qemu-img-failed), V(workdir-not-usable), V(memory-invalid)."
    - "An interrupted conversion: V(journal-broken), V(journal-other-disks), V(state-of-another-user)."
  returned: failure
  type: str
  sample: disk-not-found
hint:
  description: What to do about the error.
  returned: failure
  type: str
path:
  description: The option that is wrong, such as V(disks[0]). Empty if the error does not concern an option.
  returned: failure
  type: str
resumed:
  description: Whether this is the kept result of an earlier run.
  returned: when O(resume) is set
  type: bool
retryable:
  description: Whether the same call may succeed later, for example when the machine is less busy.
  returned: failure
  type: bool
xml:
  description: The same description as in RV(guest), as an XML document.
  returned: success
  type: str
timeline:
  description: The seconds of each step, and the numbers of appliance launches, libguestfs calls, and guest programs
    run.
  returned: success
  type: dict
  sample: {steps: [{step: launch, seconds: 4.2}], launches: 1, commands: 0, calls: 61}
warnings:
  description: What you should know about this run, for example that it was emulated.
  returned: when there are warnings
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import inspect

ARGUMENT_SPEC = {
    "disks": argument_specs.DISKS,
    "keys": argument_specs.KEYS,
    "tools": argument_specs.TOOLS,
    "virtio_win": argument_specs.VIRTIO_WIN,
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
