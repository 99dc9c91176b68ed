# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd's network files ask of the system as a whole, in [Match]: Host=, KernelCommandLine=, Architecture=.

Of each key the last value counts, a `!` before it negates it (config_parse_net_condition() of systemd's
src/libsystemd-network/network-internal.c, and shared/condition.c). Virtualization= is in formats/networkd.py: it may hold
on the target and not on the source.
"""

from __future__ import annotations

from ...guest.root import GuestRoot
from ...texts import globs
from .systemd_files import File

# systemd's words for the architectures of a guest (systemd.unit(5), ConditionArchitecture=).
_ARCHITECTURES = {
    "x86_64": "x86-64",
    "i386": "x86",
    "i686": "x86",
    "aarch64": "arm64",
    "ppc64le": "ppc64-le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


def hold(root: GuestRoot, file: File) -> bool:
    """Whether the system is one that the file is for, as far as that is known."""
    tests = {"Host": _is_host, "KernelCommandLine": _has_argument, "Architecture": _is_architecture}
    for key, fits in tests.items():
        asked = "".join(file.values("Match", key)[-1:]).strip()
        fitting = fits(root, asked.lstrip("! ")) if asked else None
        if fitting is not None and fitting == asked.startswith("!"):
            return False
    return True


def _is_host(root: GuestRoot, wanted: str) -> bool | None:
    """Whether the host's name or machine ID is that (condition_test_host())."""
    name = (root.read("/etc/hostname") or "").strip()
    if not name:
        return None
    return wanted == (root.read("/etc/machine-id") or "").strip() or globs.fits(name, wanted)


def _has_argument(root: GuestRoot, wanted: str) -> bool:
    """Whether the kernel gets the argument: with the value, or with any (condition_test_kernel_command_line())."""
    arguments = root.boot_menu.arguments
    return wanted in arguments or ("=" not in wanted and any(each.startswith(f"{wanted}=") for each in arguments))


def _is_architecture(root: GuestRoot, wanted: str) -> bool | None:
    own = _ARCHITECTURES.get(str(root.info.get("arch")))
    return wanted in ("native", own) if own else None
