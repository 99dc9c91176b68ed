# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.places import nbdkit


def refusal():
    with pytest.raises(GuestconvError) as caught:
        with nbdkit.Server("curl", {"url": "https://example.org/disk"}):
            pass
    return caught.value


def test_a_machine_without_nbdkit_is_reported_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nbdkit, "_MORE_PATH", str(tmp_path))
    error = refusal()
    assert error.code == "nbdkit-missing"
    assert "nbdkit-ssh-plugin" in error.hint


def test_an_nbdkit_that_does_not_start_is_reported_with_its_own_words(monkeypatch, tmp_path):
    program = tmp_path / "nbdkit"
    program.write_text("#!/bin/sh\necho 'nbdkit: error: cannot open plugin' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    error = refusal()
    assert (error.code, isinstance(error, nbdkit.NbdkitFailed)) == ("nbdkit-failed", True)
    assert "cannot open plugin" in error.message
