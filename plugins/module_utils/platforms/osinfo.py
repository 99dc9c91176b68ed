# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What osinfo-db, libosinfo's data, calls an operating system: a URL such as http://debian.org/debian/11.

An id that a host's osinfo-db does not have is of no use there, so the newest that it has and that is not newer than the
system is taken: of osinfo-db on this machine or, if there is none, of its release of November 2022, which Debian 12 has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DIRECTORY = "/usr/share/osinfo/os"

# A URL of the database, and the name of its file there: debian.org/debian-11.xml.
_ID = re.compile(r"https?://([a-z0-9.-]{1,64})/([a-z0-9-]{1,64})/([A-Za-z0-9._-]{1,64})")

Version = tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    """The releases of a system. ranges: the first and last versions that osinfo-db had in 2022, by their last number."""

    vendor: str
    name: str
    ranges: tuple[tuple[str, str], ...]

    def versions(self, directory: str) -> dict[Version, str]:
        """{version: as it is written} of those that osinfo-db has."""
        try:
            files = os.listdir(os.path.join(directory, self.vendor))
        except OSError:
            return {_numbers(version): version for ends in self.ranges for version in _between(*ends)}
        found = (re.fullmatch(rf"{re.escape(self.name)}-([0-9.]+)\.xml", file) for file in files)
        return {_numbers(match.group(1)): match.group(1) for match in found if match}


# What came after 13.2 is called Leap, and osinfo-db has it under the same name.
_OPENSUSE = _Line(
    "opensuse.org",
    "opensuse",
    (("10.2", "10.3"), ("11.0", "11.4"), ("12.1", "12.3"), ("13.1", "13.2"), ("15.0", "15.4"), ("42.1", "42.3")),
)

# By os-release's ID.
_LINES = {
    "almalinux": _Line("almalinux.org", "almalinux", (("8", "9"),)),
    "alpine": _Line("alpinelinux.org", "alpinelinux", (("3.5", "3.17"),)),
    "centos": _Line("centos.org", "centos", (("5.0", "5.11"), ("6.0", "6.10"), ("7.0", "7.0"), ("8", "8"))),
    "centos-stream": _Line("centos.org", "centos-stream", (("8", "9"),)),
    "debian": _Line("debian.org", "debian", (("4", "11"),)),
    "fedora": _Line("fedoraproject.org", "fedora", (("10", "37"),)),
    "ol": _Line("oracle.com", "ol", (("5.5", "5.11"), ("6.0", "6.10"), ("7.0", "7.9"), ("8.0", "8.5"))),
    "mageia": _Line("mageia.org", "mageia", (("1", "8"),)),
    "opensuse": _OPENSUSE,
    "opensuse-leap": _OPENSUSE,
    "rhel": _Line(
        "redhat.com",
        "rhel",
        (("5.0", "5.11"), ("6.0", "6.10"), ("7.0", "7.9"), ("8.0", "8.7"), ("9.0", "9.1")),
    ),
    "rocky": _Line("rockylinux.org", "rocky", (("8", "9"), ("8.4", "8.6"), ("9.0", "9.0"))),
    "scientific": _Line(
        "scientificlinux.org",
        "scientificlinux",
        (("5.0", "5.11"), ("6.0", "6.10"), ("7.0", "7.6")),
    ),
    "sle": _Line("suse.com", "sle", (("15", "15"), ("15.1", "15.4"))),
    "sles": _Line("suse.com", "sles", (("11", "11"), ("11.1", "11.4"), ("12", "12"), ("12.1", "12.5"))),
    "ubuntu": _Line("ubuntu.com", "ubuntu", tuple((f"{year}.04", f"{year}.04") for year in range(8, 23))),
}

# Systems without versions.
_ROLLING = {
    "arch": "http://archlinux.org/archlinux/rolling",
    "opensuse-tumbleweed": "http://opensuse.org/opensuse/tumbleweed",
}

# By the name of the product, the newest first: "Windows Server 2012 R2 Standard".
_WINDOWS = (
    ("Server 2025", "2k22"),
    ("Server 2022", "2k22"),
    ("Server 2019", "2k19"),
    ("Server 2016", "2k16"),
    ("Server 2012 R2", "2k12r2"),
    ("Server 2012", "2k12"),
    ("Server 2008 R2", "2k8r2"),
    ("Server 2008", "2k8"),
    ("Server 2003", "2k3"),
    ("11", "11"),
    ("10", "10"),
    ("8.1", "8.1"),
    ("8", "8"),
    ("7", "7"),
)
# By the version of NT and the build from which on it is this one, for names that do not say it: "Hyper-V Server 2019",
# "Azure Stack HCI". Servers, and clients.
_SERVERS = (
    ((10, 0, 20348), "2k22"),
    ((10, 0, 17763), "2k19"),
    ((10, 0, 0), "2k16"),
    ((6, 3, 0), "2k12r2"),
    ((6, 2, 0), "2k12"),
    ((6, 1, 0), "2k8r2"),
    ((6, 0, 0), "2k8"),
)
_CLIENTS = (
    ((10, 0, 22000), "11"),
    ((10, 0, 0), "10"),
    ((6, 3, 0), "8.1"),
    ((6, 2, 0), "8"),
    ((6, 1, 0), "7"),
    ((6, 0, 0), "vista"),
)


def system_id(info: Mapping[str, Any], directory: str = DIRECTORY) -> str | None:
    """The id of a system by `info` of its root in a description; None where osinfo-db has none for it."""
    distribution, product = str(info.get("distribution") or ""), str(info.get("product_name") or "")
    if info.get("os") == "windows":
        found = next((word for name, word in _WINDOWS if re.search(rf"Windows {re.escape(name)}\b", product)), None)
        found = found or _by_version(info)
        return found and f"http://microsoft.com/win/{found}"
    if distribution in _ROLLING:
        return _ROLLING[distribution]
    version = info.get("version") or {}
    major, minor = version.get("major"), version.get("minor")
    if distribution == "centos" and "Stream" in product:
        distribution = "centos-stream"
    if distribution == "sles" and isinstance(major, int) and major >= 15:
        distribution = "sle"
    line = _LINES.get(distribution)
    return line and isinstance(major, int) and _nearest(line, (major, minor or 0), directory) or None


def _by_version(info: Mapping[str, Any]) -> str | None:
    version = info.get("version") or {}
    known = (version.get("major"), version.get("minor"), info.get("build") or 0)
    if not all(isinstance(number, int) for number in known):
        return None
    rows = _SERVERS if info.get("product_variant") == "server" else _CLIENTS
    return next((word for since, word in rows if known >= since), None)


def known_id(identifier: str, directory: str = DIRECTORY) -> str | None:
    """An id of a source, if it has the form of one: itself where osinfo-db has it, else the nearest older one or None."""
    match = _ID.fullmatch(identifier)
    if not match:
        return None
    vendor, name, version = match.groups()
    if os.path.isfile(os.path.join(directory, vendor, f"{name}-{version}.xml")):
        return identifier
    line = next((line for line in _LINES.values() if (line.vendor, line.name) == (vendor, name)), None)
    return _nearest(line, _numbers(version), directory) if line and re.fullmatch(r"[0-9.]+", version) else None


def _nearest(line: _Line, version: Version, directory: str) -> str | None:
    versions = line.versions(directory)
    older = [each for each in versions if each <= version]
    return f"http://{line.vendor}/{line.name}/{versions[max(older)]}" if older else None


def _numbers(version: str) -> Version:
    return tuple(int(part) for part in version.split(".") if part)


def _between(first: str, last: str) -> list[str]:
    """The versions from first to last, which differ in their last number."""
    before, dot, low = first.rpartition(".")
    numbers = range(int(low), int(last.rpartition(".")[2]) + 1)
    # Ubuntu has 22.04.
    return [f"{before}{dot}{str(number).zfill(len(low))}" for number in numbers]
