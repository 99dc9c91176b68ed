# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of how libguestfs's appliance runs."""

from __future__ import annotations


class ModuleDocFragment:
    """How the appliance runs."""

    DOCUMENTATION = r"""
options:
  accelerator:
    description:
      - V(auto) uses KVM where a Linux kernel starts on it, otherwise emulation with a warning. A success is remembered
        until the machine reboots, a failure for an hour. An appliance that hangs with KVM is started again, emulated.
      - V(kvm) fails with the code V(kvm-not-usable) where KVM does not work.
      - V(tcg) is QEMU's emulation.
    type: str
    choices: [auto, kvm, tcg]
    default: auto
  fixed_appliance:
    description:
      - A directory with a fixed appliance, as C(libguestfs-make-fixed-appliance) makes it.
      - By default libguestfs builds an appliance from the packages of the host, keeps it in C(/var/tmp), and rebuilds
        it when they change.
    type: path
  memory:
    description: The appliance's memory in MiB. The default is libguestfs's.
    type: int
  timeout:
    description: Seconds after which the appliance is stopped and the module fails. By default there is no limit.
    type: int
  trace:
    description: A file on the machine with the disks that gets one line of JSON per libguestfs call, with its duration.
    type: path
  workdir:
    description:
      - A directory for the overlays, which hold what is written until it is committed.
      - The default for a conversion is a directory next to the disk, and libguestfs's own for all that is thrown away.
    type: path
requirements:
  - libguestfs, with its Python binding (python3-guestfs or python3-libguestfs)
  - lxml
  - PyYAML, for guests whose network netplan or cloud-init configures
"""
