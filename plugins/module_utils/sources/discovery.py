# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests that are in directories: as disks, OVAs, OVFs, VMX files or libvirt's domain XML."""

from __future__ import annotations

import fnmatch
import functools
import glob
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..disks import differencing, disk_files, later_states
from ..disks.images import device_names
from ..disks.suffixes import SUFFIXES
from ..errors import GuestconvError
from . import disk_names
from .kinds import placed, registry
from .kinds.kind import Description, DiskEntry, Request, SourceKind
from .kinds.libvirt_xml import NotADomain
from .kinds.metadata import disk_entry

# Changed block tracking keeps a map of a disk in a file that is called like a disk.
_NO_DISKS = ("-ctk.vmdk",)
# How VMware calls the extents of a disk.
_EXTENTS = ("-flat", "-delta", "-sesparse", "-rdm", "-rdmp")


@dataclass(frozen=True)
class Guest:
    """A guest that was found.

    source: as `guestconv_source` has it, with its type. origin: a path, or a URI and a name: what makes it itself.
    description: what the source says of it.
    """

    source: dict[str, Any]
    origin: str
    description: Description


@dataclass
class Found:
    """guests: list of Guest. problems: list of GuestconvError, one for each that is left out."""

    guests: list[Guest]
    problems: list[GuestconvError]

    def attempt(self, read: Callable[[], Guest]) -> bool:
        """Add the Guest that read() returns, or the error that it raises. Returns whether it is a guest."""
        try:
            self.guests.append(read())
        except GuestconvError as error:
            self.problems.append(error)
            return False
        return True


def find(
    paths: Iterable[str], exclude: Collection[str] = (), recursive: bool = True, known: Iterable[Guest] = ()
) -> Found:
    """The Found in paths.

    Args: paths: absolute paths of files and directories, and patterns of them. exclude: patterns of paths, or of names
    of files. recursive: whether to look into subdirectories. known: Guests from elsewhere, whose disks are not guests of their own.
    """
    found = Found([], [])
    folders: dict[str, _Folder] = {}
    for pattern in paths:
        matches = [pattern] if os.path.lexists(pattern) else sorted(glob.glob(pattern, recursive=True))
        if not matches:
            found.problems.append(GuestconvError("source-not-found", f"There is nothing at {pattern}.", path=pattern))
        for match in matches:
            _walk(match, match != pattern, recursive, exclude, folders, found)
    _leave_out_links(folders)
    owned = {os.path.realpath(path) for guest in known for path in _files(guest.description)}
    for folder in folders.values():
        folder.read_descriptors(found, owned)
    for folder in folders.values():
        folder.read_disks(found, owned)
    return found


def _walk(
    path: str,
    is_one_of_several: bool,
    recursive: bool,
    exclude: Collection[str],
    folders: dict[str, _Folder],
    found: Found,
) -> None:
    """Note in folders, {path: _Folder}, what is at path."""
    if not os.path.isdir(path):
        _folder(folders, os.path.dirname(path), False).add(os.path.basename(path), exclude, found, is_named=True)
        return

    def failed(error: OSError) -> None:
        found.problems.append(
            GuestconvError(
                "source-not-readable", f"{error.filename} cannot be read: {error.strerror}.", path=error.filename
            )
        )

    for directory, below, names in os.walk(path, onerror=failed):
        # Hidden ones are the storage's own: .snapshot, .zfs.
        below[:] = sorted(
            name
            for name in below
            if recursive and not name.startswith(".") and not is_excluded(os.path.join(directory, name), exclude)
        )
        folder = _folder(folders, directory, is_one_of_several or directory != path)
        for name in names:
            folder.add(name, exclude, found, is_named=False)


def _leave_out_links(folders: dict[str, _Folder]) -> None:
    """Leave out what is a link to another file that was found: libvirt has one in autostart/ for a domain that it starts.

    A link to a disk in another directory may say which guest the disk belongs to, so it stays.
    """
    places = {os.path.join(real, name) for real, folder in folders.items() for name in folder.names()}
    for real, folder in folders.items():
        for name in folder.names():
            file = os.path.realpath(os.path.join(real, name))
            is_descriptor = registry.by_suffix(os.path.splitext(name)[1].lower()) is not None
            if file != os.path.join(real, name) and file in places and (is_descriptor or os.path.dirname(file) == real):
                folder.leave_out(name)


def _folder(folders: dict[str, _Folder], path: str, is_subdirectory: bool) -> _Folder:
    return folders.setdefault(os.path.realpath(path), _Folder(path, is_subdirectory))


def is_excluded(path: str, exclude: Collection[str]) -> bool:
    """Whether one of the patterns exclude is for path, or for the last part of it."""
    return any(fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(os.path.basename(path), one) for one in exclude)


class _Folder:
    """The files of one directory that may be guests'. is_subdirectory: see disk_names.group."""

    def __init__(self, path: str, is_subdirectory: bool) -> None:
        self._path, self._is_subdirectory = path, is_subdirectory
        # {name: whether the user named the file itself, and not its directory}
        self._names: dict[str, bool] = {}
        # Stems of descriptors that could not be read: their disks are not guests of their own.
        self._broken: set[str] = set()

    def add(self, name: str, exclude: Collection[str], found: Found, is_named: bool) -> None:
        """Take a file of the directory, unless it is hidden or excluded."""
        path = os.path.join(self._path, name)
        known = (*registry.suffixes(), *disk_files.EXTENSIONS)
        if os.path.splitext(name)[1].lower() not in known:
            if is_named:
                found.problems.append(
                    GuestconvError(
                        "source-not-supported",
                        f"{path} is not of a known kind.",
                        path=path,
                        hint=f"Known are {', '.join(known)}.",
                    )
                )
            return
        if name.startswith(".") and not is_named or is_excluded(path, exclude):
            return
        if not path.isprintable():
            # For example what is not UTF-8: an Ansible variable cannot hold it.
            found.problems.append(
                GuestconvError(
                    "source-not-supported", f"{path!r} has a name that is not text.", path=repr(path), hint="Rename it."
                )
            )
            return
        self._names[name] = is_named or self._names.get(name, False)

    def names(self) -> list[str]:
        """The names of the files."""
        return list(self._names)

    def leave_out(self, name: str) -> None:
        """Forget the file of this name."""
        del self._names[name]

    def read_descriptors(self, found: Found, owned: set[str]) -> None:
        """Add the guests that files describe to found, and the real paths of all files that they name to owned.

        A descriptor owns its disks also where its guest cannot be read: half a machine must not become a guest.
        """
        for name in sorted(self._names):
            stem, ending = os.path.splitext(name)
            kind, path = registry.by_suffix(ending.lower()), os.path.join(self._path, name)
            if kind is None:
                continue
            if found.attempt(functools.partial(_described, kind, path)):
                files = set(map(os.path.realpath, _files(found.guests[-1].description)))
                named_files = placed.found_files(kind.named_files(path), path)
                if kind.names_disks:
                    found.problems += _not_attached(path, named_files, files)
                owned.update(files)
                owned.update(map(os.path.realpath, _made_of(named_files)))
            elif isinstance(found.problems[-1], NotADomain):
                if not self._names[name]:
                    # Many files are XML. This one was not named, only its directory.
                    found.problems.pop()
            else:
                self._broken.add(stem)
                named_files = placed.found_files(kind.named_files(path), path)
                owned.update(map(os.path.realpath, _made_of(named_files)))

    def read_disks(self, found: Found, owned: set[str]) -> None:
        """Add the guests whose disks are in the directory, and that no descriptor owns, to found.

        A disk that by its name is a further one of an owned disk's guest is a problem: it may be a part of that guest.
        """
        chains = self._chains()
        parts = {path for chain in chains.values() for path in chain}
        owned_here = self._owned_here(owned)
        later = {
            **later_states.libvirt_snapshots(self._path, chains),
            **differencing.later_states(self._path, chains),
        }
        names = [name for name in chains if self._real(name) not in parts or self._real(name) in owned]
        grouped = disk_names.group(self._path, names, self._is_subdirectory)
        for guest, disks in grouped.items():
            free = [disk for disk in disks if self._real(disk[0]) not in owned]
            # Other branches of a guest's snapshots are not guests.
            free = [disk for disk in free if not (chains[disk[0]] & owned_here and disk[0].lower().endswith(".vmdk"))]
            if guest in self._broken or not free:
                continue
            old = [name for name, _device in disks if name in later]
            if old:
                found.problems += [_superseded(os.path.join(self._path, name), later[name]) for name in old]
                continue
            if len(free) == len(disks):
                other = disk_names.whose_disk(guest, grouped)
                if found.attempt(functools.partial(self._guest, guest, disks)) and other:
                    found.guests[-1].description["warnings"].append(
                        f"It is a guest of its own, and may be a disk of {other}, by its name. If it is, rename {other}'s disks "
                        f"to {other}-disk1, {other}-disk2."
                    )
                continue
            found.problems += [_unattached(os.path.join(self._path, name), guest) for name, _device in free]

    def _real(self, name: str) -> str:
        return os.path.realpath(os.path.join(self._path, name))

    def _owned_here(self, owned: set[str]) -> set[str]:
        """Those of owned that are in the directory of a VMX, where VMware keeps all snapshots of its guest."""
        is_vmware = any(name.lower().endswith((".vmx", ".vmtx")) for name in self._names)
        folder = os.path.realpath(self._path)
        return {path for path in owned if os.path.dirname(path) == folder} if is_vmware else set()

    def _chains(self) -> dict[str, set[str]]:
        """{name of a disk: real paths of the other files that it is made of, and of its backing files}."""
        chains: dict[str, set[str]] = {}
        for name in self._names:
            ending = os.path.splitext(name)[1].lower()
            if ending not in disk_files.EXTENSIONS or name.endswith(_NO_DISKS):
                continue
            files = disk_files.made_of(os.path.join(self._path, name), disk_files.EXTENSIONS[ending])
            chains[name] = set(map(os.path.realpath, files)) - {self._real(name)}
        return chains

    def _guest(self, name: str, disks: list[tuple[str, str | None]]) -> Guest:
        entries: list[DiskEntry] = []
        warnings: list[str] = []
        named = [device for _file, device in disks if device is not None]
        devices = named if len(set(named)) == len(disks) else device_names(len(disks))
        stems = [disk_names.stem(file) for file, _device in disks]
        for (file, _device), device, stem in zip(disks, devices, stems):
            path = os.path.join(self._path, file)
            if stems.count(stem) > 1:
                raise GuestconvError(
                    "source-disk-duplicate",
                    f"{path} and another file are both called {stem}, apart from the suffix.",
                    path=path,
                    hint="If one is a copy or a snapshot of the other, exclude it. If not, rename it to -disk2.",
                )
            known = disk_files.examine(path, disk_files.EXTENSIONS[os.path.splitext(file)[1].lower()])
            entry = disk_entry(known)
            entry["device"] = device
            entries.append(entry)
            if known.unfollowed:
                warnings.append(
                    f"{(path, *known.backing)[-1]} has the backing file {known.unfollowed}, which is not in the same directory. "
                    f"All modules refuse the disk until `backing` in guestconv_source or guestconv_disks names the file."
                )
        keys = ("path", "format", "device", "backing")
        source = {
            "type": "disks",
            "disks": [{key: value for key, value in disk.items() if key in keys} for disk in entries],
        }
        description: Description = {"name": name, "disks": entries, "hardware": {}, "warnings": warnings}
        return Guest(source, os.path.join(self._path, name), description)


def _described(kind: SourceKind, path: str) -> Guest:
    return Guest({"type": kind.TYPE, "path": path}, path, kind.read(Request(kind.TYPE, {"path": path})))


def _not_attached(path: str, named_files: Iterable[str], files: set[str]) -> Iterator[GuestconvError]:
    """A problem for each disk that the descriptor at path names, and that is not one of the guest's files."""
    for file in named_files:
        # An .img may be a medium, of a floppy drive say.
        is_disk = os.path.splitext(file)[1].lower() in SUFFIXES
        if is_disk and os.path.realpath(file) not in files:
            yield GuestconvError(
                "source-disk-unattached",
                f"{path} names {file}, but not as a disk that is attached.",
                path=file,
                hint="Attach it, if it is a disk of the guest. If it is not, exclude it.",
            )


def _made_of(paths: Iterable[str]) -> Iterator[str]:
    """The paths of these files, and of all that they are made of."""
    for path in paths:
        stem, ending = os.path.splitext(path)
        files = list(disk_files.made_of(path, disk_files.EXTENSIONS.get(ending.lower(), "")))
        yield from files
        if len(files) == 1 and ending.lower() == ".vmdk":
            # A descriptor of VMware's that cannot be read keeps its extents by the names that they have.
            yield from (f"{stem}{part}{ending}" for part in _EXTENTS)


def _superseded(path: str, later: str) -> GuestconvError:
    return GuestconvError(
        "source-disk-not-supported",
        differencing.superseded(path, later),
        path=path,
        hint="Delete the checkpoints or snapshots on the source, which merges them into the disk, and copy it again. If the "
        "other file is a leftover, move it to another directory.",
    )


def _unattached(path: str, guest: str) -> GuestconvError:
    return GuestconvError(
        "source-disk-unattached",
        f"{path} is named like a disk of {guest}, but the description of {guest} does not have it.",
        path=path,
        hint="Attach it, if it is a disk of the guest. If it is not, exclude it, or move it to another directory.",
    )


def _files(description: Description) -> Iterator[str]:
    """The paths of the files that the disks of a description are made of."""
    for disk in description["disks"]:
        for path in (disk["path"], *disk.get("backing", ())):
            yield path
            if disk.get("format") == "vmdk" and "member" not in disk:
                yield from _extents(path)


def _extents(path: str) -> Sequence[str]:
    try:
        return tuple(disk_files.examine(path).extents)
    except GuestconvError:
        return ()
