# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a guest may keep modules from being loaded."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import blocks
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage.mentions import left
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

FILES = {
    "/etc/modprobe.d/a.conf": "blacklist virtio_blk\n",
    "/etc/modprobe.d/b": "blacklist ahci\n",
    "/etc/modprobe.d/below/c.conf": "blacklist nvme\n",
    "/etc/modprobe.conf": "blacklist e1000e\n",
    "/etc/other.conf": "blacklist virtio_net\n",
}
OF_KMOD = {"virtio_blk": "/etc/modprobe.d/a.conf"}
OF_ALL = {**OF_KMOD, "ahci": "/etc/modprobe.d/b", "e1000e": "/etc/modprobe.conf"}


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
        root.files_with = lambda directory, expression: None
    assert blocks.found(root) == found


def test_etc_is_searched_once():
    root, searches = FakeRoot(FILES), []
    root.files_with = lambda directory, expression: searches.append(directory) or []
    blocks.found(root)
    left.texts(root)
    assert searches == ["/etc"]
