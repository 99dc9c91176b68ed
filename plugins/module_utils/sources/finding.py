# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source says of a guest that is to be fetched: its metadata, whatever it keeps them in."""

from __future__ import annotations

import posixpath
import unicodedata
from urllib.parse import urlsplit

from ..disks import images
from ..errors import GuestconvError
from .kinds import libvirt_domains, libvirt_xml, ova, ovf, vmx
from .places import urls

_READERS = {"ova": ova.read, "ovf": ovf.read, "vmx": vmx.read, "libvirt": libvirt_xml.read}

# Characters of a name that begin a file's. At four bytes each they leave room for its ending in the 255 of a file name.
_LONGEST_STEM = 50


def describe(request):
    """The description of the guest, as sources/__init__.py says, whose disks all have a `device`.

    Args: request: the request.Request. Raises GuestconvError `source-...`.
    """
    if request.disks:
        name = posixpath.splitext(posixpath.basename(request.disks[0]["path"].partition("?")[0]))[0]
        description = {"name": name, "disks": [dict(disk) for disk in request.disks], "hardware": {}, "warnings": []}
    elif "uri" in request.settings:
        description = _of_domain(request.settings["uri"], request.settings["name"])
    else:
        description = _READERS[request.type](request.settings["path"])
    taken = {disk.get("device") for disk in description["disks"]}
    free = (name for name in images.device_names(len(taken) + len(description["disks"])) if name not in taken)
    for disk in description["disks"]:
        disk["device"] = disk.get("device") or next(free)
    return description


def _of_domain(uri, name):
    with libvirt_domains.connected(uri) as connection:
        if connection.is_running(name):
            raise GuestconvError(
                "disk-in-use",
                f"The domain {name} is running, and its disks change.",
                path="source.name",
                hint="Shut it down first; a suspended one counts as running.",
            )
        description = connection.read(name)
    if not libvirt_domains.is_local(uri):
        for disk in description["disks"]:
            if not urls.is_url(disk["path"]):
                disk["path"] = _on_host(uri, disk["path"])
    return description


def _on_host(uri, path):
    """The URL of a file on the machine whose libvirt is at uri."""
    parts = urlsplit(uri)
    if parts.scheme.partition("+")[2] not in ("ssh", "libssh", "libssh2"):
        raise GuestconvError(
            "source-url-not-supported",
            f"No disks can be fetched from the machine of {uri}.",
            path="source.uri",
            hint="Give a URI with SSH, qemu+ssh://HOST/system.",
        )
    return urls.of_file(parts.hostname, parts.port, parts.username, path)


def file_stem(name):
    """What the names of files begin with for a guest of that name, which may be anything."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(character if character.isalnum() or character in "._-" else "-" for character in text)
    return text[:_LONGEST_STEM].strip("-._") or "guest"
