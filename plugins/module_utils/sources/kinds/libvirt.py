# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains of libvirt: in a file of domain XML, or asked of a libvirt that runs."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ...errors import GuestconvError
from ...texts import disk_urls
from . import libvirt_domains, libvirt_xml, placed
from .kind import ACCESS_KEYS, Counter, Description, Keys, Request


class LibvirtKind:
    """See SourceKind."""

    TYPE = "libvirt"
    SUFFIXES = (".xml",)
    KEYS = Keys(optional=("path", "uri", "name", *ACCESS_KEYS))
    # Media, and the variables of the firmware, are files like disks there.
    names_disks = False
    has_checksums = False

    def check(self, settings: Mapping[str, str]) -> tuple[str, str] | None:
        """See SourceKind."""
        if ("path" in settings) == ("uri" in settings):
            return "", "a libvirt source has either path (a file of domain XML) or uri"
        if ("uri" in settings) != ("name" in settings):
            return "name", "uri and name (of the domain) must be given together"
        return None

    def read(self, request: Request) -> Description:
        """See SourceKind."""
        if "uri" in request.settings:
            return _of_domain(request.settings["uri"], request.settings["name"])
        return libvirt_xml.read(request.settings["path"])

    def named_files(self, path: str) -> list[str]:
        """See SourceKind."""
        return placed.named_in_xml(path)

    def verify(self, request: Request, progress: Counter) -> list[str]:
        """See SourceKind."""
        return []


KIND = LibvirtKind()


def _of_domain(uri: str, name: str) -> Description:
    with libvirt_domains.connected(uri) as connection:
        if connection.is_running(name):
            raise GuestconvError(
                "disk-in-use",
                f"The domain {name} is running, so its disks are changing.",
                path="source.name",
                hint="Shut it down first; a suspended one counts as running.",
            )
        description = connection.read(name)
    if not libvirt_domains.is_local(uri):
        for disk in description["disks"]:
            if not disk_urls.is_url(disk["path"]):
                disk["path"] = _on_host(uri, disk["path"])
    return description


def _on_host(uri: str, path: str) -> str:
    """The URL of a file on the machine whose libvirt is at uri."""
    parts = urlsplit(uri)
    if parts.scheme.partition("+")[2] not in ("ssh", "libssh", "libssh2") or not parts.hostname:
        raise GuestconvError(
            "source-url-not-supported",
            f"Disks cannot be fetched from the machine of {uri}.",
            path="source.uri",
            hint="Give a URI with SSH, qemu+ssh://HOST/system.",
        )
    return disk_urls.of_file(parts.hostname, parts.port, parts.username, path)
