# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that was measured on, without which numbers say nothing."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

import guestfs

from ansible_collections.virttools.guestconv.plugins.module_utils.qemu import accelerator


def describe():
    """The machine, for the result: processor, memory, how the appliance runs, versions, and how busy it is."""
    version = guestfs.GuestFS(python_return_dict=True).version()
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _first(r"model name\s*: (.*)", "/proc/cpuinfo"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(_first(r"MemTotal:\s*(\d+)", "/proc/meminfo")) / 2**20, 1),
        "accelerator": accelerator.choose("auto")[0],
        "load": round(os.getloadavg()[0], 1),
        "system": _first(r'PRETTY_NAME="(.*)"', "/etc/os-release"),
        "kernel": platform.release(),
        "libguestfs": "{major}.{minor}.{release}".format(**version),
        "qemu": _first_words([accelerator.find_emulator(), "--version"]),
        "python": platform.python_version(),
    }


def sentence(machine):
    """machine, from describe(), as a line of text."""
    how = {"tcg": "emulated (TCG)", "kvm": "KVM"}[machine["accelerator"]]
    return (
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, {how}; {machine['system']}, "
        f"Linux {machine['kernel']}, libguestfs {machine['libguestfs']}, {machine['qemu']}; {machine['date']}, "
        f"load {machine['load']} at the start"
    )


def _first(pattern, path):
    match = re.search(pattern, Path(path).read_text(encoding="utf-8"))
    return match.group(1) if match else "unknown"


def _first_words(command):
    """QEMU's name and version, without the copyright."""
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return printed.splitlines()[0].partition(" (")[0]
