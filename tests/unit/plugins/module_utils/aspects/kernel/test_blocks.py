# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest may keep modules from being loaded."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import blocks
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.kernels import Kernel
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel.module_tree import ModuleTree
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.mentions import left
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import search
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

NEEDS = {"virtio_blk": frozenset({"virtio_blk", "virtio_ring"}), "ahci": frozenset({"ahci", "libahci"})}
KERNEL = Kernel("6.1", ("/initrd",), True, ModuleTree(built_in=frozenset({"virtio_net"}), needs=NEEDS))
FILES = {
    "/etc/modprobe.d/a.conf": "blacklist virtio_blk\n",
    "/etc/modprobe.d/b": "blacklist ahci\n",
    "/etc/modprobe.d/below/c.conf": "blacklist nvme\n",
    "/etc/modprobe.conf": "blacklist e1000e\n",
    "/etc/other.conf": "blacklist virtio_net\n",
}
OF_KMOD = {"virtio_blk": "/etc/modprobe.d/a.conf keeps virtio_blk from being loaded"}
OF_ALL = {
    **OF_KMOD,
    "ahci": "/etc/modprobe.d/b keeps ahci from being loaded",
    "e1000e": "/etc/modprobe.conf keeps e1000e from being loaded",
}


@pytest.mark.parametrize("can_search", [True, False])
@pytest.mark.parametrize(
    "program, found",
    [
        ({"files": {"/sbin/modprobe": "\0"}}, OF_ALL),
        ({"files": {"/bin/kmod": "\0"}, "links": {"/sbin/modprobe": "/bin/kmod"}}, OF_KMOD),
        ({"files": {}}, OF_KMOD),
    ],
    ids=["module-init-tools", "kmod", "unknown"],
)
def test_the_files_are_those_that_the_guests_modprobe_reads(program, found, can_search):
    root = FakeRoot({**FILES, **program["files"]}, links=program.get("links", {}))
    if not can_search:
        root.files_with = lambda expression, *directories: None
    assert blocks.found(root, KERNEL) == found


def test_etc_is_searched_once():
    root, searches = FakeRoot(FILES), []
    root.files_with = lambda expression, *directories: searches.append(directories[-1]) or search.Found([], True)
    blocks.found(root, KERNEL)
    left.texts(root)
    assert searches == ["/etc"]


@pytest.mark.parametrize("can_search", [True, False])
@pytest.mark.parametrize(
    "files, links, found",
    [
        (
            {"/usr/lib/modprobe.d/a.conf": "blacklist ahci\n"},
            {},
            ["/usr/lib/modprobe.d/a.conf keeps ahci from being loaded"],
        ),
        ({"/lib/modprobe.d/a.conf": "install ahci a\n"}, {}, ["/lib/modprobe.d/a.conf keeps ahci from being loaded"]),
        ({"/lib/modprobe.d/a.conf": "install ahci a\n", "/etc/modprobe.d/a.conf": ""}, {}, []),
        ({"/usr/lib/modprobe.d/a.conf": "install ahci a\n", "/usr/local/lib/modprobe.d/a.conf": ""}, {}, []),
        ({"/usr/lib/modprobe.d/a.conf": "install ahci a\n"}, {"/etc/modprobe.d/a.conf": "/dev/null"}, []),
        # A file of another name is none in its place.
        (
            {"/lib/modprobe.d/a.conf": "install ahci a\n", "/etc/modprobe.d/b.conf": ""},
            {},
            ["/lib/modprobe.d/a.conf keeps ahci from being loaded"],
        ),
    ],
)
def test_files_of_packages_count_but_where_another_directory_has_one_of_the_name(files, links, found, can_search):
    root = FakeRoot(files, links=links)
    if not can_search:
        root.files_with = lambda expression, *directories: None
    assert list(blocks.found(root, KERNEL).values()) == found


@pytest.mark.parametrize(
    "line, found",
    [
        (
            "install virtio-ring /bin/false",
            {"virtio_blk": "/etc/modprobe.d/a.conf keeps virtio_ring, which virtio_blk needs, from being loaded"},
        ),
        ("blacklist virtio_ring", {}),
        ("install virtio-ring /sbin/modprobe -i virtio_ring", {}),
        ("install virtio_net /bin/false", {}),
        ("install libata /bin/false", {}),
    ],
    ids=["forbidden", "blacklisted", "loaded by another program", "built in", "needed by none"],
)
def test_what_a_driver_needs_is_forbidden_by_install_alone(line, found):
    assert blocks.found(FakeRoot({"/etc/modprobe.d/a.conf": line + "\n"}), KERNEL) == found
