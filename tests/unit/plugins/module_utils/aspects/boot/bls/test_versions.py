# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How versions compare, and that the real programs compare them the same."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.bls import versions

# Each older than the next.
BY_FEDORA = ("5.14.0~rc1", "5.14.0", "5.14.0-70.el9", "5.14.0-503.el9", "5.14.0-503.el9_1", "6.1")
# The example of UAPI.10.
BY_UAPI = (
    "122.1",
    "123~rc1-1",
    "123",
    "123-a",
    "123-a.1",
    "123-1",
    "123-1.1",
    "123^post1",
    "123.a-1",
    "123.1-1",
    "123a-1",
    "124-1",
)
EQUAL_BY_UAPI = (("11", "11"), ("1_", "1"), ("_1", "1"), ("1+", "1"), ("11α", "11β"))
VERSIONS = st.text("0129abZ.-~^+_ äx", max_size=12)


@pytest.mark.parametrize(
    ("compare", "ordered"),
    [
        (versions.fedora_grub, BY_FEDORA),
        (versions.uapi, BY_UAPI),
        (versions.file_names, ("a-1~rc.conf", "a-1.conf", "a-12.conf")),
    ],
    ids=("fedora", "uapi", "file names"),
)
def test_versions_have_their_order(compare, ordered):
    for (number, one), (number2, other) in itertools.product(enumerate(ordered), repeat=2):
        result = compare(one, other)
        assert (result > 0) - (result < 0) == (number > number2) - (number < number2), (one, other)


@pytest.mark.parametrize(("one", "other"), EQUAL_BY_UAPI)
def test_versions_are_equal(one, other):
    assert {versions.uapi(*pair) for pair in ((one, other), (other, one))} == {0}


def test_the_grub_of_fedora_does_not_know_the_caret():
    assert versions.fedora_grub("1^2", "1.2") == 0
    assert versions.fedora_grub("1~2", "1") < 0


@given(st.sampled_from((versions.fedora_grub, versions.file_names, versions.uapi)), VERSIONS, VERSIONS)
def test_what_is_older_one_way_is_newer_the_other_way(compare, one, other):
    pair = one, other
    assert compare(*pair) == -compare(*reversed(pair))
    assert compare(one, one) == 0


def words(alphabet, count):
    """That many words of these letters, the same in each run. No hypothesis: a real program is asked once for all."""
    chance = random.Random(alphabet)
    return ["".join(chance.choices(alphabet, k=chance.randint(1, 8))) for _count in range(count)]


@pytest.mark.skipif(not shutil.which("rpm"), reason="no rpm")
def test_rpm_compares_the_same():
    # A `-` separates a release there, and a `^` has a meaning since.
    pairs = list(zip(words("0129abZ.~+_", 2000), words("1029abZ.~+_", 2000)))
    calls = "".join(f'print(rpm.vercmp("{one}", "{other}"), " ")' for one, other in pairs)
    done = subprocess.run(["rpm", "--eval", f"%{{lua:{calls}}}"], check=True, capture_output=True, text=True)
    assert [versions.fedora_grub(*pair) for pair in pairs] == [int(each) for each in done.stdout.split()]


@pytest.mark.skipif(not shutil.which("sort"), reason="no sort of GNU")
def test_sort_of_gnu_compares_names_the_same():
    # It takes what begins with a dot for hidden, in another way than gnulib does today.
    names = [name for name in words("0129abZ.-~+_", 2000) if name[0] != "."]
    done = subprocess.run(
        ["sort", "-V", "-s"],
        input="".join(f"{name}\n" for name in names),
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    printed = done.stdout.split("\n")[:-1]
    assert [pair for pair in zip(printed, printed[1:]) if versions.file_names(*pair) > 0] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_systemd_compares_the_same():
    for one, other in zip(words("0129abZ.-~^+_ ä", 100), words("1029abZ.-~^+_ ä", 100)):
        command = ["systemd-analyze", "compare-versions", "--", one, other]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 11, 12), done.stderr
        assert versions.uapi(one, other) == {0: 0, 11: 1, 12: -1}[done.returncode], (one, other)
