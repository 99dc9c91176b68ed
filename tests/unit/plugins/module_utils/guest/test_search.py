# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search through many files, by the script that the appliance's shell runs."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest import search


@pytest.fixture
def find(tmp_path):
    """The function that makes files below a root (paths), and links (path: target), and searches directories for `a`."""

    def found(files, directories, links=()):
        for path in files:
            (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path.lstrip("/")).write_text("a\n")
        for path, target in dict(links).items():
            (tmp_path / path.lstrip("/")).symlink_to(target)
        command = ["/bin/sh", "-c", search.script(directories, "a")]
        environment = {**os.environ, "root": str(tmp_path)}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return search.found(ran.stdout)

    return found


def test_what_version_control_keeps_is_passed_over(find):
    files = [f"/etc/{name}/objects/ab" for name in (".git", ".hg", ".bzr", "CVS")]
    assert find([*files, "/etc/git"], ["/etc"]) == (["/etc/git"], True)


def test_what_lvm_keeps_of_how_it_was_takes_no_room_from_what_is_configured(find, monkeypatch):
    monkeypatch.setattr(search, "_MOST_FOUND", 3)
    kept = [f"/etc/lvm/{name}/a_{number}" for name in ("archive", "backup", "devices/backup") for number in range(2)]
    there = ["/etc/archive/a", "/etc/fstab", "/etc/lvm/lvm.conf"]
    assert find([*kept, *there], ["/etc"]) == (there, True)


def test_a_directory_that_is_reached_by_a_link_is_searched_where_it_is_alone(find):
    directories = ["/lib/modprobe.d", "/usr/lib/modprobe.d", "/absent"]
    assert find(["/usr/lib/modprobe.d/a"], directories, {"/lib": "usr/lib"}) == (["/usr/lib/modprobe.d/a"], True)


@pytest.mark.parametrize("count, is_whole", [(3, True), (4, False)])
def test_that_there_are_more_files_than_are_searched_is_known(find, monkeypatch, count, is_whole):
    monkeypatch.setattr(search, "MOST_FILES", 3)
    found = find([f"/etc/{number}" for number in range(count)], ["/etc"])
    assert (len(found.paths), found.is_whole) == (count, is_whole)


@pytest.mark.parametrize("count, is_whole", [(3, True), (4, False)])
def test_that_more_files_may_fit_than_are_listed_is_known(find, monkeypatch, count, is_whole):
    monkeypatch.setattr(search, "_MOST_FOUND", 3)
    found = find([f"/etc/{number}" for number in range(count)], ["/etc"])
    assert (len(found.paths), found.is_whole) == (count, is_whole)


@pytest.mark.parametrize("program", ["find", "grep"])
def test_that_the_search_took_too_long_is_known(find, monkeypatch, tmp_path, program):
    monkeypatch.setattr(search, "_SECONDS", 0.2)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program).write_text("#!/bin/sh\nsleep 1\n")
    (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    assert not find(["/etc/a"], ["/etc"]).is_whole
