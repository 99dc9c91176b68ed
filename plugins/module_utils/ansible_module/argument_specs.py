# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that several modules share, as parts of their argument specs."""

from __future__ import annotations

from typing import Any

from ..devices import models
from ..devices.targets import TARGETS
from ..model import source_facts, tools

# As AnsibleModule takes it: {option: what it may be}.
ArgumentSpec = dict[str, Any]

# A disk is a path, or a dict that disks_from_option checks: Ansible has no type for "either".
DISKS: dict[str, Any] = {"type": "list", "elements": "raw", "required": True}

# An ISO image or a directory: virtio_win/library.py.
VIRTIO_WIN: dict[str, Any] = {"type": "path"}

# Facts of the machine as a whole: model/source_facts.py.
_MACHINE: dict[str, Any] = {
    **dict.fromkeys(
        ("arch", "uuid", "instance_uuid", "clock", "guest_id", "annotation", "host_kernel"), {"type": "str"}
    ),
    **dict.fromkeys(("secure_boot", "tpm", "cpu_hotplug", "memory_hotplug", "template"), {"type": "bool"}),
    **dict.fromkeys(("sockets", "cores", "threads", "numa_nodes", "snapshots"), {"type": "int"}),
    **dict.fromkeys(
        ("serial_ports", "removable", "other_settings", "tags", "unknown"), {"type": "list", "elements": "str"}
    ),
    # Ansible takes its name for that of a secret.
    "passthrough": {"type": "list", "elements": "str", "no_log": False},
    "state": {"type": "str", "choices": ["off", "running", "suspended"]},
}

# Those of them that conversion hands on.
CARRIED: dict[str, Any] = {key: _MACHINE[key] for key in source_facts.CARRIED}

# What the source hypervisor knows and a disk cannot say.
HARDWARE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "firmware": {"type": "str", "choices": ["bios", "uefi"]},
        "interfaces": {
            "type": "list",
            "elements": "dict",
            "options": {
                "mac": {"type": "str"},
                "addresses": {"type": "list", "elements": "str"},
                "driver": {"type": "str", "choices": list(models.INTERFACES)},
                "network": {"type": "str"},
                "connected": {"type": "bool"},
                "pci_slot": {"type": "int"},
                "mac_kind": {"type": "str", "choices": ["generated", "assigned"]},
            },
        },
        "target_interfaces": {
            "type": "list",
            "elements": "dict",
            "options": {"from": {"type": "str", "required": True}, "mac": {"type": "str", "required": True}},
        },
        "generate_macs": {"type": "bool"},
        "cpus": {"type": "int"},
        "memory": {"type": "int"},
        "disks": {
            "type": "list",
            "elements": "dict",
            "options": {
                "controller": {"type": "str", "choices": list(models.DISKS)},
                "boot_order": {"type": "int"},
                "serial": {"type": "str"},
                "wwn": {"type": "str"},
                "bus": {"type": "str", "choices": ["ide", "nvme", "sata", "scsi", "usb", "virtio", "xen"]},
                "controller_number": {"type": "int"},
                "unit": {"type": "int"},
                "mode": {"type": "str", "choices": ["independent", "nonpersistent", "readonly"]},
                "sharing": {"type": "str"},
                "raw_device": {"type": "bool"},
                "storage": {"type": "str"},
            },
        },
        **_MACHINE,
    },
}

# What opens encrypted devices. Only the passphrase is hidden: with no_log on the whole option Ansible would replace the
# names of the devices in the result, too.
KEYS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "no_log": False,
    "options": {
        "device": {"type": "str"},
        "uuid": {"type": "str"},
        "all": {"type": "bool"},
        "passphrase": {"type": "str", "no_log": True},
        "file": {"type": "path"},
    },
}

# What is to become of the tools of hypervisors. None is the default of each.
TOOLS: dict[str, Any] = {
    "type": "dict",
    "options": {
        **{name: {"type": "str", "choices": list(tools.ACTIONS)} for name in tools.DEFAULTS},
        tools.REMOVE_DEPENDENCIES: {"type": "bool", "default": False},
    },
}

# What is done once, at the first boot. A script is shown in the diff, so hiding its text elsewhere would be of no use.
FIRST_BOOT: dict[str, Any] = {
    "type": "dict",
    "options": {
        "script": {"type": "path"},
        "content": {"type": "str", "no_log": False},
        "packages": {"type": "list", "elements": "str"},
        "agent": {"type": "bool", "default": False},
    },
    "mutually_exclusive": [("script", "content")],
}

TARGET: dict[str, Any] = {"type": "str", "default": "kvm", "choices": list(TARGETS)}

# How the appliance runs.
APPLIANCE: ArgumentSpec = {
    "fixed_appliance": {"type": "path"},
    "accelerator": {"type": "str", "default": "auto", "choices": ["auto", "kvm", "tcg"]},
    "memory": {"type": "int"},
    "timeout": {"type": "int"},
    "trace": {"type": "path"},
    "workdir": {"type": "path"},
}

# What every module takes that runs for minutes; see run.long_run.
PROGRESS: ArgumentSpec = {
    "progress": {"type": "path"},
    "resume": {"type": "path"},
    "slots": {
        "type": "dict",
        "options": {
            "count": {"type": "int", "required": True},
            "directory": {"type": "path", "default": "/run/lock/guestconv"},
        },
    },
    # Set by the action plugin: see run.watch.
    "_watch": {"type": "path"},
}
