# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was fetched into a directory, and how far: the state of fetching one guest, next to its disks.

web01.qcow2
.guestconv-fetch-web01/     mode 0700
    lock                    under flock while somebody fetches this guest
    fetch.json              what is there, and from where
    web01.qcow2.part        a copy that is not complete
    web01.qcow2.file        an image file as it is elsewhere, to become that copy
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..disks import qemu_img, slices
from ..disks.state_directory import DirectoryNotUsable, StateDirectory, is_ours, room_or_place, synchronize, write_json
from ..errors import GuestconvError
from ..texts import untrusted_json

_RECORD = "fetch.json"


class _State(StateDirectory):
    @staticmethod
    def _busy(reason: str) -> GuestconvError:
        return GuestconvError(
            "fetch-busy",
            f"The guest is being fetched by another process: {reason}.",
            hint="Wait for it to end, then run again.",
        )


class Record:
    """The state of the guest whose files are called after stem in the directory dest."""

    def __init__(self, dest: str, stem: str) -> None:
        self._dest = dest
        self._state = _State(os.path.join(dest, f".guestconv-fetch-{stem}"))
        self._parts: dict[str, dict[str, Any]] = {}
        self._done: dict[str, dict[str, Any]] = {}
        self._verified: str | None = None
        # Disks are copied at once, by threads.
        self._exclusive = threading.Lock()
        self.reload()

    @property
    def directory(self) -> str:
        """Where incomplete copies are."""
        return self._state.path

    @property
    def lock_descriptor(self) -> int:
        """See StateDirectory."""
        return self._state.lock_descriptor

    def __enter__(self) -> Record:
        """Take the lock. Errors: fetch-busy, state-of-another-user, dest-not-usable, no-space."""
        try:
            self._state.lock()
        except DirectoryNotUsable as error:
            raise GuestconvError(
                "dest-not-usable", error.message, path="dest", hint="Give a directory that can be written to."
            ) from error
        self.reload()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._state.release(keep=bool(self._parts or self._done))

    def reload(self) -> None:
        """Read what the last process noted; a file that is not such a note is ignored."""
        name = os.path.join(self._state.path, _RECORD)
        content = {}
        if is_ours(self._state.path, stat.S_ISDIR) and is_ours(name, stat.S_ISREG):
            try:
                content = untrusted_json.load(name)
            except (OSError, ValueError):
                pass
        content = content if isinstance(content, dict) and content.get("version") == 1 else {}
        self._parts = _sound(content.get("parts"), {"source": str, "size": int, "copied": int})
        self._done = _sound(content.get("done"), {"source": str})
        self._verified = content.get("verified")

    def require_fit(self, size: int, device: str) -> None:
        """Refuse a place that the disk `device` of `size` bytes cannot be written to. A directory is not asked."""

    def require_room(self, size: int, device: str) -> None:
        """As require_fit(), of a disk whose size shows only while its place is held."""

    @contextmanager
    def written(self) -> Iterator[None]:
        """Hold the place of the disks while they are written. The lock of a directory is enough."""
        yield

    def room_of(self, name: str) -> int:
        """The bytes of the volume that a copy is on, 0 where it is a file. See slices.copy()."""
        return 0

    def _write(self) -> None:
        content = {"version": 1, "parts": self._parts, "done": self._done, "verified": self._verified}
        try:
            write_json(self._state.path, _RECORD, content)
        except OSError as error:
            raise room_or_place(error, self._state.path, "dest-not-usable") from error

    # Checksums of a manifest

    def is_verified(self, identity: str) -> bool:
        """Whether the checksums of the package in that state were compared."""
        return self._verified == identity

    def note_verified(self, identity: str) -> None:
        """They were."""
        self._verified = identity
        self._write()

    # Incomplete copies

    def begin(self, name: str, source: str, size: int, image_format: str) -> int:
        """How many bytes of the copy called name there are; the copy is started again if it is of another source.

        If the result is 0, the image was just made, and is empty.
        Args: source: the identity of what is copied; size: bytes. Errors: no-space, dest-not-usable.
        """
        path, part = self.path_of(name), self._parts.get(name)
        same = part and part["copied"] > 0 and (part["source"], part["size"]) == (source, size)
        if part and same and is_ours(path, stat.S_ISREG):
            if image_format == "raw":
                return int(part["copied"])
            # A killed qemu-img leaves clusters that are counted but not used. If the damage is worse, the copy is started again.
            repair = ["check", "-q", "-r", "leaks", "-f", image_format, path]
            if qemu_img.run(repair, qemu_img.copy_timeout(size)).code == 0:
                return int(part["copied"])
        slices.create(path, image_format, size)
        self._note_part(name, {"source": source, "size": size, "copied": 0})
        return 0

    def _note_part(self, name: str, part: dict[str, Any]) -> None:
        with self._exclusive:
            self._parts[name] = part
            self._write()

    def checkpoint(self, name: str, copied: int) -> None:
        """So many bytes of the copy are on stable storage."""
        with self._exclusive:
            self._parts[name]["copied"] = copied
            self._write()

    def path_of(self, name: str) -> str:
        """The path of an incomplete copy."""
        return os.path.join(self._state.path, name)

    def forget(self, *names: str) -> None:
        """Remove incomplete copies."""
        with self._exclusive:
            for name in tuple(names):
                self._remove(name)
                self._parts.pop(name, None)
            self._write()

    def _remove(self, name: str) -> None:
        if os.path.lexists(self.path_of(name)):
            os.unlink(self.path_of(name))

    # Complete ones

    def is_done(self, name: str, source: str) -> bool:
        """Whether the file called name in dest came from that source.

        Errors: dest-exists, where it is something else; source-changed, where the source has changed since.
        """
        path = os.path.join(self._dest, name)
        try:
            inode = os.lstat(path).st_ino
        except FileNotFoundError:
            return False
        except OSError as error:
            raise room_or_place(error, self._dest, "dest-not-usable") from error
        done = self._done.get(name)
        if done is None or done.get("inode") != inode:
            raise GuestconvError(
                "dest-exists",
                f"{path} already exists, and guestconv_fetch did not create it.",
                path="dest",
                hint="Remove it, or give another `dest`: a disk is never overwritten.",
            )
        if done["source"] != source:
            raise GuestconvError(
                "source-changed",
                f"{path} was fetched from another source, in another mode, or before the source was changed.",
                path="dest",
                hint="Remove it to fetch the guest again. An overlay is unusable after its disk was changed.",
            )
        return True

    def arrive(self, files: Mapping[str, tuple[str, str]]) -> None:
        """Move complete copies to their places. files: {name: (name of the incomplete copy, source)}."""
        for name, (part, source) in files.items():
            # First: when it is interrupted in between, the next run finds the same inode under the other name.
            self._done[name] = {"source": source, "inode": os.lstat(self.path_of(part)).st_ino}
        self._write()
        try:
            for name, (part, source) in files.items():
                # A file that appeared under that name in the meantime must not be overwritten.
                self.is_done(name, source)
                os.rename(self.path_of(part), os.path.join(self._dest, name))
            synchronize(self._dest)
        except OSError as error:
            raise room_or_place(error, self._dest, "dest-not-usable") from error
        self.forget(*self._parts)


def _sound(entries: object, kinds: Mapping[str, type]) -> dict[str, dict[str, Any]]:
    """entries, {name: dict}, less those that lack a value of one of kinds, {key: type}."""
    if not isinstance(entries, dict):
        return {}
    return {
        name: entry
        for name, entry in entries.items()
        if isinstance(entry, dict) and all(isinstance(entry.get(key), kind) for key, kind in kinds.items())
    }
