#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_convert
short_description: Make a virtual machine's disks boot on another hypervisor
version_added: 0.1.0
description:
  - Makes a guest match a description that M(virttools.guestconv.guestconv_inspect) returned and the playbook altered.
    Kernel and initrd, boot loader, fstab, network cards' names, console, display and the old hypervisor's tools follow
    the drivers chosen in it.
  - Without O(guest) it inspects and converts with the recommended drivers, in one launch of the appliance.
  - It works on overlays. The disks are changed only by a finished conversion, under a journal, so that an interrupted
    run leaves them as they were, or is finished by the next one.
  - When something else writes to a disk during the conversion, this fails with the code V(disk-changed) and changes
    nothing. What other machines write to a shared block device is not noticed.
  - Converting a converted guest changes nothing.
extends_documentation_fragment:
  - virttools.guestconv.attributes
  - virttools.guestconv.disks
  - virttools.guestconv.source
  - virttools.guestconv.appliance
  - virttools.guestconv.progress
attributes:
  check_mode:
    support: full
    details: The conversion really runs, on overlays that are thrown away.
  diff_mode:
    support: full
    details: The diff has the guest's text files. It is returned in every mode.
options:
  guest:
    description:
      - The description of the guest, as a dict or as XML. Only its V(devices) may be altered.
      - A device deleted from it is unconfigured in the guest.
    type: raw
  target:
    description: The hypervisor that the guest goes to. With O(guest) it is the one that the description names.
    type: str
    choices: [kvm, vmware]
    default: kvm
  root:
    description:
      - The only operating system to convert, when the disks hold several and O(guest) is not given.
      - With O(guest) it is the ones in the description.
    type: str
  dest:
    description:
      - A directory to write the converted disks to, under their own names. O(disks) are not touched then.
      - By default O(disks) are converted in place, which VMDK disks cannot be that are compressed, or sparse and in
        several files, nor files with several hard links.
      - In place, a VDI, a VHDX, a dynamic VHD and a sparse VMDK are replaced by a whole converted image of the same kind,
        for which there must be room where the disk is.
    type: path
  dest_format:
    description: The format of the disks in O(dest). By default that of the disk, or qcow2 if QEMU writes that badly.
    type: str
    choices: [qcow2, raw]
  initrd:
    description:
      - How an initrd that lacks a driver for the target gets it.
      - V(supplement) appends an archive with the driver to it, which the kernel unpacks over the rest.
      - V(rebuild) has the guest's own tool make it anew, which takes minutes where the appliance is emulated.
      - V(auto) supplements where that is sound, and rebuilds elsewhere.
      - An initrd that lacks nothing is left alone.
    type: str
    choices: [auto, supplement, rebuild]
    default: auto
seealso:
  - module: virttools.guestconv.guestconv_inspect
  - module: virttools.guestconv.guestconv_verify
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Convert a disk in place, with the recommended drivers
  virttools.guestconv.guestconv_convert:
    disks:
      - /exports/web01.qcow2
  register: converted

- name: Inspect a disk, so as to choose its drivers
  virttools.guestconv.guestconv_inspect:
    disks:
      - /exports/web02.qcow2
  register: inspected

- name: Convert it with an e1000 network card
  virttools.guestconv.guestconv_convert:
    disks:
      - /exports/web02.qcow2
    guest: "{{ inspected.guest | combine({'devices': {'network': {'ens192': {'driver': 'e1000'}}}}, recursive=True) }}"
  register: converted

- name: Convert a copy, and leave the disk of the old hypervisor alone
  virttools.guestconv.guestconv_convert:
    disks:
      - path: /exports/db01.vmdk
        format: vmdk
    dest: /var/lib/libvirt/images
    dest_format: qcow2
"""

RETURN = r"""
changes:
  description: What was done to the guest, in order.
  returned: success
  type: list
  elements: dict
  contains:
    root:
      description: The operating system that was changed.
      type: str
      sample: /dev/sda1
    aspect:
      description: What it was about.
      type: str
      sample: storage
    action:
      description: V(created), V(changed) or V(removed) a file, or V(ran) a program of the guest's.
      type: str
      sample: changed
    path:
      description: The file in the guest.
      type: str
      sample: /etc/fstab
    detail:
      description: What for.
      type: str
diff:
  description: The changes to text files, as Ansible shows them with C(--diff).
  returned: success
  type: list
  elements: dict
disks:
  description: The paths of the converted disks.
  returned: success
  type: list
  elements: str
  sample: [/exports/web01.qcow2]
guest:
  description: The description that the guest was converted by; see M(virttools.guestconv.guestconv_inspect).
  returned: success
  type: dict
hardware:
  description: What the target's virtual machine must offer.
  returned: success
  type: dict
  contains:
    firmware:
      description: V(bios) or V(uefi).
      type: str
      sample: bios
    machine:
      description: QEMU's machine type.
      type: str
      sample: q35
    disks:
      description: Per disk its V(device), V(driver), V(bus), V(boot_order) and V(name_on_target).
      type: list
      elements: dict
    interfaces:
      description: Per network card its V(name), V(driver), V(mac), V(addresses) and V(gateway).
      type: list
      elements: dict
    cpus:
      description: The number of processors that the source has, where O(hardware) or O(guest) says it.
      type: int
      returned: when known
    memory:
      description: The memory that the source has, in MiB, where O(hardware) or O(guest) says it.
      type: int
      returned: when known
    video:
      description: The V(driver) of the display, or nothing.
      type: dict
    console:
      description: The V(driver) of the console, or nothing.
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
    - "The description: V(description-changed), V(description-unknown-key), V(description-incomplete),
      V(description-malformed), V(description-schema), V(description-outdated), V(description-of-another-guest),
      V(driver-not-available), V(device-required), or one that begins with V(xml-)."
    - "The conversion: V(boot-full), V(guest-command-failed), V(guest-file-not-saved), V(initrd-not-complete) and others
      that begin with V(initrd-)."
    - "What it is written to: V(disk-not-writable), V(format-not-writable), V(disk-changed), V(disk-linked),
      V(dest-not-usable), V(dest-exists), V(journal-pending), V(journal-broken), V(journal-other-disks),
      V(state-of-another-user), V(commit-incomplete), V(interrupted)."
  returned: failure
  type: str
  sample: driver-not-available
hint:
  description: What to do about it.
  returned: failure
  type: str
path:
  description: The option at fault, such as V(disks[0]) or V(guest.devices.network.ens192.driver); empty when none is.
  returned: failure
  type: str
concerns:
  description: The concerns of severity error, as in C(guest.concerns).
  returned: failure, when the guest is not convertible
  type: list
  elements: dict
allowed:
  description: The drivers that the device at RV(path) can have.
  returned: failure, when another was chosen
  type: list
  elements: str
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
  sample: {steps: [{step: launch, seconds: 4.2}], launches: 1, commands: 3, calls: 161}
warnings:
  description: What a person should know of this run, such as that it was emulated.
  returned: when there is something
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import convert

ARGUMENT_SPEC = {
    "disks": argument_specs.DISKS,
    "guest": {"type": "raw"},
    "target": argument_specs.TARGET,
    "hardware": argument_specs.HARDWARE,
    "root": {"type": "str"},
    "dest": {"type": "path"},
    "dest_format": {"type": "str", "choices": ["qcow2", "raw"]},
    "initrd": {"type": "str", "default": "auto", "choices": ["auto", "supplement", "rebuild"]},
    **argument_specs.APPLIANCE,
    **argument_specs.PROGRESS,
}


def main() -> None:
    run_long_module(ARGUMENT_SPEC, convert.convert, steps=convert.STEPS)


if __name__ == "__main__":
    main()
