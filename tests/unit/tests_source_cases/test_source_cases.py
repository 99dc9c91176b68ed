# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every directory of descriptors and disks that is written as a case."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.source_cases import case

CASES = sorted((ROOT / "tests" / "source_cases" / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_the_case_expects_is_so(path, tmp_path):
    loaded = case.load(path)
    assert not case.broken(case.run(loaded, tmp_path), loaded["expect"])
