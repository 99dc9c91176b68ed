# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtio-win of a conversion is that of the inspection, where no other is given."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.commands import convert

WINDOWS = {"info": {"virtio_win": {"path": "/srv/virtio-win.iso", "folder": "w10/amd64", "drivers": {}}}}


@pytest.mark.parametrize(
    "description, path",
    [
        (None, None),
        ({"roots": {"/dev/sda2": WINDOWS}}, "/srv/virtio-win.iso"),
        ({"roots": {"/dev/sda1": {"info": {"os": "linux"}}, "/dev/sda2": WINDOWS}}, "/srv/virtio-win.iso"),
        ({"roots": {"/dev/sda2": {"info": {}}}}, None),
        ({"roots": {"/dev/sda2": {"info": {"virtio_win": {"path": 1}}}}}, None),
        ({"roots": {"/dev/sda2": {"info": {"virtio_win": "x"}}}}, None),
        ({"roots": {"/dev/sda2": []}}, None),
        ({"roots": []}, None),
    ],
)
def test_the_path_is_that_of_the_description(description, path):
    assert convert._virtio_win(description) == path
