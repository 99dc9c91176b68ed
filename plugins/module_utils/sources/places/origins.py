# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bytes of one disk are, opened for QEMU to read. One class for each kind of place.

Each has `is_local` (whether an overlay can stand on it) and opened(), a context manager around an Opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from ...disks import images, qemu_img, slices
from ...disks.formats import probe, vmdk
from ...disks.formats.reading import BadHeader
from ...errors import GuestconvError
from ..kinds import ova
from . import urls, web
from .nbdkit import NbdkitFailed, Server

# Seconds until a server that says nothing more is given up: of a request to a web server, of a connection by SSH.
_CURL_TIMEOUT, _SSH_TIMEOUT = 120, 30
# Nearest to the disk, it opens the connection anew when reading fails, five times within a minute.
_RETRY = ("retry",)


@dataclass
class Opened:
    """A disk that can be read.

    node: QEMU's block node. size: bytes in it. is_file: whether these are the bytes of an image file that nobody has
    judged yet, and not what the guest sees. identify: a function that says what makes the disk this one in this state,
    in values of JSON; it asks anew each time. disk: the images.Disk of a local one. complaint: a function that says
    what the server on the way to the disk says is wrong.
    """

    node: dict
    size: int
    is_file: bool
    identify: object
    disk: images.Disk | None = None
    complaint: object = field(default=lambda: "")

    def identity(self):
        """The checksum of identify(), which tells nobody a URL."""
        return hashlib.sha256(json.dumps([self.size, self.is_file, self.identify()]).encode()).hexdigest()


def of_entry(entry, request):
    """The place of a disk. entry: as of sources/__init__.py, with `device`; request: the request.Request."""
    path = entry["path"]
    if request.type == "vddk":
        return Vddk(path, request)
    if urls.is_url(path):
        url = urls.parse(path)
        place = {"https": Web, "ssh": Ssh}.get(url.scheme, Nbd)
        return place(url, entry.get("format"), request.access)
    if "compression" in entry:
        return Packed(entry)
    return Member(entry) if "member" in entry else LocalImage(entry)


def _opened(node, is_file, identify, complaint=lambda: ""):
    """The Opened of a node that QEMU can open. Raises GuestconvError `source-unreachable`, `source-disk-damaged`."""
    size, reason = slices.size_of(node)
    if size is None:
        raise _unreachable(complaint() or reason)
    if not size:
        raise GuestconvError("source-disk-damaged", "The disk is empty.")
    return Opened(node, size, is_file, identify, complaint=complaint)


def _unreachable(reason):
    return GuestconvError(
        "source-unreachable",
        f"The disk cannot be opened: {reason}",
        hint="Is it there, may the user read it, and does this machine know the other's key?",
    )


def _state(path):
    """What changes when somebody writes to a local file. A block device has no such time."""
    status = os.stat(path)
    if stat.S_ISBLK(status.st_mode):
        with open(path, "rb") as stream:
            return [path, status.st_rdev, hashlib.sha256(stream.read(4 << 20)).hexdigest()]
    return [path, status.st_ino, status.st_size, status.st_mtime_ns]


class LocalImage:
    """A file or block device of this machine, judged by disks/images.py."""

    is_local = True

    def __init__(self, entry):
        self._option = {key: entry[key] for key in ("path", "format", "device", "backing") if key in entry}

    @contextmanager
    def opened(self):
        """See the module."""
        (disk,) = images.disks_from_option([self._option])
        yield Opened(node_of(disk), disk.virtual_size, False, lambda: [_state(path) for path in _files(disk)], disk)


def node_of(disk):
    """QEMU's block node of an images.Disk, with what is below it as its headers say, which were judged."""
    is_device = stat.S_ISBLK(os.stat(disk.path).st_mode)
    return {"driver": disk.format, "file": {"driver": "host_device" if is_device else "file", "filename": disk.path}}


def _files(disk):
    """The paths of all files that a disk is made of."""
    for path in (disk.path, *disk.backing):
        yield path
        with open(path, "rb") as stream:
            if probe.probe(stream, stream.seek(0, os.SEEK_END))[0] != "vmdk":
                continue
            try:
                extents = vmdk.read_header(stream).extents
            except BadHeader:
                # What is raw by the word of who named it may begin like one all the same. Or its names lead nowhere.
                continue
        names = (os.path.join(os.path.dirname(path), extent.name) for extent in extents)
        yield from (name for name in names if os.path.isfile(name))


class Member:
    """A disk in an OVA. A VMDK or a raw disk is read where it is."""

    is_local = False

    def __init__(self, entry):
        self._entry = entry

    @contextmanager
    def opened(self):
        """See the module."""
        entry = self._entry
        node = {
            "driver": "raw",
            "offset": entry["offset"],
            "size": slices.whole_sectors(entry["length"]),
            "file": slices.file_node(entry["path"]),
        }
        is_file = entry.get("format") not in ("raw", "vmdk")
        if entry.get("format") == "vmdk":
            with ova.opened_member(entry) as stream:
                refuse_others(stream, f"{entry['path']}: {entry['member']}")
            node = {"driver": "vmdk", "backing": None, "file": node}
            # Which is cut off only its own tables tell: QEMU opens it, and reads zeroes or fails in the middle.
            if qemu_img.run(["check", "-q", slices.reference(node)], qemu_img.copy_timeout(entry["length"])).code in (
                1,
                2,
            ):
                raise GuestconvError(
                    "source-disk-damaged",
                    f"{entry['path']}: {entry['member']} is damaged or not complete.",
                    hint="Copy the OVA again from its source, and compare the sizes.",
                )
        yield _opened(node, is_file, lambda: [_state(entry["path"]), entry["member"], entry["offset"]])


def refuse_others(stream, where):
    """Raise GuestconvError where the VMDK in stream names further files, which QEMU would open."""
    try:
        header = vmdk.read_header(stream)
    except BadHeader as error:
        raise GuestconvError("source-disk-damaged", f"{where} is damaged or not complete: {error}.") from error
    if header.extents or header.parent:
        raise GuestconvError(
            "source-hostile",
            f"{where} names other files as parts of it.",
            hint="Export the guest again, with its disks in one file each.",
        )


class Packed:
    """An image file that an OVF package has compressed by gzip, in an OVA or beside the OVF."""

    is_local = False

    def __init__(self, entry):
        self._entry = entry

    @contextmanager
    def opened(self):
        """See the module."""
        entry = self._entry
        settings, filters = {"file": entry["path"]}, ("gzip",)
        if "member" in entry:
            settings.update(offset=entry["offset"], range=entry["length"])
            filters = ("gzip", "offset")
        with Server("file", settings, filters) as server:
            yield _opened(server.node, True, lambda: [_state(entry["path"]), entry.get("member")], server.complaint)


@contextmanager
def _kept_open(plugin, settings, filters, secret):
    """A Server of the plugin, and before it one that keeps the connection for all the slices: a login each is slow, and
    VMware counts sessions. Yields (node, complaint)."""
    with ExitStack() as stack:
        inner = stack.enter_context(Server(plugin, settings, filters, secret))
        try:
            # It connects when it starts.
            outer = stack.enter_context(Server("nbd", {"socket": inner.socket, "shared": "true"}))
        except NbdkitFailed as error:
            if not inner.complaint():
                raise
            raise _unreachable(inner.complaint()) from error
        yield outer.node, inner.complaint


class Web:
    """A file of a web server, by nbdkit's curl plugin."""

    is_local = False

    def __init__(self, url, image_format, access):
        self._url, self._format, self._access = url, image_format, access

    @contextmanager
    def opened(self):
        """See the module."""
        url, access = self._url, self._access
        facts = web.identify(url, access)
        user = url.user or access.user
        settings = {
            "url": url.text,
            "protocols": "https",
            "timeout": _CURL_TIMEOUT,
            "cainfo": access.cafile,
            "user": user,
        }
        secret = access.password if user is not None else None
        with _kept_open("curl", settings, _RETRY, secret) as (node, complaint):
            found = _opened(
                node,
                self._format != "raw",
                lambda: [url.text, *web.identify(url, access)],
                lambda: complaint().replace(url.text, url.shown),
            )
            if found.size != slices.whole_sectors(facts[0]):
                raise GuestconvError("source-changed", f"{url.shown} changes while it is read.")
            if facts[1:] == [None, None]:
                found.identify = lambda: [url.text, slices.head_digest(node, found.size)]
            yield found


class Ssh:
    """A file or block device of another machine, by nbdkit's ssh plugin, which speaks SFTP."""

    is_local = False

    def __init__(self, url, image_format, access):
        self._url, self._format, self._access = url, image_format, access

    @contextmanager
    def opened(self):
        """See the module."""
        url, access = self._url, self._access
        settings = {
            "host": url.host,
            "port": url.port,
            "path": url.path,
            "user": url.user or access.user,
            "identity": access.identity,
            "known-hosts": access.known_hosts,
            "timeout": _SSH_TIMEOUT,
        }
        with _kept_open("ssh", settings, _RETRY, access.password) as (node, complaint):
            yield _by_head(node, self._format != "raw", url.text, complaint)


class Nbd:
    """An export of an NBD server, by QEMU's own client. By default it shows what the guest sees."""

    is_local = False

    def __init__(self, url, image_format, access):
        self._url, self._format = url, image_format

    @contextmanager
    def opened(self):
        """See the module."""
        url = self._url
        server = (
            {"type": "unix", "path": url.socket}
            if url.socket
            else {"type": "inet", "host": url.host, "port": str(url.port)}
        )
        node = {"driver": "nbd", "server": server, "export": url.path[1:]}
        yield _by_head(node, self._format not in (None, "raw"), url.text)


class Vddk:
    """A disk of VMware's, by nbdkit's vddk plugin and VMware's library, which the user has."""

    is_local = False

    def __init__(self, file, request):
        self._file, self._request = file, request

    @contextmanager
    def opened(self):
        """See the module."""
        asked = self._request.settings
        settings = {key: asked.get(key) for key in ("libdir", "server", "user", "thumbprint")}
        settings["vm"] = asked["vm"] if asked["vm"].startswith("moref=") else f"moref={asked['vm']}"
        settings["file"] = self._file
        # VMware answers slowly where there are holes, and QEMU asks often: nbdkit-cacheextents-filter(1).
        filters = ("cacheextents", *_RETRY)
        with _kept_open("vddk", settings, filters, self._request.access.password) as (node, complaint):
            yield _by_head(node, False, [asked["server"], settings["vm"], self._file], complaint)


def _by_head(node, is_file, place, complaint=lambda: ""):
    """The Opened of a place that tells no time of the last change: the size and the first bytes must do."""
    found = _opened(node, is_file, None, complaint)
    found.identify = lambda: [place, slices.head_digest(node, found.size)]
    return found
