# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Windows a root has, by its registry: what the other subjects of Windows ask for."""

from __future__ import annotations

from dataclasses import dataclass

from ...guest.hives import Hive, Key
from ...guest.root import GuestRoot
from ...texts.inf import Release

SYSTEM, SOFTWARE = "SYSTEM", "SOFTWARE"
_CURRENT_VERSION = r"Microsoft\Windows NT\CurrentVersion"

# Environment variables of the system, as all programs get them: right also where System32 is compressed (CompactOS).
_ENVIRONMENT = r"Control\Session Manager\Environment"
_ARCHITECTURES = {"amd64": "amd64", "x86": "x86", "arm64": "arm64"}
_PRODUCT_TYPE = r"Control\ProductOptions"
_CLIENT = "winnt"
# Numbers of control sets that the kernel uses, and what names the one of the next start.
_MOST_SETS = 999
_NEXT = ("Default", "Current")
# Characters of a text that are taken: names of products and files have some hundred.
_LONGEST = 4096


@dataclass(frozen=True)
class _Known:
    release: Release | None


def of(root: GuestRoot) -> Release | None:
    """Which Windows root, which is mounted, has; None where its registry does not say. Raises GuestconvError."""
    try:
        return root.recall(_Known).release
    except KeyError:
        release = _read(root)
        root.remember(_Known(release))
        return release


def control_set(hive: Hive) -> Key | None:
    """The part of the hive SYSTEM that Windows uses at its next start (CurrentControlSet); None where there is none.

    The boot loader takes the one whose number is Select\\Default (Microsoft, "REG: ControlSet\\Select Subkey Entries",
    Q102984). Select\\Current is what was in use last, the same but after a start with another set.
    """
    select = hive.key("Select")
    for name in _NEXT if select else ():
        value = select.value(name) if select else None
        number = value.number if value else None
        found = hive.key(f"ControlSet{number:03d}") if number is not None and 0 < number <= _MOST_SETS else None
        if found is not None:
            return found
    return None


def controlled(root: GuestRoot, detail: str) -> Key | None:
    """The current control set of root, to be read, and altered for detail; None where there is none."""
    hive = root.hive(SYSTEM, detail)
    return control_set(hive) if hive else None


def of_version(root: GuestRoot, name: str) -> str:
    """A text that the registry of root has of the version; "" where there is none. Raises GuestconvError."""
    software = root.hive(SOFTWARE, "")
    return text(software.key(_CURRENT_VERSION) if software else None, name)


def text(key: Key | None, name: str) -> str:
    """The text of a value, as far as it is of a length that such texts have; "" where there is none."""
    value = key.value(name) if key else None
    return value.text[:_LONGEST] if value else ""


def number(key: Key | None, name: str) -> int | None:
    """The number of a value, be it written as a text of digits; None where there is none."""
    value = key.value(name) if key else None
    if value is None:
        return None
    digits = value.text
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else value.number


def _read(root: GuestRoot) -> Release | None:
    current = controlled(root, "")
    if current is None:
        return None
    arch = text(current.key(_ENVIRONMENT), "PROCESSOR_ARCHITECTURE").casefold()
    product_type = text(current.key(_PRODUCT_TYPE), "ProductType").casefold()
    software = root.hive(SOFTWARE, "")
    version = software.key(_CURRENT_VERSION) if software else None
    major, minor = _version(version)
    if major is None or minor is None:
        return None
    # Domain controllers are servers too: LanmanNT.
    is_server = bool(product_type) and product_type != _CLIENT
    build = number(version, "CurrentBuildNumber") or number(version, "CurrentBuild") or 0
    return Release(_ARCHITECTURES.get(arch, arch), major, minor, build, is_server)


def _version(key: Key | None) -> tuple[int | None, int | None]:
    """Windows 10 and later keep 6.3 in CurrentVersion, for old programs."""
    major, minor = number(key, "CurrentMajorVersionNumber"), number(key, "CurrentMinorVersionNumber")
    if major is not None:
        return major, minor or 0
    first, _dot, second = text(key, "CurrentVersion").partition(".")
    numbers = [int(part) if part.isascii() and part.isdigit() and len(part) < 5 else None for part in (first, second)]
    return numbers[0], numbers[1]
