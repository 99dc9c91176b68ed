# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a machine's processor, and whether the system of a guest runs on it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import request

# Names of models in QEMU, libvirt and Proxmox VE: "Skylake-Server-noTSX-IBRS", "x86-64-v2-AES".
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

# Models of QEMU by their level of the psABI (x86-64-v1, -v2); what is not here is taken for one of v3 or later.
_FIRST = re.compile(
    r"(qemu|kvm)(32|64)|486|pentium.*|coreduo|core2duo|n270|phenom|athlon|Conroe.*|Penryn.*|Opteron_G[123].*|x86-64-v1.*",
    re.I,
)
_SECOND = re.compile(r"(Nehalem|Westmere|SandyBridge|IvyBridge|Opteron_G[45]|Snowridge|Denverton|x86-64-v2).*", re.I)

# The level that distributions are compiled for: {ID of os-release: ((major version, level), ...)}. AlmaLinux 10 is also
# made for v2.
_EL = ((9, 2), (10, 3))
_LEVELS = {"rhel": _EL, "centos": _EL, "rocky": _EL, "ol": _EL, "almalinux": ((9, 2),), "sles": ((16, 2),)}


def model(wanted: Any, default: str, guest: Mapping[str, Any] | None) -> str:
    """The option cpu_model, or default where it is None. guest: the description of the guest, or None.

    Raises GuestconvError `platform-option-invalid`, also for a model that a system of the guest does not run on.
    """
    if wanted is None:
        return default
    if not isinstance(wanted, str) or not _NAME.fullmatch(wanted):
        raise request.invalid("cpu_model", f"{wanted!r} is not the name of a model.")
    level = 1 if _FIRST.fullmatch(wanted) else 2 if _SECOND.fullmatch(wanted) else 3
    for root in ((guest or {}).get("roots") or {}).values():
        info = root.get("info") or {}
        needed = level_of(info)
        if level < needed:
            name = info.get("product_name") or info.get("distribution")
            raise request.invalid(
                "cpu_model",
                f"{name} needs a processor of the level x86-64-v{needed}, and {wanted} is one of x86-64-v{level}.",
                f"Use {default}, or a newer model.",
            )
    return wanted


def level_of(info: Mapping[str, Any]) -> int:
    """The level of x86-64 that a system needs, by `info` of its root in a description."""
    major = (info.get("version") or {}).get("major")
    levels = _LEVELS.get(str(info.get("distribution") or ""), ())
    return max((level for first, level in levels if isinstance(major, int) and major >= first), default=1)
