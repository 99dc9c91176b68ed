# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2's image for a BIOS: where it says that the menu is."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import core_image
from ansible_collections.virttools.guestconv.tests.text_guests import sectors

PREFIX = "(,msdos1)/boot/grub"


def disk(text, code=0xB20):
    """A disk with an image that has text in it."""
    parts = {0: sectors.started(bytes(sectors.SIZE)), **sectors.core_image(text, code)}
    return b"".join(parts.values())


def places(content):
    return core_image.places(lambda count, offset: content[offset : offset + count])


@pytest.mark.parametrize(
    "text, found",
    [
        (PREFIX, [PREFIX]),
        ("(,gpt2)/grub2", ["(,gpt2)/grub2"]),
        ("search.fs_uuid u-1 root hd0,msdos1 \nset prefix=($root)'/grub'\n", ["search.fs_uuid u-1 root hd0,msdos1 "]),
        ("/boot/grub", []),
        # The name of a module.
        ("search.fs_uuid", []),
    ],
)
def test_the_prefix_and_the_commands_that_search_are_found(text, found):
    assert places(disk(text)) == found


@pytest.mark.parametrize("code", [0x800, 0xB21, 0xFFF])
def test_the_code_that_unpacks_has_any_length(code):
    assert places(disk(PREFIX, code)) == [PREFIX]


def test_what_is_no_such_image_says_nothing():
    content = disk(PREFIX)
    start = sectors.SIZE
    assert places(b"") == places(bytes(sectors.SIZE)) == []
    # Its list of sectors goes on; the packed part is damaged; it is too large; nothing is there.
    assert places(content[: start + 500] + b"\x09" + content[start + 501 :]) == []
    assert places(content[: 2 * start + 0xB20] + b"\xff" * 0x100) == []
    assert places(content[: 2 * start + 0x0C] + b"\xff" * 4 + content[2 * start + 0x10 :]) == []
    assert places(content[: 2 * start]) == []


def test_the_places_at_which_much_would_be_unpacked_are_few(monkeypatch):
    tried = []
    monkeypatch.setattr(core_image.lzma, "LZMADecompressor", lambda *_arguments, **_named: Unpacker(tried))
    for size in (1 << 17, 4 << 20):
        core_image.unpacked(bytes(12) + size.to_bytes(4, "little") + bytes(0x2000))
    assert (tried.count(1 << 17), tried.count(4 << 20)) == (1024, 32)


class Unpacker:
    """A decompressor that notes how much it shall unpack."""

    def __init__(self, tried):
        self.tried = tried

    def decompress(self, _packed, size):
        self.tried.append(size)
        return bytes(8)
