# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts in an initrd that must be otherwise: its builder's configuration, and copies of the guest's files. Pure."""

from __future__ import annotations

import re
import stat

from ...initrd import builders


def wanted(conversion):
    """The function that says whether the content of the member of this name is needed to tell."""
    copies = {place for path in _copies(conversion) for place in builders.places(path)}
    return lambda name: name in copies or any(re.fullmatch(pattern, name) for pattern, _edit in conversion.initrd_edits)


def otherwise(found, conversion):
    """{path in the initrd: bytes} of what must be otherwise than in the initrd found (initrd.Initrd)."""
    texts = _edited(found, conversion)
    for path, text in _copies(conversion).items():
        content = text.encode("utf-8", "surrogateescape")
        places = _places(found, path)
        if not places and path in conversion.initrd_files:
            texts[path.lstrip("/")] = content
        texts.update((place, content) for place in places if found.content(place) != content)
    return texts


def _edited(found, conversion):
    texts = {}
    for name in found.members:
        for pattern, edit in conversion.initrd_edits:
            before = texts.get(name, found.content(name)) if re.fullmatch(pattern, name) else None
            if before is not None:
                after = edit(before.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
                if after != before:
                    texts[name] = after
    return texts


def _copies(conversion):
    return {**conversion.initrd_copies, **conversion.initrd_files}


def _places(found, path):
    """Where the initrd has copies of the guest's file."""
    possible = builders.places(path)
    # /lib is a link to /usr/lib where /usr was merged. A link to elsewhere, such as /dev/null, is no copy.
    names = dict.fromkeys(found.resolve(place) for place in possible)
    return [
        name for name in names if name in possible and name in found.members and stat.S_ISREG(found.members[name].mode)
    ]
