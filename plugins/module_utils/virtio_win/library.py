# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers that a virtio-win has: read once, when a module begins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..texts import driver_packages, inf
from . import layout
from .image import Image
from .publishers import Publisher, publisher_in
from .refusal import not_usable
from .signatures import Signature, signature_in

# The largest file of a driver has some MiB.
_LARGEST = 64 << 20
_MOST_FILES = 100_000
# Levels of directories that are looked into: those of the package have four, and links may lead in circles.
_MOST_LEVELS = 8
# The architectures on which Windows loads drivers whoever signed them.
_UNSIGNED = ("x86",)


@dataclass(frozen=True)
class StoredFile:
    """A file of virtio-win. path: of the file, or of the image that it is in. name: in the image, else for messages."""

    path: str
    name: str
    size: int
    image: Image | None = None

    def content(self) -> bytes:
        """Its bytes. Errors: virtio-win-not-usable."""
        if self.size > _LARGEST:
            raise not_usable(self.path, f"{self.name} has {self.size} bytes, which no driver has")
        if self.image:
            return self.image.content(self.name)
        try:
            with open(self.path, "rb") as stream:
                data = stream.read(self.size)
        except OSError as error:
            raise not_usable(self.path, f"{self.name} cannot be read: {error.strerror}") from error
        if len(data) < self.size:
            raise not_usable(self.path, f"{self.name} ends too early")
        return data


@dataclass(frozen=True)
class WindowsDriver:
    """A driver that is complete. file: the name of its INF. content: of that. driver, service: what it has for the release.

    signature: of its catalog; None without one.
    """

    file: str
    content: bytes
    driver: inf.Driver
    service: inf.Service
    signature: Signature | None = None


@dataclass(frozen=True)
class Folder:
    """The drivers for one release of Windows.

    name: "w10/amd64". files: by their names in lower case. loads_tests: whether Windows loads drivers signed for tests.
    """

    name: str
    release: inf.Release
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    loads_tests: bool = False

    def driver(self, name: str) -> WindowsDriver | str:
        """The driver of this name; a reason, as a part of a sentence, where it is missing or not complete."""
        file = f"{name}.inf"
        if file not in self.files:
            return f"virtio-win has no {name} in its folder {self.name}"
        content = self.files[file].content()
        found = inf.driver_for(inf.parse(content), self.release)
        if not found.devices or found.service is None or not driver_packages.CLASS_GUID.fullmatch(found.class_guid):
            return f"{file} in virtio-win's folder {self.name} has no driver for this Windows"
        for needed in (found.service.binary, found.catalog):
            if not needed or needed.lower() not in self.files:
                return f"{needed or 'the catalog of ' + name} is missing in virtio-win's folder {self.name}"
        signature = signature_in(self.files[found.catalog.lower()].content())
        if signature and not self._is_loaded(signature):
            return (
                f"{name} in virtio-win's folder {self.name} is signed for tests only, which Windows of 64 bits does not load: "
                "use a virtio-win that Microsoft signed for this Windows"
            )
        return WindowsDriver(file, content, found, found.service, signature)

    def _is_loaded(self, signature: Signature) -> bool:
        """Whether Windows loads drivers that are signed so."""
        return not signature.is_for_tests or self.loads_tests or self.release.arch in _UNSIGNED

    def publishers(self) -> list[Publisher]:
        """Those of the drivers that Windows would not install without a person's consent. Errors: virtio-win-not-usable."""
        found = []
        for name in self.copied():
            content = self.files[name].content() if name.endswith(".cat") else b""
            signature = signature_in(content)
            if signature and not signature.by_microsoft:
                found.append(publisher_in(content))
        return list(dict.fromkeys(each for each in found if each))

    def needed(self) -> list[str]:
        """The names of the files of which a guest may get some, in lower case, in their order."""
        names = frozenset(self.files)
        return sorted(name for name in names if layout.is_copied(name, names))

    def copied(self) -> list[str]:
        """The names of the files that a guest gets, in lower case, in their order. Errors: virtio-win-not-usable.

        Of a driver that Windows does not load, it gets neither INF nor catalog: Windows would ask whether to install it.
        """
        names = self.needed()
        signed = ((name, signature_in(self.files[name].content())) for name in names if name.endswith(".cat"))
        refused = {name for name, signature in signed if signature and not self._is_loaded(signature)}
        if not refused:
            return names
        catalogs = {
            name: inf.driver_for(inf.parse(self.files[name].content()), self.release).catalog.lower()
            for name in names
            if name.endswith(".inf")
        }
        kept = [name for name in names if name not in refused and catalogs.get(name) not in refused]
        return kept if any(name in catalogs for name in kept) else []


class VirtioWin:
    """A virtio-win. path: of its ISO or directory. agents: packages of QEMU's guest agent, by architecture."""

    def __init__(
        self,
        path: str,
        folders: Mapping[tuple[str, str], Mapping[str, StoredFile]],
        agents: Mapping[str, StoredFile] | None = None,
    ) -> None:
        self.path = path
        self._folders = folders
        self.agents = agents or {}

    @classmethod
    def opened(cls, path: str) -> VirtioWin:
        """The virtio-win at path. Errors: virtio-win-not-usable."""
        folders: dict[tuple[str, str], dict[str, StoredFile]] = {}
        agents: dict[str, StoredFile] = {}
        try:
            found = _in_directory(path) if os.path.isdir(path) else _in_image(path)
            for below, stored in found:
                place = layout.place_of(below)
                if place:
                    system, arch, name = place
                    folders.setdefault((system, arch), {}).setdefault(name, stored)
                agent = layout.agent_for(below)
                if agent:
                    agents.setdefault(agent, stored)
        except OSError as error:
            raise not_usable(path, error.strerror or str(error)) from error
        if not any(name.endswith(".inf") for names in folders.values() for name in names):
            raise not_usable(path, "it has no drivers in folders such as viostor/w10/amd64 or by-os/amd64/w10")
        return cls(path, folders, agents)

    def folder(self, release: inf.Release, loads_tests: bool = False) -> Folder | None:
        """The drivers for a release of Windows; None where it has no folder for it. loads_tests: as of Folder."""
        for system in layout.folders_for(release):
            files = self._folders.get((system, release.arch))
            if files:
                found = Folder(f"{system}/{release.arch}", release, files, loads_tests)
                agent = self.agents.get(release.arch)
                _read_at_once([*(files[name] for name in found.needed()), *([agent] if agent else [])])
                return found
        return None


def from_option(path: str | None) -> VirtioWin | None:
    """The virtio-win that the option names, None without. Errors: virtio-win-not-usable."""
    return VirtioWin.opened(path) if path else None


def _in_directory(path: str) -> Iterator[tuple[str, StoredFile]]:
    """(path below the directory, file) of all files, also of those that links lead to, as in some packages of virtio-win."""
    count = 0
    for directory, below, names in os.walk(path, onerror=_raise, followlinks=True):
        below.sort()
        if os.path.relpath(directory, path).count(os.sep) >= _MOST_LEVELS:
            below.clear()
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                raise not_usable(path, "it has too many files")
            whole = os.path.join(directory, name)
            # A link that leads nowhere, and what is no file, is not a driver.
            if os.path.isfile(whole):
                yield os.path.relpath(whole, path), StoredFile(whole, name, os.stat(whole).st_size)


def _raise(error: OSError) -> None:
    raise error


def _in_image(path: str) -> Iterator[tuple[str, StoredFile]]:
    if not os.path.isfile(path):
        raise not_usable(path, "there is no such file or directory" if not os.path.exists(path) else "it is no file")
    image = Image.opened(path)
    for name in sorted(image.entries):
        yield name, StoredFile(path, name, image.entries[name].size, image)


def _read_at_once(files: Sequence[StoredFile]) -> None:
    """Have the first of them that is needed read the others with it, where they are in an image."""
    for file in files:
        if file.image and file.size <= _LARGEST:
            file.image.expect([file.name])
