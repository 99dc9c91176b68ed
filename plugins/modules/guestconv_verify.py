#!/usr/bin/python
# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: guestconv_verify
short_description: Boot a converted guest, and see whether it comes up
version_added: 0.1.0
description:
  - Boots a guest in QEMU, on the hardware that M(virttools.guestconv.guestconv_convert) says it was converted for, and
    waits for a sign of life.
  - The guest runs on a throwaway overlay. Its disks are not written to.
  - The guest's network is isolated. The guest reaches nothing, and of its ports only the one that is waited for can be
    reached, from this host. Each network card with a static address is in a network where that address belongs.
  - The module fails when the guest does not come up, with the same values as when it does.
requirements:
  - QEMU for x86 with its C(qemu-img)
  - OVMF, for guests that boot by UEFI
extends_documentation_fragment:
  - virttools.guestconv.attributes
  - virttools.guestconv.disks
  - virttools.guestconv.progress
attributes:
  check_mode:
    support: full
    details: The guest is booted in check mode, too, as nothing of it remains.
  diff_mode:
    support: none
    details: The module never changes anything.
options:
  hardware:
    description:
      - The virtual machine to boot, as RV(virttools.guestconv.guestconv_convert#module:hardware) says. A driver is the
        name of QEMU's device model.
      - With the drivers of the source hypervisor it shows that a guest is well before it is converted.
    type: dict
    required: true
    suboptions:
      disks:
        description:
          - Where each of O(disks) is attached, in the same order.
          - "Dicts with V(driver) (V(virtio-blk-pci), V(virtio-scsi-pci), V(ahci), V(nvme), V(pvscsi), V(mptsas1068),
            V(lsi53c895a); on V(pc) also V(piix3-ide) or V(ide), the same), V(boot_order) (the lowest number is booted
            from first), V(device), V(bus) and V(name_on_target), of which only the first two matter."
        type: list
        elements: dict
        required: true
      firmware:
        description: The firmware; UEFI is without secure boot, and knows no boot entries.
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
            number of a PCI Express slot, by which the guest names the card V(ens<slot>))."
        type: list
        elements: dict
        default: []
      video:
        description:
          - The display, a dict with V(driver).
          - One of V(virtio-vga), V(qxl-vga), V(VGA), V(cirrus-vga), V(vmware-svga), V(bochs-display). Omit it for a
            machine without display.
        type: dict
      console:
        description:
          - The console, a dict with V(driver), V(isa-serial) or V(virtconsole).
          - A failure that shows on it, or on a display in text mode, ends the wait early.
        type: dict
      cpus:
        description: How many processors the machine is to have. To boot it here, O(cpus) counts.
        type: int
      memory:
        description: How much memory the machine is to have, in MiB. To boot it here, O(memory) counts.
        type: int
  expect:
    description:
      - What shows that the guest is up. All that is given must come true.
      - By default the service is O(expect.port=22) with O(expect.banner=SSH-) when O(hardware) has a static IPv4
        address, else O(expect.login=true).
    type: dict
    suboptions:
      port:
        description:
          - A TCP port where a service is to be heard, at the first static IPv4 address of every network card that has
            one. When no card has, at the address of any of them that it gets by DHCP.
        type: int
      banner:
        description:
          - What the service says first begins so.
          - It must not be empty, since QEMU accepts a connection before the guest does.
          - By default V(SSH-).
        type: str
      login:
        description: Whether a login prompt is to appear on the console of O(hardware).
        type: bool
      agent:
        description: Whether the QEMU guest agent is to answer. It gets a channel only then.
        type: bool
  timeout:
    description: How long to wait, in seconds. An emulated guest takes some 20 times as long as one with KVM.
    type: int
    default: 600
  memory:
    description:
      - The guest's memory in MiB.
      - It is not that of O(hardware), since a host that converts has no room for every guest at its full size. Nor has
        it to be, to show that a guest comes up.
    type: int
    default: 1024
  cpus:
    description: The number of the guest's processors, whatever O(hardware) says.
    type: int
    default: 1
  accelerator:
    description: How to run the guest. V(auto) is KVM where a Linux kernel starts on it, else emulation with a warning. A machine that
      hangs with KVM before its kernel all the same is tried once more, emulated.
    type: str
    choices: [auto, kvm, tcg]
    default: auto
  screenshot:
    description: A file to write a picture (PNG) of the guest's display to, as it is in the end.
    type: path
  console_log:
    description: A file to write all that the guest says on its console to, up to 16 MiB, as it came.
    type: path
  workdir:
    description:
      - The directory for the overlay, with room for what the guest writes while it boots.
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

- name: Show that a guest is well on the hardware that it comes from
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
  description: Why the guest is taken not to be up; empty when it is.
  returned: when it was booted
  type: str
  sample: the initramfs did not find the root filesystem (ALERT! /dev/sda1 does not exist. Dropping to a shell!)
code:
  description:
    - What is wrong, for playbooks.
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
  description: The option at fault, such as V(hardware.disks[0].driver); empty when none is.
  returned: failure
  type: str
retryable:
  description: Whether the same may go well when it is tried again later, as on a machine that is less busy.
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
  description: How often the guest was booted. It is booted again, up to three times, when the emulator was at fault.
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
  description: What a person should know of this run, such as that it was emulated.
  returned: when there is something
  type: list
  elements: str
"""

from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module import argument_specs
from ansible_collections.virttools.guestconv.plugins.module_utils.ansible_module.run import run_long_module
from ansible_collections.virttools.guestconv.plugins.module_utils.disks import images, journal
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import ACCELERATORS
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import verification

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


def _device_names(hardware, count):
    """The guest's names of count disks, as hardware has them; None where it does not say, or has another number."""
    disks = hardware.get("disks")
    names = (
        [disk.get("device") if isinstance(disk, dict) else None for disk in disks] if isinstance(disks, list) else []
    )
    return names if len(names) == count and all(isinstance(name, str) and name for name in names) else None


def verify(module, progress):
    """The module's result; it tells of its progress (progress.Progress). Raises GuestconvError, with the same values, when the guest did not come up."""
    options = module.params
    progress.begin("disks")
    disks = images.disks_from_option(options["disks"], names=_device_names(options["hardware"], len(options["disks"])))
    interrupted = journal.pending(disks)
    outcome = verification.verify(
        # What the disks will be, once the next convert has finished the commit.
        interrupted.as_converted() if interrupted else disks,
        options["hardware"],
        options["expect"],
        verification.Settings(**{name: options[name] for name in verification.SETTINGS}),
        progress.begin,
    )
    values = outcome.as_dict()
    # Not among the values: core 2.19 deprecates that.
    for warning in values.pop("warnings"):
        module.warn(warning)
    if outcome.failure is None:
        return dict(values, changed=False)
    raise GuestconvError(
        outcome.failure.code,
        "The guest did not come up: %s." % outcome.failure.reason,
        hint=outcome.failure.hint,
        extra=values,
    )


def main() -> None:
    # How long a guest takes to boot nobody knows, so its steps have no shares.
    run_long_module(ARGUMENT_SPEC, verify, needs=(), steps={})


if __name__ == "__main__":
    main()
