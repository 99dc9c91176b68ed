# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every registered builder of initrds keeps to the interface; and another goes the whole way."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.initrd import builders
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders import BUILDERS
from ansible_collections.virttools.guestconv.plugins.module_utils.initrd.builders.builder import InitrdBuilder
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import complete_guest
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.conformance import lacks
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

by_name = pytest.mark.parametrize("builder", BUILDERS, ids=lambda builder: builder.NAME)


@by_name
def test_each_registered_builder_keeps_to_the_interface(builder):
    assert lacks(builder, InitrdBuilder) == []
    assert builder.__doc__ and re.compile(builder.COPIES)


def test_builders_are_told_apart_by_name_and_evidence():
    assert len({builder.NAME for builder in BUILDERS}) == len(BUILDERS)
    assert {builder.NAME: builders.made_by(builder.EVIDENCE[:1]) for builder in BUILDERS} == {
        builder.NAME: builder.NAME for builder in BUILDERS
    }
    assert builders.made_by([]) == builders.UNKNOWN


@by_name
def test_what_is_included_is_in_a_file_of_its_configuration_and_only_once(builder):
    root = FakeRoot()
    builder.include(root, ["virtio_blk"], [])
    after = dict(root.files)
    assert any("virtio_blk" in text for text in after.values())
    builder.include(root, ["virtio_blk"], [])
    assert root.files == after


@by_name
def test_a_copy_of_a_file_may_be_at_a_relative_path_and_the_command_names_the_kernel(builder):
    places = builder.places("/etc/udev/rules.d/70-a.rules")
    assert places and not any(place.startswith("/") for place in places)
    assert any("6.1" in word for word in builder.command("/boot/x", "6.1"))


@by_name
def test_texts_without_devices_or_network_stay_as_they_are(builder):
    text = "# a comment\nMODULES=most\n"
    assert builder.devices(text) == [] and builder.network_arguments(text) == []
    assert builder.with_devices(text, lambda name: "UUID=a") == text
    assert builder.with_network(text, lambda argument: argument, str) == text
    assert builder.copy_with_network(text, lambda argument: argument, str) == text


class Toy:
    """A builder with a list of modules, and a resume device by itself in a file."""

    NAME = "toy"
    PROGRAMS = ("/usr/bin/mktoy",)
    KEEPS_OLD = False
    EVIDENCE = ("toy.version",)
    IMAGES = ()
    CONFIGURATION = ("/etc/toy.resume",)
    COPIES = r"toy\.resume"
    NETWORK_PROGRAMS = ()

    def loads_added(self, members):
        return True

    def places(self, path):
        return (f"copies/{path.lstrip('/')}",)

    def include(self, root, modules, files):
        root.write("/etc/toy.modules", "\n".join([*modules, *files]) + "\n", "modules")

    def command(self, initrd, version):
        return ["mktoy", initrd, version]

    def devices(self, text):
        return [text.strip()]

    def with_devices(self, text, rename):
        new = rename(text.strip())
        return text if new is None else f"{new}\n"

    def network_arguments(self, text):
        return []

    def with_network(self, text, edit, rename):
        return text

    copy_with_network = with_network


def test_another_builders_initrd_is_supplemented_and_its_configuration_follows(monkeypatch):
    assert lacks(Toy, InitrdBuilder) == []
    monkeypatch.setattr(builders, "BUILDERS", (*BUILDERS, Toy()))
    root = complete_guest.make({"/etc/toy.resume": "/dev/sda1\n", Toy.PROGRAMS[0]: "x"}, evidence="toy.version")
    before = root.files[complete_guest.INITRD]
    complete_guest.converted(root)
    assert root.files[complete_guest.INITRD].startswith(before)
    assert root.files["/etc/toy.modules"] == "8250\nvirtio_pci\nvirtio_blk\n"
    assert root.files["/etc/toy.resume"] == "UUID=u-1\n"


def test_another_builder_makes_an_initrd_that_cannot_be_read(monkeypatch):
    monkeypatch.setattr(builders, "BUILDERS", (Toy(),))

    class Rebuilding(FakeRoot):
        def run(self, argv, detail, touches=(), replaces=()):
            super().run(argv, detail, touches)
            modules = [
                f"lib/modules/{complete_guest.VERSION}/{name}.ko" for name in ("virtio_pci", "virtio_blk", "8250")
            ]
            self.files[argv[1]] = complete_guest.initrd_with("toy.version", *modules)

    root = complete_guest.make({Toy.PROGRAMS[0]: "x", complete_guest.INITRD: b"\x89LZO" + bytes(64)})
    root.__class__ = Rebuilding
    complete_guest.converted(root)
    assert root.commands == [["mktoy", complete_guest.INITRD, complete_guest.VERSION]]
