# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.drives import drive


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/exports/web01.qcow2", ("/exports/web01.qcow2", {})),
        ("/dev/vg/web01", ("/dev/vg/web01", {})),
        ("nbd://host/web01", ("web01", {"protocol": "nbd", "server": ["tcp:host:10809"]})),
        ("nbd+unix:///a?socket=/run/a+b%20c", ("a", {"protocol": "nbd", "server": ["unix:/run/a+b c"]})),
        ("nbd+unix:///a%20b?socket=/run/s", ("a b", {"protocol": "nbd", "server": ["unix:/run/s"]})),
    ],
)
def test_a_disk_is_named_as_libguestfs_takes_it(path, expected):
    assert drive(path) == expected
