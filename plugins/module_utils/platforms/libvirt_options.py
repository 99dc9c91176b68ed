# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person asks for when a domain is defined, in the form that its document has it. Pure."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Any

from ..disks.suffixes import SUFFIXES, format_of_name
from ..errors import GuestconvError
from ..texts import disk_urls
from . import request

# libvirt keeps a domain in NAME.xml, and file names have 255 bytes (virDomainConfigFile()).
_LONGEST_NAME = 255 - len(".xml")

_NAME = re.compile(r"[A-Za-z0-9._ -]{1,251}")

# Bytes of the name of a network card (IFNAMSIZ, less the NUL).
_LONGEST_BRIDGE = 15

# dnsName in basictypes.rng of libvirt's schema.
_HOST = re.compile(r"[A-Za-z0-9.-]+")


def check_name(value: object) -> str:
    """The name of a domain. Raises GuestconvError `platform-option-invalid`."""
    name = request.text(value, "name")
    if "/" in name or name != name.strip() or len(name.encode()) > _LONGEST_NAME:
        rule = f"a name has no slash, no space at its ends, and at most {_LONGEST_NAME} bytes."
        suggestion = request.like(name, _NAME, "A-Za-z0-9._ -")
        raise request.invalid(
            "name", f"{name!r} is not a valid name of a domain of libvirt: {rule}", suggestion.strip()
        )
    return name


def named(disks: Any) -> Any:
    """disks, without the key `backing` that the modules' option of this name has: an image says that itself."""
    if not isinstance(disks, (list, tuple)):
        return disks
    return [{key: each[key] for key in each if key != "backing"} if isinstance(each, dict) else each for each in disks]


def source(path: str, pool: Any) -> tuple[str, dict[str, str], dict[str, str]]:
    """(type of the disk, attributes of its source, those of the source's host). Raises GuestconvError.

    In a pool it is the volume with the name of its file. An export has no file, and is not in a pool.
    """
    storage = None if pool is None else check_storage(pool)
    if disk_urls.is_export(path):
        return "network", *check_export(path)
    if storage is not None:
        return "volume", {"pool": storage, "volume": os.path.basename(path)}, {}
    if path.startswith("/dev/"):
        return "block", {"dev": path}, {}
    return "file", {"file": path}, {}


def check_export(value: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The attributes of the source for the URL of an NBD export, and those of its host.

    See "Hard drives, floppy disks, CDROMs" in libvirt's documentation of domains: the protocol nbd, whose name is left out
    for the export without one, and the transport unix. Raises GuestconvError `platform-option-invalid`.
    """
    try:
        url = disk_urls.parse(request.text(value, "disks"))
    except GuestconvError as error:
        raise request.invalid("disks", error.message, error.hint) from error
    name = {"name": request.text(url.path[1:], "disks")} if url.path[1:] else {}
    if url.socket:
        host = {"transport": "unix", "socket": request.text(url.socket, "disks")}
    else:
        host = {"name": _host(url.host), "port": str(url.port)}
    return {"protocol": "nbd", **name}, host


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        try:
            ipaddress.ip_address(name)
        except ValueError as error:
            raise request.invalid("disks", f"libvirt does not take {name!r} as the name of a host.") from error
    return name


def path_of(given: dict[str, str]) -> str:
    """The path of a disk or the URL of its export, as a caller gave it. Raises GuestconvError `platform-option-invalid`."""
    path = given.get("path", "")
    if not os.path.isabs(path) and not disk_urls.is_export(path):
        raise request.invalid("disks", f"{path!r} is not an absolute path on the host that will run the guest.")
    return path


def format_of(given: dict[str, str]) -> str:
    """The format of its image, in QEMU's words. Raises GuestconvError `platform-option-invalid`."""
    # By the name, since the controller does not see the file. QEMU must never probe the format of an image.
    path = given["path"]
    # An export shows the disk as the guest sees it, whatever it is called.
    name = given.get("format") or ("raw" if disk_urls.is_export(path) else format_of_name(path))
    if path.startswith("/dev/"):
        name = name or "raw"
    if name is None:
        raise request.invalid(
            "disks", f"The format cannot be seen from the name {path}.", "Give {path: ..., format: qcow2}."
        )
    return request.one_of(name, sorted(set(SUFFIXES.values())), "disks.format")


def check_network(value: Any) -> tuple[str, str, int | None]:
    """(network or bridge, its name, the VLAN) of what a caller says that a card is plugged into."""
    given = request.named(value, "network", ("network", "bridge", request.VLAN))
    kinds = [key for key in given if key != request.VLAN]
    if len(kinds) != 1:
        hint = "Give the name of a network, or {network: ...}, or {bridge: ...}."
        raise request.invalid("network", f"{value!r} is not a network.", hint)
    kind, name = kinds[0], given[kinds[0]]
    # Networks are files of their own, and bridges are network cards of the host (dev_valid_name() in Linux).
    if "/" in name or (kind == "bridge" and (len(name.encode()) > _LONGEST_BRIDGE or re.search(r"[\s:]", name))):
        raise request.invalid("network", f"{name!r} is not a valid name of a {kind}.")
    return kind, name, request.vlan(given, "network")


def check_storage(value: Any) -> str:
    """The pool that a value of storage_map names."""
    return request.named(value, "storage", ("pool",))["pool"]
