# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was fetched to a volume (a block device or an NBD export), and how far: the state of fetching one disk.

/var/lib/guestconv/
    .guestconv-fetch-KEY/   as of fetch_record.py; the copy itself is on the volume
    .guestconv-KEY/         the state of the volume itself: locked while it is written, and noted as not complete

Somebody may make the volume again, or write something else to it, while nobody looks. So a copy goes on, or is taken as
done, only where the volume still holds what was written to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..disks import nodes, slices, volumes
from ..disks.state_directory import StateDirectory, release_all, state_directory_for, volume_key
from ..errors import GuestconvError
from .fetch_record import Record
from .volume_mark import mark_of

# The one disk of a volume.
NAME = "disk"
_PART = NAME + ".part"
# The first bytes after those that are written last.
_SAMPLE = slice(slices.VOLUME_HEAD, slices.VOLUME_HEAD + (4 << 20))


class VolumeRecord(Record):
    """The state of the one disk on a volume. Errors on entering: as Record."""

    def __init__(self, volume: str) -> None:
        super().__init__(*volume_key(volume))
        self._volume = volume
        self._held = StateDirectory(state_directory_for(volume))
        self._size = 0
        self._sample = ""

    def require_fit(self, size: int, device: str) -> None:
        """See Record."""
        self._size = volumes.require_fit(self._volume, device, size)

    def require_room(self, size: int, device: str) -> None:
        """See Record."""
        volumes.require_room(self._volume, self._size, device, size)

    @contextmanager
    def written(self) -> Iterator[None]:
        """Hold the volume while it is written.

        Errors: disk-busy, state-of-another-user, dest-in-use, dest-not-usable; journal-pending, where a conversion of
        what is there has not ended.
        """
        state = self._held
        state.lock()
        try:
            if state.has_journal():
                raise GuestconvError(
                    "journal-pending",
                    f"An interrupted conversion of {self._volume} is not finished.",
                    hint="Run convert on it in place: that finishes the commit first.",
                )
            state.clean()
            with volumes.claimed(self._volume):
                yield
                # Only what has arrived is a disk.
                state.note(incomplete=NAME not in self._done)
        finally:
            release_all([state])

    def room_of(self, name: str) -> int:
        """See Record."""
        return self._size if name == _PART else 0

    def path_of(self, name: str) -> str:
        """See Record."""
        return self._volume if name == _PART else super().path_of(name)

    def begin(self, name: str, source: str, size: int, image_format: str) -> int:
        """See Record."""
        if name != _PART:
            return super().begin(name, source, size, image_format)
        self._held.note(incomplete=True)
        part = self._parts.get(name)
        if part and (part["source"], part["size"], part.get("room")) == (source, size, self._size):
            self._sample = part.get("sample", "")
            if self._sample and self._sample_of(size) == self._sample:
                return int(part["copied"])
        self._sample = ""
        self._done.pop(NAME, None)
        self._note_part(name, {"source": source, "size": size, "room": self._size, "copied": 0})
        return 0

    def checkpoint(self, name: str, copied: int) -> None:
        """See Record."""
        part = self._parts[name]
        if name == _PART and not self._sample and copied >= 2 * slices.VOLUME_HEAD:
            # What comes later is known only by this: the first slice after the head is longer than the sample.
            self._sample = self._sample_of(part["size"])
            part["sample"] = self._sample
        super().checkpoint(name, copied)

    def _sample_of(self, size: int) -> str:
        """The checksum of the bytes that a copy is known by; "" where there are none, or zeroes as anywhere."""
        end = min(_SAMPLE.stop, size)
        if end <= _SAMPLE.start:
            return ""
        data = nodes.read(nodes.node_of(self._volume), _SAMPLE.start, end - _SAMPLE.start)
        return hashlib.sha256(data).hexdigest() if any(data) else ""

    def forget(self, *names: str) -> None:
        """See Record. The volume then looks like no disk."""
        if _PART in names and _PART in self._parts:
            slices.blank(self._volume, self._parts[_PART]["size"], self.lock_descriptor)
        super().forget(*names)

    def _remove(self, name: str) -> None:
        if name != _PART:
            super()._remove(name)

    def is_done(self, name: str, source: str) -> bool:
        """Whether the volume holds the disk of that source.

        Errors: dest-exists, where something else was written to it since; source-changed, as of Record.
        """
        done = self._done.get(name)
        if done is None:
            return False
        mark = self._mark()
        if not mark:
            return False
        if done.get("mark") != mark:
            raise GuestconvError(
                "dest-exists",
                f"{self._volume} held a disk that guestconv_fetch wrote, and now holds something else.",
                path="dest",
                hint=f"If it may be overwritten, remove {self.directory}.",
            )
        if done["source"] != source:
            raise GuestconvError(
                "source-changed",
                f"{self._volume} was fetched from another source, or before the source was changed.",
                path="dest",
                hint=f"To overwrite it with this disk, remove {self.directory}.",
            )
        return True

    def arrive(self, files: Mapping[str, tuple[str, str]]) -> None:
        """See Record: it has arrived already."""
        ((part, source),) = files.values()
        self._done = {NAME: {"source": source, "mark": self._mark()}}
        self._parts.pop(part, None)
        self.forget(*self._parts)

    def _mark(self) -> str:
        """What the disk on the volume is known by, "" where there is none: the volume begins with zeroes."""
        node = nodes.node_of(self._volume)
        return mark_of(nodes.read(node, 0, min(slices.VOLUME_HEAD, volumes.size_of(self._volume))))
