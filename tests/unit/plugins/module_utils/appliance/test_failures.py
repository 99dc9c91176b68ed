# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import ApplianceError, CallFailed


@pytest.mark.parametrize(
    "message, number",
    (
        # What libguestfs 1.48 says on Debian 12.
        ("internal_write: open: /etc/f: Operation not permitted", errno.EPERM),
        ("cp: cp: cannot create regular file '/sysroot/etc/f': Operation not permitted", errno.EPERM),
        ("internal_write: write: No space left on device", errno.ENOSPC),
        ("internal_write: open: /f: Read-only file system", errno.EROFS),
        ("internal_write: write: Disk quota exceeded", errno.EDQUOT),
        ("statns: /etc/nothing: No such file or directory", errno.ENOENT),
        ("statns: /etc/f/x: Not a directory", errno.ENOTDIR),
        ("statns: /etc/loop: Too many levels of symbolic links", errno.ELOOP),
        # A guest's names do not make one.
        ("statns: /etc/No space left on device: Input/output error", 0),
        ("No space left on device", 0),
        ("", 0),
    ),
)
def test_a_failure_knows_the_number_of_its_error(message, number):
    assert CallFailed("appliance-call-failed", message).errno == number


class Recorded(Appliance):
    """An appliance without a virtual machine, in which statns fails with a message. exists: whether the path is there."""

    def __init__(self, message, exists):
        super().__init__([], read_only=True)
        self.message, self.there, self.names = message, exists, []

    def call(self, name, *arguments, **options):
        self.names.append(name)
        if name == "statns":
            raise CallFailed("appliance-call-failed", self.message)
        return self.there and name == "exists"


@pytest.mark.parametrize("why", ("No such file or directory", "Not a directory", "Too many levels of symbolic links"))
def test_that_there_is_nothing_at_a_path_takes_one_call(why):
    appliance = Recorded(f"statns: /a: {why}", True)
    assert appliance.status("/a") is None
    assert appliance.names == ["statns"]


def test_what_is_there_and_cannot_be_looked_at_is_an_error():
    with pytest.raises(ApplianceError):
        Recorded("statns: /a: Input/output error", True).status("/a")
    assert Recorded("statns: /a: Input/output error", False).status("/a") is None
