# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of source is: the interface that each file of this room implements, and the types that it takes and returns."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol, TypedDict

from ...disks import later_states

# Called with the number of bytes that were just read.
Counter = Callable[[int], None]


class DiskEntry(TypedDict, total=False):
    """One disk of a guest. What is not known is absent.

    path: a file, or a URL. format: one of probe.SUPPORTED. device: the guest's name of it ("sda").
    size: bytes of the virtual disk. backing: the files below the disk.
    member, offset, length: in an OVA, the member's name and which bytes of the archive `path` are the disk.
    compression: "gzip", in an OVA or OVF. packed: how the OVA is compressed as a whole, so that its members must be unpacked.
    """

    path: str
    format: str
    device: str
    size: int
    backing: list[str]
    member: str
    offset: int
    length: int
    compression: str
    packed: str


class Description(TypedDict):
    """A guest as its source describes it.

    name: what the source calls the guest. disks: the one that it boots from first. hardware: as the modules take it
    ({firmware, cpus, memory, interfaces, disks}), as far as it is known. warnings: sentences for people.
    """

    name: str
    disks: list[DiskEntry]
    hardware: dict[str, Any]
    warnings: list[str]


@dataclass(frozen=True)
class Access:
    """How to log in to servers. cafile, identity, known_hosts: paths on this machine; each may be None."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    identity: str | None = None
    known_hosts: str | None = None


# The keys of a source that become an Access; the password has an option of its own.
ACCESS_KEYS = ("user", "cafile", "identity", "known_hosts")


@dataclass(frozen=True)
class Request:
    """A source, checked. settings: its keys other than `type` and `disks`. disks: those that the source names itself."""

    type: str
    settings: Mapping[str, str]
    disks: tuple[DiskEntry, ...] = ()
    access: Access = Access()


@dataclass(frozen=True)
class Keys:
    """The keys of `guestconv_source` that a kind has in addition to `type`.

    needed, optional: their names. remote_disks: whether the paths of `disks` are those of another machine, and its
    own format is nothing that a person could know.
    """

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    remote_disks: bool = False


class SourceKind(Protocol):
    """A kind of source. All that raise, raise GuestconvError `source-...`."""

    @property
    def TYPE(self) -> str:
        """`type` of a guestconv_source of this kind."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]:
        """How the names of files end that describe a guest in this kind's way; () for a kind without such files."""

    @property
    def KEYS(self) -> Keys:
        """The keys of such a source."""

    def check(self, settings: Mapping[str, str]) -> tuple[str, str] | None:
        """(key, what is wrong with it), where keys do not go together; None when all is well."""

    def read(self, request: Request) -> Description:
        """The guest's description by its source."""

    def named_files(self, path: str) -> list[str]:
        """The files that the descriptor at path names, in its own words, as far as it can be read. They belong to its
        guest also where the guest itself cannot be described."""

    @property
    def names_disks(self) -> bool:
        """Whether what named_files() returns are disks, so that one which the guest does not have is worth a warning."""

    @property
    def has_checksums(self) -> bool:
        """Whether a source of this kind may come with the checksums of its files."""

    def verify(self, request: Request, progress: Counter) -> list[str]:
        """Compare the files of the source with their checksums. Returns the names of those that have one."""


class DescribedInFile:
    """A SourceKind whose guests are described in one file each.

    Args: read: a function from the file's path to the description; named: from the path to the files that it names;
    verify: from the path and a Counter to the names of the files that have a checksum, or None for a kind without.
    """

    KEYS = Keys(needed=("path",))
    names_disks = True

    def __init__(
        self,
        type: str,
        suffixes: tuple[str, ...],
        read: Callable[[str], Description],
        named: Callable[[str], list[str]] = lambda path: [],
        verify: Callable[[str, Counter], list[str]] | None = None,
    ) -> None:
        self.TYPE = type
        self.SUFFIXES = suffixes
        self._read = read
        self._named = named
        self._verify = verify

    def check(self, settings: Mapping[str, str]) -> tuple[str, str] | None:
        """See SourceKind."""
        return None

    def read(self, request: Request) -> Description:
        """See SourceKind."""
        return self._read(request.settings["path"])

    def named_files(self, path: str) -> list[str]:
        """See SourceKind."""
        return self._named(path)

    @property
    def has_checksums(self) -> bool:
        """See SourceKind."""
        return self._verify is not None

    def verify(self, request: Request, progress: Counter) -> list[str]:
        """See SourceKind."""
        return self._verify(request.settings["path"], progress) if self._verify else []


class Package(DescribedInFile):
    """A DescribedInFile that may describe several guests, of which the key `vm` names one. Args: read: takes that name, too."""

    KEYS = Keys(needed=("path",), optional=("vm",))

    def __init__(
        self,
        type: str,
        suffixes: tuple[str, ...],
        read: Callable[[str, str | None], Description],
        named: Callable[[str], list[str]] = lambda path: [],
        verify: Callable[[str, Counter], list[str]] | None = None,
    ) -> None:
        super().__init__(type, suffixes, lambda path: read(path, None), named, verify)
        self._read_one = read

    def read(self, request: Request) -> Description:
        """See SourceKind."""
        return self._read_one(request.settings["path"], request.settings.get("vm"))


class NamedDisks:
    """A SourceKind that says nothing but which disks a guest has."""

    SUFFIXES = ()
    names_disks = False
    has_checksums = False

    def __init__(self, type: str, keys: Keys) -> None:
        self.TYPE = type
        self.KEYS = keys

    def check(self, settings: Mapping[str, str]) -> tuple[str, str] | None:
        """See SourceKind."""
        return None

    def read(self, request: Request) -> Description:
        """See SourceKind."""
        # A URL may have a query.
        file = posixpath.basename(request.disks[0]["path"].partition("?")[0])
        later = [each for disk in request.disks for each in later_states.states_after(disk["path"])]
        return {
            "name": posixpath.splitext(file)[0],
            "disks": [DiskEntry(**disk) for disk in request.disks],
            "hardware": {},
            "warnings": later,
        }

    def named_files(self, path: str) -> list[str]:
        """See SourceKind."""
        return []

    def verify(self, request: Request, progress: Counter) -> list[str]:
        """See SourceKind."""
        return []
