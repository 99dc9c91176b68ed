# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options for libguestfs's appliance."""

from __future__ import annotations


class ModuleDocFragment:
    """How the appliance runs."""

    DOCUMENTATION = r"""
options:
  accelerator:
    description:
      - V(auto) uses KVM if a Linux kernel starts on it. If not, it uses emulation, with a warning. The result of this
        check is stored until the machine boots again, a failure for one hour. If an appliance hangs with KVM in spite
        of this, it is started once more with emulation.
      - V(kvm) fails with the code V(kvm-not-usable) if KVM does not work.
      - V(tcg) uses QEMU's emulation.
    type: str
    choices: [auto, kvm, tcg]
    default: auto
  fixed_appliance:
    description:
      - A directory with a fixed appliance, as created by C(libguestfs-make-fixed-appliance).
      - By default, libguestfs builds an appliance from the packages of this host, stores it in C(/var/tmp), and
        rebuilds it when they change.
    type: path
  memory:
    description: The memory of the appliance in MiB. The default is that of libguestfs.
    type: int
  timeout:
    description: Seconds after which the appliance is stopped and the module fails. By default, there is no limit.
    type: int
  trace:
    description: A file on the machine with the disks. One line of JSON is written to it for each libguestfs call, with
      its duration.
    type: path
  workdir:
    description:
      - A directory for the overlays, which store everything that is written until it is committed.
      - The default is a directory next to the converted disk for a conversion, C(/var/tmp) for a conversion in check
        mode, and libguestfs's own directory for an inspection.
    type: path
requirements:
  - libguestfs, with its Python binding (python3-guestfs or python3-libguestfs)
  - lxml
  - PyYAML, for guests with a network configuration of netplan or cloud-init
"""
