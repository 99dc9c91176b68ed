# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hyper-V.

A machine of generation 1 has a BIOS, which boots from IDE alone; one of generation 2 has UEFI, and SCSI alone. The guest
drives both by hv_storvsc, and finds the controllers in any order. The machine types have the names that OpenStack's Nova has for them (hw_machine_type).
"""

from __future__ import annotations

from .. import models
from .target import Agent, Target

TARGET = Target(
    name="hyperv",
    title="Hyper-V",
    machine="hyperv-gen1",
    uefi_machine="hyperv-gen2",
    models={
        "network": (models.HV_NETVSC,),
        "block": (models.HV_STORVSC,),
        "graphics": (models.HYPERV_VIDEO,),
        "console": (models.ISA_SERIAL,),
    },
    hypervisors=("hyperv",),
    detected_as=("microsoft",),
    boot_bus={"bios": "ide"},
    has_certain_order=False,
    # Debian, and Fedora with its kin, have other names of the services (linux's debian/, hyperv-daemons.spec).
    agent=Agent(
        "hyperv-daemons",
        ("/usr/sbin/hv_kvp_daemon", "/usr/bin/hv_kvp_daemon", "/usr/sbin/hypervkvpd"),
        ("hv-kvp-daemon", "hv-vss-daemon", "hypervkvpd", "hypervvssd", "hv_kvp_daemon", "hv_vss_daemon"),
        {"zypper": "hyper-v", "apk": "hvtools"},
    ),
)
