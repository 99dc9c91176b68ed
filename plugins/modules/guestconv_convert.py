#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_convert
short_description: Convert a guest so that it boots on another hypervisor
version_added: 0.1.0
description:
  - Changes a guest to match a description that M(virttools.guestconv.guestconv_inspect) returned and the playbook
    altered. The chosen drivers determine the changes to the kernel and initrd, boot loader, fstab, names of network
    cards, console, display, and the old hypervisor's tools.
  - Without O(guest), the module inspects the guest and converts it with the recommended drivers, in one launch of the
    appliance.
  - The conversion works on overlays. The disks are changed only by a finished conversion, under a journal. If a run is
    interrupted, the disks are unchanged, or the next run finishes the conversion.
  - If something else writes to a disk during the conversion, the module fails with the code V(disk-changed) and changes
    nothing. It does not detect writes of other machines to a shared block device.
  - Converting a guest again changes nothing.
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
    details: The conversion really runs, on overlays that are thrown away.
  diff_mode:
    support: full
    details: The diff contains the guest's text files. It is returned in every mode.
options:
  guest:
    description:
      - The description of the guest, as a dict or as XML. Only V(devices) and V(tools) may be altered.
      - A device that is deleted from V(devices) is unconfigured in the guest.
      - V(tools) of the description has the effect of O(tools), which is ignored if there is a description.
    type: raw
  target:
    description: The hypervisor, platform or cloud that the guest goes to. If O(guest) is set, the description determines it.
  root:
    description:
      - The only operating system to convert, if the disks contain several and O(guest) is not set.
      - If O(guest) is set, the operating systems in the description are converted.
    type: str
  dest:
    description:
      - A directory for the converted disks, which keep their names. O(disks) are not changed.
      - Or a list with a block device or an NBD export (C(nbd://HOST:PORT/EXPORT),
        C(nbd+unix:///EXPORT?socket=PATH)) for each disk, in the order of O(disks). One disk needs no list. The disks
        there are raw. What was there is overwritten, and what is longer than the disk becomes zero. A device that is
        mounted or in use on this machine is refused with the code V(dest-in-use), one that is too small with
        V(dest-too-small). A copy that was interrupted begins with zeroes, so it looks like no disk.
      - By default, O(disks) are converted in place. This is not possible for VMDK disks that are compressed, or that
        are sparse and consist of several files, and for files with several hard links.
      - In place, a VDI, a VHDX, a dynamic VHD and a sparse VMDK are replaced by a complete converted image of the same
        kind. The directory of the disk must have enough free space for it.
    type: raw
  dest_format:
    description: The format of the disks in O(dest). The default is the format of the disk, or qcow2 if QEMU writes that
      format poorly; V(raw) on block devices and NBD exports.
    type: str
    choices: [qcow2, raw]
  initrd:
    description:
      - How a missing driver for the target is added to an initrd.
      - V(supplement) appends an archive with the driver to the initrd. The kernel unpacks the archive over the rest.
      - V(rebuild) runs the guest's own tool, which takes minutes if the appliance is emulated.
      - V(auto) supplements the initrd if that is safe, and rebuilds it if not.
      - An initrd that has all drivers is not changed.
    type: str
    choices: [auto, supplement, rebuild]
    default: auto
  first_boot:
    description:
      - What the guest does once, at its first boot on the target, after its services were started. The boot does not wait
        for it.
      - The guest keeps the log in C(/var/log/guestconv-first-boot.log). Packages come first, then the script. What fails is
        not repeated at the next boot. It stays in C(/var/lib/guestconv/first-boot), and with systemd the unit
        C(guestconv-first-boot.service) has failed. What succeeds is removed from the guest.
      - A guest that has run it does not run it again, even if it is converted once more with the same O(first_boot).
      - It does not run in the machine that M(virttools.guestconv.guestconv_verify) starts.
      - The guest must start with systemd, upstart, OpenRC, or an init that reads C(/etc/inittab).
      - Windows runs it as a service, after its drivers and network were configured. The log is
        C(C:\Windows\Guestconv\firstboot.log). What fails is repeated at the next boots, up to five times, except the
        script.
    type: dict
    suboptions:
      script:
        description:
          - The path of a script on the machine that runs the module. It is run as root, by the program that its first line
            names (C(#!/bin/sh) if there is none).
          - For Windows it is a script for C(cmd.exe), or for PowerShell if its first line is C(#ps1).
          - The script is part of RV(diff), and stays in the guest until it has run. Keep secrets out of it.
        type: path
      content:
        description: The text of the script, in place of O(first_boot.script).
        type: str
      packages:
        description:
          - Packages to install. An item with a slash, or with the ending of a package's file (C(.deb), C(.rpm), C(.apk),
            C(.pkg.tar.zst), C(.msi)), is the path of a file on the machine that runs the module, which is copied into the guest.
            Other items are names, which the guest installs from its own repositories.
          - The guest installs files without its repositories if they contain everything that they need. It repeats what
            fails, up to five times within five minutes, as the network may be late.
          - Files for C(apk) must be signed with a key that the guest trusts.
          - Windows takes only files C(.msi). It installs them in this order, before it runs the script.
        type: list
        elements: str
      agent:
        description:
          - Whether to install the agent of the target from the guest's repositories, if it is not installed, and to start
            it. For V(vmware) it is C(open-vm-tools), for V(virtualbox) the guest additions, for V(hyperv) Hyper-V's
            daemons, for V(azure) and V(gcp) those of the cloud, and for V(kvm) and the platforms on it C(qemu-guest-agent).
            For the other targets none is known.
          - To install it from a file, name the file in O(first_boot.packages) too. Windows gets the C(qemu-ga) of
            O(virtio_win), if no such file is named. For Windows no other agent is known.
        type: bool
        default: false
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

- name: Inspect a guest in order to choose its drivers
  virttools.guestconv.guestconv_inspect:
    disks:
      - /exports/web02.qcow2
  register: inspected

- name: Convert the guest with an e1000 network card
  virttools.guestconv.guestconv_convert:
    disks:
      - /exports/web02.qcow2
    guest: "{{ inspected.guest | combine({'devices': {'network': {'ens192': {'driver': 'e1000'}}}}, recursive=True) }}"
  register: converted

- name: Convert a guest that installs the guest agent, and registers itself, when it boots for the first time
  virttools.guestconv.guestconv_convert:
    disks:
      - /exports/web03.qcow2
    first_boot:
      agent: true
      script: /srv/migration/register.sh

- name: Convert a copy, and do not change the disk of the old hypervisor
  virttools.guestconv.guestconv_convert:
    disks:
      - path: /exports/db01.vmdk
        format: vmdk
    dest: /var/lib/libvirt/images
    dest_format: qcow2
"""

RETURN = r"""
changes:
  description: The changes to the guest, in order.
  returned: success
  type: list
  elements: dict
  contains:
    root:
      description: The operating system that was changed.
      type: str
      sample: /dev/sda1
    aspect:
      description: The aspect that made the change.
      type: str
      sample: storage
    action:
      description:
        - V(created), V(changed) or V(removed) for a file, V(ran) for a guest program.
        - V(transformed) for a disk whose layout was changed; its RV(changes[].root) is empty.
      type: str
      sample: changed
    path:
      description: The file in the guest, the program, or the disk.
      type: str
      sample: /etc/fstab
    detail:
      description: The purpose of the change.
      type: str
diff:
  description: The changes to text files, in the form that Ansible shows with C(--diff).
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
  description: The description that was used for the conversion. See M(virttools.guestconv.guestconv_inspect).
  returned: success
  type: dict
hardware:
  description: The hardware that the virtual machine on the target must offer.
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
      description:
        - For each disk, V(device), V(driver), V(bus), V(boot_order) and V(name_on_target).
        - If the source reports them, V(serial), V(wwn) and V(storage), too.
      type: list
      elements: dict
    interfaces:
      description:
        - For each network card, V(name), V(driver), V(mac), V(addresses) and V(gateway).
        - If the source reports them, V(network) and V(connected), too.
        - If Windows is to find its configuration again by the card, V(subsystem_vendor) and V(subsystem_device), which the
          card must have.
      type: list
      elements: dict
    cpus:
      description: The number of processors on the source, if O(hardware) or O(guest) contains it.
      type: int
      returned: when known
    memory:
      description: The memory on the source in MiB, if O(hardware) or O(guest) contains it.
      type: int
      returned: when known
    uuid:
      description: The UUID of the machine, if O(hardware) or O(guest) contains it.
      type: str
      returned: when known
    instance_uuid:
      description: The UUID by which the source manages the machine, if O(hardware) or O(guest) contains it.
      type: str
      returned: when known
    sockets:
      description: The number of processor sockets, if O(hardware) or O(guest) contains it.
      type: int
      returned: when known
    cores:
      description: The number of cores of each socket, if O(hardware) or O(guest) contains it.
      type: int
      returned: when known
    threads:
      description: The number of threads of each core, if O(hardware) or O(guest) contains it.
      type: int
      returned: when known
    clock:
      description: "V(utc), V(localtime), or the seconds that the real-time clock is ahead of UTC; if O(hardware) or O(guest) contains it."
      type: str
      returned: when known
    guest_id:
      description: What the source calls the operating system, if O(hardware) or O(guest) contains it.
      type: str
      returned: when known
    annotation:
      description: The notes about the machine, if O(hardware) or O(guest) contains it.
      type: str
      returned: when known
    tags:
      description: The tags of the machine, if O(hardware) or O(guest) contains them.
      type: list
      elements: str
      returned: when known
    virtio:
      description: V(transitional) if a kernel of the guest is older than Linux 4.0, and virtio devices must be transitional.
      type: str
      returned: when they must
    hyperv:
      description: Whether the machine must show the guest the interface of Hyper-V, which Windows uses.
      type: bool
      returned: when it must
    windows:
      description: The version of NT of a Windows guest, such as V(10.0.18362).
      type: str
      returned: for Windows
    tpm:
      description: Whether the machine is to have a TPM, which is new and empty.
      type: bool
      returned: for Windows, if O(hardware.tpm) is true
    guest_agent:
      description: Whether the machine must offer the channel of QEMU's guest agent, because it is installed in the guest,
        or O(first_boot.agent) asks for it.
      type: bool
      returned: when it must
    video:
      description: The V(driver) of the display. Null if there is no display.
      type: dict
    console:
      description: The V(driver) of the console. Null if there is no console.
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
    - "The description: V(description-changed), V(description-unknown-key), V(description-incomplete),
      V(description-malformed), V(description-schema), V(description-outdated), V(description-of-another-guest),
      V(driver-not-available), V(device-required), V(tools-invalid), or one that begins with V(xml-)."
    - "The conversion: V(boot-full), V(filesystem-full), V(filesystem-read-only), V(guest-command-failed),
      V(guest-file-not-saved), V(guest-file-not-writable), V(initrd-not-complete) and others that begin with V(initrd-),
      V(first-boot-invalid), V(first-boot-not-possible)."
    - "The destination: V(disk-not-writable), V(format-not-writable), V(disk-changed), V(disk-linked),
      V(dest-not-usable), V(dest-exists), V(dest-in-use), V(dest-too-small), V(journal-pending), V(journal-broken), V(journal-other-disks),
      V(state-of-another-user), V(commit-incomplete), V(interrupted)."
  returned: failure
  type: str
  sample: driver-not-available
hint:
  description: What to do about the error.
  returned: failure
  type: str
path:
  description: The option that is wrong, such as V(disks[0]) or V(guest.devices.network.ens192.driver). Empty if the
    error does not concern an option.
  returned: failure
  type: str
concerns:
  description: The concerns with the severity V(error), as in C(guest.concerns).
  returned: failure, when the guest is not convertible
  type: list
  elements: dict
allowed:
  description: The drivers that the device at RV(path) can use.
  returned: failure, when another driver was chosen
  type: list
  elements: str
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
  sample: {steps: [{step: launch, seconds: 4.2}], launches: 1, commands: 3, calls: 161}
warnings:
  description: What you should know about this run, for example that it was emulated.
  returned: when there are warnings
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import convert

ARGUMENT_SPEC = {
    "disks": argument_specs.DISKS,
    "keys": argument_specs.KEYS,
    "tools": argument_specs.TOOLS,
    "virtio_win": argument_specs.VIRTIO_WIN,
    "guest": {"type": "raw"},
    "target": argument_specs.TARGET,
    "hardware": argument_specs.HARDWARE,
    "root": {"type": "str"},
    "dest": {"type": "raw"},
    "dest_format": {"type": "str", "choices": ["qcow2", "raw"]},
    "first_boot": argument_specs.FIRST_BOOT,
    "initrd": {"type": "str", "default": "auto", "choices": ["auto", "supplement", "rebuild"]},
    **argument_specs.APPLIANCE,
    **argument_specs.PROGRESS,
}


def main() -> None:
    run_long_module(ARGUMENT_SPEC, convert.convert, steps=convert.STEPS)


if __name__ == "__main__":
    main()
