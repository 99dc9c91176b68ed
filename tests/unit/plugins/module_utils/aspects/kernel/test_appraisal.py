# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels that open only files with a right security.ima."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.kernel import appraisal
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)


@pytest.mark.parametrize(
    ("command_line", "is_enforced"),
    [
        ("root=/dev/sda1 ima_policy=tcb|appraise_tcb", True),
        ('ima_policy="tcb | appraise_tcb" ima_appraise=enforce', True),
        ("ima_appraise_tcb", True),
        ("ima_appraise=fix ima_appraise_tcb ima_appraise=enforce", True),
        ("ima_policy=appraise_tcb ima_appraise=fix", False),
        ("ima_policy=appraise_tcb ima_appraise=log", False),
        ("ima_appraise_tcb ima_appraise=off", False),
        ("ima_policy=secure_boot ima_appraise=enforce", False),
        ("ima_policy=tcb ima_hash=sha256", False),
        ("", False),
    ],
)
def test_only_the_policy_for_all_files_of_roots_is_enforced(command_line, is_enforced):
    assert appraisal.is_enforced(command_line) is is_enforced


@pytest.mark.parametrize(
    ("policy", "is_appraised"),
    [
        ("appraise fowner=0\n", True),
        ("# all\ndont_appraise fsmagic=0x9fa0\nappraise func=FILE_CHECK mask=MAY_READ appraise_type=imasig\n", True),
        ("measure func=FILE_CHECK mask=MAY_READ uid=0\n", False),
        ("appraise func=BPRM_CHECK appraise_type=imasig\nappraise func=MMAP_CHECK mask=MAY_EXEC\n", False),
        ("appraise func=MODULE_CHECK\nappraise func=POLICY_CHECK appraise_type=imasig\n", False),
        ("appraise fowner=1000\n", False),
        ("dont_appraise fowner>1010\nappraise fowner>999\n", False),
        ("appraise fowner<1000\n", True),
        ("appraise func=FILE_CHECK euid=1000\n", False),
        ("dont_appraise fowner=0\nappraise func=FILE_CHECK\n", False),
        ("dont_appraise fowner=1000\nappraise func=FILE_CHECK uid=0\n", True),
        ("dont_appraise\nappraise fowner=0\n", False),
        ("", False),
        ("appraise fsuuid=0DED-CAFE fowner=0\n", False),
        ("appraise fsuuid=U-ROOT\n", True),
        ("appraise fsname=xfs\n", False),
        ("appraise fsname=ext3\n", True),
        ("appraise fsmagic=0x58465342\n", False),
        ("appraise fsmagic=ef53\n", True),
        ("appraise fsmagic=none\n", False),
        ("dont_appraise fsmagic=0xEF53\nappraise fowner=0\n", False),
        ("dont_appraise fsname=overlay\nappraise fowner=0\n", True),
        ("dont_appraise func=FILE_CHECK fsname=ext4\nappraise fowner=0\n", False),
        ("dont_appraise func=BPRM_CHECK fsname=ext4\nappraise fowner=0\n", True),
        ("dont_appraise obj_type=var_log_t\nappraise fowner=0\n", True),
        ("appraise obj_type=etc_t\n", True),
    ],
)
def test_only_rules_for_files_that_root_reads_are_about_what_is_written(policy, is_appraised):
    assert appraisal.appraises_files(policy, filesystem("/dev/sda1", "ext4", "u-root")) is is_appraised


@pytest.mark.parametrize("kind, is_appraised", [("bcachefs", True), ("xfs", False)])
def test_a_magic_number_that_is_not_known_may_be_that_of_a_type_that_is_not(kind, is_appraised):
    policy = "appraise fsmagic=0xca451a4e\n"
    assert appraisal.appraises_files(policy, filesystem("/dev/sda1", kind, "u-root")) is is_appraised


def test_the_severity_depends_on_what_boots_by_default():
    (concern,) = appraisal.concerns(FakeRoot({}, boot_menu=menu("ima_policy=appraise_tcb", "quiet")))
    assert (concern.code, concern.severity) == (
        "ima-appraisal-enforced",
        "error",
    ) and "ima_appraise=fix" in concern.hint
    entries = [Entry("/boot/a", (), "quiet"), Entry("/boot/b", (), "ima_policy=appraise_tcb")]
    (concern,) = appraisal.concerns(FakeRoot({}, boot_menu=BootMenu(entries, entries[0])))
    assert (concern.code, concern.severity) == ("ima-appraisal-enforced", "warning") and "/boot/b" in concern.message
    assert appraisal.concerns(FakeRoot({}, boot_menu=menu("quiet"))) == []


@pytest.mark.parametrize("path", ["/etc/ima/ima-policy", "/etc/sysconfig/ima-policy"])
def test_a_policy_of_the_guests_own_is_read(path):
    files = {path: "dont_appraise fsmagic=0x9fa0\nappraise func=FILE_CHECK fowner=0\n"}
    disk = [filesystem("/dev/sda1", "ext4", "u-root")]
    (concern,) = appraisal.concerns(FakeRoot(files, boot_menu=menu("quiet"), filesystems=disk))
    assert (concern.code, concern.severity) == ("ima-appraisal-enforced", "error") and path in concern.message
    assert appraisal.concerns(FakeRoot(files, boot_menu=menu("ima_appraise=log"), filesystems=disk)) == []
