# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts in an initrd that must be changed: its builder's configuration, and copies of the guest's files. Pure."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable

from ...initrd import Initrd, builders
from ..plan import Plan


def wanted(plan: Plan) -> Callable[[str], bool]:
    """The function that says whether the content of the member of this name is needed to tell."""
    copies = {place for path in _copies(plan) for place in builders.places(path)}
    return lambda name: name in copies or any(re.fullmatch(each.pattern, name) for each in plan.initrd.edits)


def changed(found: Initrd, plan: Plan) -> dict[str, bytes]:
    """{path in the initrd: bytes} of what must differ from what the initrd has."""
    texts = _edited(found, plan)
    for path, text in _copies(plan).items():
        content = text.encode("utf-8", "surrogateescape")
        places = _places(found, path)
        if not places and path in plan.initrd.files:
            texts[path.lstrip("/")] = content
        texts.update((place, content) for place in places if found.content(place) != content)
    return texts


def _edited(found: Initrd, plan: Plan) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    for name in found.members:
        for each in plan.initrd.edits:
            before = texts.get(name, found.content(name)) if re.fullmatch(each.pattern, name) else None
            if before is not None:
                after = each.edit(before.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
                if after != before:
                    texts[name] = after
    return texts


def _copies(plan: Plan) -> dict[str, str]:
    return {**plan.initrd.copies, **plan.initrd.files}


def _places(found: Initrd, path: str) -> list[str]:
    """Where the initrd has copies of the guest's file."""
    possible = builders.places(path)
    # /lib is a link to /usr/lib where /usr was merged. A link to elsewhere, such as /dev/null, is no copy.
    names = dict.fromkeys(found.resolve(place) for place in possible)
    return [
        name for name in names if name in possible and name in found.members and stat.S_ISREG(found.members[name].mode)
    ]
