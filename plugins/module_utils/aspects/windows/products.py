# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is listed as installed in Windows ("Apps & features"), by the keys Uninstall of the registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...guest.hives import Key
from ...guest.root import GuestRoot
from ...packages.manager import Application
from . import release

# Programs of 32 bits on a Windows of 64 bits are listed in the second.
_UNINSTALL = (
    (r"Microsoft\Windows\CurrentVersion\Uninstall", ""),
    (r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall", "i686"),
)
# A product of the Windows Installer is listed by its code. So is a bundle of several, which has an uninstaller of its own
# (WiX, Burn: its registration has the place of that).
_PRODUCT_CODE = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.ASCII | re.IGNORECASE)
_BUNDLE = "BundleCachePath"


@dataclass(frozen=True)
class Product:
    """A product.

    key: the name of its key; for those of the Windows Installer, the product code. name, version, publisher: as shown.
    arch: "i686" for one of 32 bits on a Windows of 64 bits, else "". has_code: whether the Windows Installer knows it by key.
    """

    key: str
    name: str
    version: str
    publisher: str
    arch: str
    has_code: bool


@dataclass(frozen=True)
class _Listed:
    products: tuple[Product, ...]


def found(root: GuestRoot) -> list[Product]:
    """The products that are listed, by name. They are read once, as each takes a dozen calls. Raises GuestconvError."""
    try:
        return list(root.recall(_Listed).products)
    except KeyError:
        software = root.hive(release.SOFTWARE, "")
        listed = [each for path, arch in _UNINSTALL for each in _below(software.key(path) if software else None, arch)]
        products = sorted(dict.fromkeys(listed), key=lambda each: (each.name.casefold(), each.key))
        root.remember(_Listed(tuple(products)))
        return products


def _below(key: Key | None, arch: str) -> Iterator[Product]:
    for each in key.keys() if key else ():
        name = release.text(each, "DisplayName")
        # Updates of a product and parts of the system have no name, or say that they are to be hidden.
        if name and release.number(each, "SystemComponent") != 1:
            version, publisher = release.text(each, "DisplayVersion"), release.text(each, "Publisher")
            has_code = bool(_PRODUCT_CODE.fullmatch(each.name)) and each.value(_BUNDLE) is None
            yield Product(each.name, name, version, publisher, arch, has_code)


def applications(root: GuestRoot) -> list[Application]:
    """The products as a description has applications. Raises GuestconvError."""
    return [
        Application(name=each.name, epoch=None, version=each.version, release=None, arch=each.arch or None)
        for each in found(root)
    ]
