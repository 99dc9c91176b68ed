# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The domains of a libvirt, asked through its own Python binding, read-only."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ...errors import GuestconvError
from . import libvirt_xml
from .kind import Description, DiskEntry


def _binding() -> Any:
    """libvirt's, which is not loaded where no libvirt is asked: that takes a while, and each disk is fetched by a process."""
    return importlib.import_module("libvirt")


def is_local(uri: str) -> bool:
    """Whether the libvirt at uri runs on this machine, so that the paths of its disks are this machine's."""
    return not urlsplit(uri).netloc


@contextmanager
def connected(uri: str) -> Iterator[Connection]:
    """A Connection to the libvirt at uri while the block runs.

    Raises GuestconvError `library-missing`, `source-libvirt-unreachable`.
    """
    try:
        libvirt = _binding()
    except ImportError as error:
        raise GuestconvError(
            "library-missing",
            "libvirt's Python binding is missing.",
            path="uri",
            hint="Install python3-libvirt (or libvirt-python with pip) for the Python that runs this.",
        ) from error
    # By default it also writes its errors to stderr.
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    try:
        connection = libvirt.openReadOnly(uri)
    except libvirt.libvirtError as error:
        what = f"The libvirt at {uri} does not answer: {error}."
        raise GuestconvError(
            "source-libvirt-unreachable", what, path="uri", hint="Try `virsh -r -c URI list --all` as the same user."
        ) from error
    try:
        yield Connection(connection, uri)
    finally:
        connection.close()


class Connection:
    """The domains of the libvirt at uri, by their names."""

    def __init__(self, connection: Any, uri: str) -> None:
        self._connection, self._uri = connection, uri

    def names(self) -> list[str]:
        """The names of all domains, running or not. Raises GuestconvError `source-libvirt-unreachable`."""
        try:
            # Domain-0 is Xen's own, and no guest.
            return sorted(domain.name() for domain in self._connection.listAllDomains() if domain.name() != "Domain-0")
        except _binding().libvirtError as error:
            raise self._failed(error) from error

    def read(self, name: str) -> Description:
        """The description of the guest of the domain called name.

        Raises GuestconvError `source-...`.
        """
        try:
            domain = self._connection.lookupByName(name)
            # As it will start next time: what was plugged in since is gone then.
            text = domain.XMLDesc(_binding().VIR_DOMAIN_XML_INACTIVE)
            description = libvirt_xml.parse(text, f"{self._uri} {name}", self._volume_path)
        except _binding().libvirtError as error:
            raise self._failed(error) from error
        if is_local(self._uri):
            libvirt_xml.with_headers(description)
        for disk in description["disks"]:
            if "size" not in disk:
                disk.update(_size(domain, disk["path"]))
        return description

    def is_running(self, name: str) -> bool:
        """Whether the domain is on, so that its disks change. Raises GuestconvError `source-libvirt-unreachable`."""
        try:
            return bool(self._connection.lookupByName(name).isActive())
        except _binding().libvirtError as error:
            raise self._failed(error) from error

    def _volume_path(self, pool: str, volume: str) -> str:
        return str(self._connection.storagePoolLookupByName(pool).storageVolLookupByName(volume).path())

    def _failed(self, error: Exception) -> GuestconvError:
        return GuestconvError("source-libvirt-unreachable", f"The libvirt at {self._uri} failed: {error}.", path="uri")


def _size(domain: Any, path: str) -> DiskEntry:
    try:
        return {"size": domain.blockInfo(path)[0]}
    except _binding().libvirtError:
        # Of a disk on a network that is not in use, say.
        return {}
