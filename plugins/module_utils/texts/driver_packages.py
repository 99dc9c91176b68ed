# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Windows 8 and later name and date a driver package in the DriverDatabase of the SYSTEM hive. Pure.

The form of the value Version was read from packages of Windows 8.1 and 10 (hives in regipy's test data). The kernel does
not use a package without it (virt-v2v, convert/windows_virtio.ml: ddb_regedits).
"""

from __future__ import annotations

import datetime
import hashlib
import re
import struct
import uuid

from .inf import Driver

# The first two bytes: of a package that does not come with Windows, and of one that does.
_ADDED = b"\x00\xff"
# The processor, as in Windows' headers (PROCESSOR_ARCHITECTURE_*).
PROCESSORS = {"x86": 0, "amd64": 9, "arm64": 12}
_VERSION = struct.Struct("<2sHI16sQ4HQ")
_EPOCH = datetime.date(1601, 1, 1)
_TICKS_PER_DAY = 24 * 60 * 60 * 10_000_000
CLASS_GUID = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.ASCII | re.IGNORECASE)


def package_name(file: str, arch: str, content: bytes) -> str:
    """The name of the package of the INF called file: "viostor.inf_amd64_0123456789abcdef".

    Windows makes the number of a hash over the package. Any is good that differs with its content; servicing
    takes a name of another form for damage (Red Hat's MTV-2256).
    """
    return f"{file.lower()}_{arch}_{hashlib.sha256(content).hexdigest()[:16]}"


def version_value(driver: Driver, processor: int) -> bytes:
    """The value Version of the package of a driver: 48 bytes. processor: one of PROCESSORS.

    Raises ValueError for a driver without a valid class: it is no driver that Windows would install.
    """
    if not CLASS_GUID.fullmatch(driver.class_guid):
        raise ValueError(f"{driver.class_guid!r} is not the GUID of a class")
    days = (driver.date - _EPOCH).days if driver.date and driver.date > _EPOCH else 0
    major, minor, build, revision = driver.version
    guid = uuid.UUID(driver.class_guid).bytes_le
    return _VERSION.pack(_ADDED, processor, 0, guid, days * _TICKS_PER_DAY, revision, build, minor, major, 0)


def processor_in(value: bytes) -> int | None:
    """The processor in the value Version of a package; None for what is no such value."""
    return int(_VERSION.unpack(value)[1]) if len(value) == _VERSION.size else None
