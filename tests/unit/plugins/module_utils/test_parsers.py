# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every parser: no text leads to anything but a result or an error of its own, and editors lose nothing."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from importlib import import_module
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins import module_utils
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.evidence import Evidence
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders import grub2
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.console import securetty
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import initramfs_tools
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import dpkg
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import manifest, vmx
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import linux
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import fstab
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.table import PARSERS

# What public functions call a text of somebody's that they parse.
TEXTS = ("text", "data", "status", "extended_states", "stream", "lines", "content", "line")


def dealt_with(parser, given_text):
    """Whether parser does with given_text what it promises; fails otherwise."""
    try:
        parser.read(given_text)
    except parser.errors:
        pass
    except GuestconvError as error:
        if not error.code.startswith(parser.codes) or not error.message:
            raise
    for edit in parser.unedited:
        assert kept(parser, edit, given_text) in (given_text, None)
    for edit in parser.edits:
        once = kept(parser, edit, given_text)
        assert once is None or kept(parser, edit, once) == once
    return True


def kept(parser, edit, text):
    """What edit makes of text, None where it says by an error of the parser's that it cannot."""
    try:
        return edit(text)
    except GuestconvError as error:
        if not error.code.startswith(parser.codes):
            raise
        return None


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
@given(data=st.data())
def test_any_input_is_parsed_or_refused_and_what_is_not_edited_stays(parser, data):
    assert dealt_with(parser, data.draw(parser.strategy()))


@pytest.mark.parametrize(
    "parser, text",
    [(parser, text) for parser in PARSERS for text in (parser.one(), *parser.found)],
    ids=lambda part: getattr(part, "name", "text"),
)
def test_a_usual_input_and_those_that_once_were_not_dealt_with_are_dealt_with(parser, text):
    assert dealt_with(parser, text)


@pytest.mark.parametrize("character", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_what_python_alone_takes_for_the_end_of_a_line_is_none(character):
    status = f"Package: a\nStatus: install ok installed\nDescription: b{character}Package: c\n"
    assert dpkg.parse_status(status)[0].name == "a"
    assert dpkg.forget(status, [SimpleNamespace(name="c", arch="all")]) == status
    (line,) = fstab.parse(f"LABEL=a{character}b / ext4 rw\n#{character}c")
    assert line == fstab.Entry(f"LABEL=a{character}b", "/", "ext4", ("rw",))
    assert linux._assignments(f"NAME=a{character}ID=b\n") == {"NAME": f"a{character}ID=b"}
    assert securetty.edit_securetty(f"#{character}ttyS0\n", "hvc0") == f"#{character}ttyS0\n"
    assert (
        initramfs_tools.add_to_list(f"#{character}virtio_blk\n", ["virtio_blk"])
        == f"#{character}virtio_blk\nvirtio_blk\n"
    )
    root = FakeRoot({"/boot/grub/grub.cfg": f"menuentry a {{\nlinux /b root=a\n#{character}linux /c root=a\n}}\n"})
    (entry,) = grub2.find(root, Evidence()).menu().entries
    assert entry.kernel == "/b"
    assert vmx.parse(f'displayName = "a{character}b"\n'.encode()) == {"displayname": f"a{character}b"}
    checksum = "0" * 40
    assert list(manifest.parse(f"SHA1(a{character}b)= {checksum}\r\n".encode(), "/a.mf")) == [f"a{character}b"]


def test_a_field_of_fstab_is_what_its_escapes_say_up_to_a_nul():
    text = "LABEL=caf\\303\\251\\040\\134 /a\\000b ext4\r\n \t# c\n\n"
    assert fstab.parse(text) == [fstab.Entry("LABEL=caf\xe9 \\", "/a", "ext4", ())]


def public_parsers():
    """{name: function} of what in module_utils takes a text first."""
    found = {}
    for module in pkgutil.walk_packages(module_utils.__path__, f"{module_utils.__name__}."):
        for name, function in vars(import_module(module.name)).items():
            if inspect.isfunction(function) and function.__module__ == module.name and not name.startswith("_"):
                first = next(iter(inspect.signature(function).parameters), "")
                if first in TEXTS:
                    found[f"{module.name[len(module_utils.__name__) + 1 :]}.{name}"] = function
    return found


def test_every_function_that_parses_a_text_is_reached_from_the_table():
    called = set()
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _argument: called.add(frame.f_code) if event == "call" else None)
    try:
        for parser in PARSERS:
            dealt_with(parser, parser.one())
    finally:
        sys.setprofile(before)
    assert [name for name, function in public_parsers().items() if function.__code__ not in called] == []
