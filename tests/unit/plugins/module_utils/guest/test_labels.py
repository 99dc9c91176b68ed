# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux labels: which policy counts, what is asked, and what is said where a label is not sure."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import labels
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.root import GuestRoot
from tests.text_guests import case
from tests.text_guests.disks import Disks

GUEST = """\
@part sda1 type=ext4
@file /etc/selinux/config
SELINUX=enforcing
@file /etc/selinux/targeted/contexts/files/file_contexts
/.*	u:r:any_t:s0
/etc/.*	u:r:etc_t:s0
/etc/cache	--	u:r:cache_t:s0
/etc/none	<<none>>
@file /etc/a
one
@file /etc/cache
two
@labelled
@writes replace /etc/cache
@expect converts
"""


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("SELINUX=enforcing\nSELINUXTYPE=default\n", "default"),
        ("# SELINUX=disabled\nSELINUX= Permissive\nselinuxtype= mls \n", "mls"),
        ("SELINUX=enforcing\n", "targeted"),
        ("SELINUX=maybe\nSELINUX=enforcing\nSELINUX=disabled\n", "targeted"),
        ("SELINUX=enforcing\nSELINUXTYPE=a\nSELINUXTYPE=b\n", "b"),
        ("SELINUX=disabled\nSELINUXTYPE=targeted\n", None),
        (" SELINUX=enforcing\n", None),
        ("", None),
        ("SELINUX=enforcing\nSELINUXTYPE=../../tmp\n", None),
        ("SELINUX=enforcing\nSELINUXTYPE=..\n", None),
    ],
)
def test_the_policy_is_the_one_that_libselinux_reads(config, name):
    assert labels.policy(config) == name


@pytest.fixture
def make(tmp_path):
    """make(more) gives the door to GUEST with these lines, its disks, and calls: the names of those it made."""

    def made(more=""):
        disks = Disks(case.parse(GUEST.replace("@expect", f"{more}@expect"), "a", "a"), tmp_path / "guest")
        appliance = disks.appliance
        appliance.mount_options("", f"{appliance.device(0)}1", "/")
        calls, call = [], appliance.call
        appliance.call = lambda name, *arguments, **options: calls.append(name) or call(name, *arguments, **options)
        guest = SimpleNamespace(mappings_called_by_guest=nullcontext, mount_points_made=lambda _root: [])
        return GuestRoot(appliance, "/dev/sda1", guest), disks, calls

    return made


def test_where_nothing_was_written_or_there_is_no_selinux_it_costs_next_to_nothing(make):
    root, _disks, calls = make("@remove /etc/selinux/config\n")
    assert root.restore_labels() == [] and calls == []
    root.write("/etc/new", "new", "")
    del calls[:]
    assert root.restore_labels() == [] and calls == ["statns"]


def test_what_is_new_and_what_a_program_replaced_is_labelled_and_the_program_is_asked_once(make):
    root, disks, _calls = make()
    root.write("/etc/a", "changed", "")
    root.write("/etc/deep/new", "new", "")
    root.rename("/etc/a", "/etc/none", "")
    root.run(["replace"], "")
    assert disks.label("/etc/cache") == ""
    assert root.restore_labels() == []
    assert disks.label("/etc/cache") == "u:r:cache_t:s0"
    assert disks.label("/etc/deep") == disks.label("/etc/deep/new") == "u:r:etc_t:s0"
    # What the policy has no label for keeps its own.
    assert disks.label("/etc/none") == "u:r:etc_t:s0"
    assert [argv[0] for argv in disks.appliance.ran] == ["replace", "matchpathcon"]


def test_a_label_of_the_administrators_stays_where_the_file_was_only_changed(make):
    root, disks, _calls = make()
    disks.appliance.lsetxattr(labels.NAME, "u:r:own_t:s0", len("u:r:own_t:s0") + 1, "/etc/a")
    root.write("/etc/a", "changed", "")
    assert root.restore_labels() == [] and disks.label("/etc/a") == "u:r:own_t:s0"


@pytest.mark.parametrize("printed", ("", "u:r:x_t:s0\nu:r:y_t:s0\n", "u:r:x_t:s0 ; reboot\n", "nonsense\n"))
def test_what_the_program_prints_is_not_trusted(make, printed):
    root, disks, _calls = make()
    disks.appliance.command = lambda _argv: printed
    root.write("/etc/new", "new", "")
    (concern,) = root.restore_labels()
    assert (concern.code, concern.severity) == ("selinux-labels-incomplete", "warning")
    assert "not understood" in concern.message and concern.hint == "Run `restorecon -F /etc/new` in the guest."
    assert disks.label("/etc/new") == "u:r:any_t:s0"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("!\n", "more files than were looked at"),
        ("?\n?\n./etc/cache\n", "2 files that guest programs wrote have names that are not ASCII"),
        (None, "could not be searched for"),
    ],
)
def test_a_search_that_is_not_complete_is_told(make, printed, said):
    root, disks, _calls = make()

    def shell(_script):
        if printed is None:
            raise CallFailed("appliance-call-failed", "debug: no such call")
        return printed

    disks.appliance.shell = shell
    root.run(["replace"], "")
    (concern,) = root.restore_labels()
    assert concern.code == "selinux-labels-incomplete" and said in concern.message
    assert "restorecon -R -F" in concern.hint


def test_a_label_that_cannot_be_set_is_told(make):
    root, disks, _calls = make()

    def fail(*_arguments):
        raise CallFailed("appliance-call-failed", "lsetxattr: /etc/new: No space left on device")

    disks.appliance.lsetxattr = fail
    root.write("/etc/new", "new", "")
    (concern,) = root.restore_labels()
    assert concern.code == "selinux-labels-incomplete" and "/etc/new" in concern.message
    assert "No space left" in concern.message
