#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_verify
short_description: Boot a converted guest and check that it comes up
version_added: 0.1.0
description:
  - Boots a guest in QEMU, on the hardware that M(virttools.guestconv.guestconv_convert) returned, and waits until it
    has come up.
  - The guest runs on a throwaway overlay. Its disks are not written to.
  - The guest's network is isolated. The guest cannot reach anything, and only the port that is waited for can be
    reached, from this host. Each network card with a static address is in a network where that address belongs.
  - The module fails when the guest does not come up, and returns the same values as on success.
requirements:
  - QEMU for x86 with its C(qemu-img)
  - OVMF, for guests that boot by UEFI
  - C(swtpm), for guests with a TPM (optional)
extends_documentation_fragment:
  - virttools.guestconv.attributes
  - virttools.guestconv.disks
  - virttools.guestconv.progress
attributes:
  check_mode:
    support: full
    details: The guest is also booted in check mode, because nothing of the boot remains.
  diff_mode:
    support: none
    details: The module never changes anything.
options:
  hardware:
    description:
      - The virtual machine to boot, as in RV(virttools.guestconv.guestconv_convert#module:hardware). A driver is the
        name of QEMU's device model.
      - With the drivers of the source hypervisor, a guest can be checked before it is converted.
      - Hardware that QEMU does not have, such as that of Xen, Hyper-V or EC2, is refused with the code
        V(hardware-not-emulated).
    type: dict
    required: true
    suboptions:
      disks:
        description:
          - Where each of O(disks) is attached, in the same order.
          - "Dicts with V(driver) (V(virtio-blk-pci), V(virtio-scsi-pci), V(ahci), V(nvme), V(pvscsi), V(mptsas1068),
            V(lsi53c895a); on V(pc) also V(piix3-ide) or V(ide), the same), V(boot_order) (the lowest number is booted
            from first), V(serial), V(wwn), V(device), V(bus), V(name_on_target) and V(storage), of which only the first four matter."
        type: list
        elements: dict
        required: true
      firmware:
        description: The firmware. UEFI has neither secure boot nor boot entries.
        type: str
        choices: [bios, uefi]
        default: bios
      machine:
        description: QEMU's machine type, V(q35), V(pc), or a version of these.
        type: str
        default: q35
      interfaces:
        description:
          - The network cards.
          - "Dicts with V(driver) (V(virtio-net-pci), V(vmxnet3), V(e1000e), V(e1000), V(rtl8139), V(pcnet)), V(name),
            V(mac), V(addresses) (the static ones, as V(10.0.2.15/24); none for DHCP), V(gateway), and V(slot) (the
            number of a PCI Express slot, by which the guest names the card V(ens<slot>)), and V(subsystem_vendor) and
            V(subsystem_device) (PCI IDs of four hexadecimal digits, for V(e1000e))."
        type: list
        elements: dict
        default: []
      video:
        description:
          - The display, a dict with V(driver).
          - One of V(virtio-vga), V(qxl-vga), V(VGA), V(cirrus-vga), V(vmware-svga), V(bochs-display). Omit it for a
            machine without a display.
        type: dict
      console:
        description:
          - The console, a dict with V(driver), V(isa-serial) or V(virtconsole).
          - A failure that is visible on it, or on a display in text mode, ends the wait early.
        type: dict
      cpus:
        description: How many processors the machine is to have. To boot it here, O(cpus) counts.
        type: int
      memory:
        description: How much memory the machine is to have, in MiB. To boot it here, O(memory) counts.
        type: int
      guest_agent:
        description: Whether QEMU's guest agent is to run there. To boot it here, O(expect.agent) counts.
        type: bool
      virtio:
        description: V(transitional) if the guest needs transitional virtio devices. Here they always are.
        type: str
      hyperv:
        description: Whether the guest is shown the interface of Hyper-V, which Windows uses. Only KVM can offer it.
        type: bool
      windows:
        description: The version of NT of a Windows guest. It decides what is expected by default.
        type: str
      tpm:
        description:
          - Whether the machine is to have a TPM. Here it is new and empty, and thrown away with the overlay.
          - Without the program C(swtpm) on this host, the guest is booted without a TPM, with a warning.
        type: bool
      uuid:
        description: The UUID of the machine.
        type: str
      clock:
        description: V(utc), V(localtime), or the seconds that the real-time clock is ahead of UTC. To boot it here, only
          V(localtime) counts.
        type: str
      instance_uuid:
        description: The UUID by which the source manages the machine. It has no effect here.
        type: str
      sockets:
        description: The number of processor sockets. To boot it here, O(cpus) counts.
        type: int
      cores:
        description: The number of cores of each socket. To boot it here, O(cpus) counts.
        type: int
      threads:
        description: The number of threads of each core. To boot it here, O(cpus) counts.
        type: int
      guest_id:
        description: What the source calls the operating system. It has no effect here.
        type: str
      annotation:
        description: The notes about the machine. They have no effect here.
        type: str
      tags:
        description: The tags of the machine. They have no effect here.
        type: list
        elements: str
  expect:
    description:
      - What shows that the guest has come up. All given conditions must be met.
      - By default the service is O(expect.port=22) with O(expect.banner=SSH-) when O(hardware) has a static IPv4
        address, else O(expect.login=true). For Windows it is O(expect.login=true).
    type: dict
    suboptions:
      port:
        description:
          - A TCP port where a service must answer, at the first static IPv4 address of every network card that has one.
            Without static addresses, at the DHCP address of any card.
        type: int
      banner:
        description:
          - How the first data from the service must begin.
          - It must not be empty, since QEMU accepts a connection before the guest does.
          - By default V(SSH-).
        type: str
      login:
        description:
          - Whether a login prompt must appear on the console of O(hardware).
          - Windows has none. The script of its first boot, which runs as a service, reports there that it has ended, which
            counts as the prompt, also if some of its steps failed. It shows that Windows starts from its disk, and nothing
            about the network. Where the first boot is over, nothing is reported; expect O(expect.agent), for example.
        type: bool
      agent:
        description: Whether the QEMU guest agent must answer. Only then does the machine have its channel.
        type: bool
  timeout:
    description: How long to wait, in seconds. An emulated guest takes about 20 times as long as one with KVM.
    type: int
    default: 600
  memory:
    description:
      - The guest's memory in MiB.
      - The memory in O(hardware) is not used, because a conversion host may not have room for every guest at its full
        size.
    type: int
    default: 1024
  cpus:
    description: The number of the guest's processors, whatever O(hardware) says.
    type: int
    default: 1
  accelerator:
    description: How to run the guest. V(auto) is KVM where a Linux kernel starts on it, otherwise emulation with a
      warning. A machine that hangs with KVM before its kernel starts is tried again, emulated.
    type: str
    choices: [auto, kvm, tcg]
    default: auto
  screenshot:
    description: A file to write a picture (PNG) of the guest's display to, taken at the end.
    type: path
  console_log:
    description: A file for the unmodified output of the guest's console, up to 16 MiB.
    type: path
  workdir:
    description:
      - The directory for the overlay, which must have room for all that the guest writes while it boots.
      - By default C(/var/tmp).
    type: path
seealso:
  - module: virttools.guestconv.guestconv_convert
  - module: ansible.builtin.wait_for
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
- name: Boot the converted guest, and wait for ssh at its static address
  virttools.guestconv.guestconv_verify:
    disks:
      - /exports/web01.qcow2
    hardware: "{{ converted.hardware }}"

- name: Wait for a login prompt on its serial console, and keep a picture of the display
  virttools.guestconv.guestconv_verify:
    disks:
      - /exports/web01.qcow2
    hardware: "{{ converted.hardware }}"
    expect:
      login: true
    timeout: 1200
    screenshot: /var/log/guestconv/web01.png

- name: Check that a guest boots on the hardware that it comes from
  virttools.guestconv.guestconv_verify:
    disks:
      - path: /exports/web01.qcow2
        format: qcow2
    hardware:
      disks:
        - driver: pvscsi
          boot_order: 1
      interfaces:
        - driver: vmxnet3
          slot: 192
          addresses: [10.0.2.15/24]
          gateway: 10.0.2.2
      video:
        driver: vmware-svga
    expect:
      port: 22
      banner: SSH-
"""

RETURN = r"""
up:
  description: Whether the guest came up.
  returned: when it was booted
  type: bool
  sample: true
seconds:
  description: How long the last attempt took, from the start of QEMU to the end of waiting.
  returned: when it was booted
  type: float
  sample: 38.5
reason:
  description: Why the guest did not come up; empty when it did.
  returned: when it was booted
  type: str
  sample: the initramfs did not find the root filesystem (ALERT! /dev/sda1 does not exist. Dropping to a shell!)
code:
  description:
    - The code of the error.
    - "The guest: V(guest-not-up) in time, V(guest-no-kernel) (it stays in its firmware or boot loader),
      V(guest-stuck-in-initramfs) (it does not find its root filesystem), V(guest-panicked), V(guest-in-emergency-mode),
      V(guest-stuck-in-boot-loader), V(guest-powered-off), V(guest-restarts)."
    - "The host: V(qemu-failed), V(emulator-failed) (the emulated timer was late, three times), V(disk-error),
      V(qemu-not-found), V(kvm-not-usable), V(uefi-firmware-not-found)."
    - "The options: V(hardware-invalid), V(expectation-impossible), V(path-not-writable), V(workdir-not-usable), or
      one about O(disks)."
  returned: failure
  type: str
  sample: guest-stuck-in-initramfs
hint:
  description: What to do about it.
  returned: failure
  type: str
path:
  description: The option at fault, such as V(hardware.disks[0].driver); empty when no option is.
  returned: failure
  type: str
retryable:
  description: Whether the same call may succeed later, for example on a machine that is less busy.
  returned: failure
  type: bool
resumed:
  description: Whether this is the kept result of an earlier run.
  returned: when O(resume) was given
  type: bool
console:
  description: The last 40 lines that the guest wrote to its console, without control sequences.
  returned: when it was booted
  type: list
  elements: str
  sample: ["Debian GNU/Linux 12 web01 ttyS0", "web01 login:"]
screenshot:
  description: The path of the picture; empty when there is none.
  returned: when it was booted
  type: str
  sample: /var/log/guestconv/web01.png
attempts:
  description: How often the guest was booted. When the emulator was at fault, it is booted up to three times.
  returned: when it was booted
  type: int
  sample: 1
accelerator:
  description: How the guest was run, V(kvm) or V(tcg) (emulation).
  returned: when it was booted
  type: str
  sample: kvm
hardware:
  description: The virtual machine that was booted, as in O(hardware), with all defaults filled in.
  returned: when it was booted
  type: dict
command:
  description: The arguments that QEMU was started with.
  returned: when it was booted
  type: list
  elements: str
  sample: ["/usr/bin/qemu-system-x86_64", "-nodefaults"]
warnings:
  description: Warnings about this run, for example that it was emulated, or that the guest had no TPM.
  returned: when there is something
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import verify
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import ACCELERATORS

ARGUMENT_SPEC = {
    "disks": argument_specs.DISKS,
    # The drivers and numbers in it are checked by model.hardware, whose errors say where.
    "hardware": {
        "type": "dict",
        "required": True,
        "options": {
            "disks": {"type": "list", "elements": "dict", "required": True},
            "firmware": {"type": "str", "choices": ["bios", "uefi"], "default": "bios"},
            "machine": {"type": "str", "default": "q35"},
            "interfaces": {"type": "list", "elements": "dict", "default": []},
            "video": {"type": "dict"},
            "console": {"type": "dict"},
            "cpus": {"type": "int"},
            "memory": {"type": "int"},
            "guest_agent": {"type": "bool"},
            "virtio": {"type": "str"},
            "hyperv": {"type": "bool"},
            "windows": {"type": "str"},
            "tpm": {"type": "bool"},
            **argument_specs.CARRIED,
        },
    },
    "expect": {
        "type": "dict",
        "options": {
            "port": {"type": "int"},
            "banner": {"type": "str"},
            "login": {"type": "bool"},
            "agent": {"type": "bool"},
        },
    },
    "timeout": {"type": "int", "default": 600},
    "memory": {"type": "int", "default": 1024},
    "cpus": {"type": "int", "default": 1},
    "accelerator": {"type": "str", "choices": list(ACCELERATORS), "default": "auto"},
    "screenshot": {"type": "path"},
    "console_log": {"type": "path"},
    "workdir": {"type": "path"},
    **argument_specs.PROGRESS,
}


def main() -> None:
    run_long_module(ARGUMENT_SPEC, verify.verify, needs=(), steps=verify.STEPS)


if __name__ == "__main__":
    main()
