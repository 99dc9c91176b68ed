# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command behind script/text-guests."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.model.changes import Change, as_diff
from ansible_collections.virttools.guestconv.plugins.module_utils.report.page import diffs
from tests.text_guests import case, judge
from tests.text_guests.lab import Lab, Outcome
from tests.text_guests.model import CaseError, Expectation

_WIDTH = 200


@dataclass(frozen=True)
class Verdict:
    """What came of a case, and what it expected in vain. second: of a second conversion, if one was expected to change
    nothing and did."""

    outcome: Outcome
    broken: Sequence[Expectation]
    second: Outcome | None = None


def try_case(path: Path) -> Verdict:
    """Run the case in a file. Raises CaseError."""
    with tempfile.TemporaryDirectory(prefix="text-guest-") as top:
        lab = Lab(case.read(path), Path(top) / "guest")
        lab.run()
        broken = judge.broken(lab)
        again = any(term.key == "idempotent" for each in broken for terms in each.alternatives for term in terms)
        return Verdict(lab.outcome, broken, lab.second() if again and lab.outcome.is_converted else None)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The cases that paths name: files, and those in directories. Raises CaseError."""
    for path in paths:
        found = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
        if not found:
            raise CaseError(f"{path}: there is no case (*.txt) in this directory.")
        yield from found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases that the command line names. Returns: the exit status."""
    options = _options(arguments)
    right = total = 0
    try:
        for path in files(options.cases):
            total += 1
            right += _is_right(path, options.verbose)
    except CaseError as error:
        print(f"text-guests: {error}", file=sys.stderr)
        return 2
    print(f"{right} of {total} right")
    return 0 if right == total else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/text-guests")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show concerns, changes and differences")
    parser.add_argument("cases", nargs="+", type=Path, metavar="FILE|DIRECTORY")
    return parser.parse_args(arguments)


def _is_right(path: Path, verbose: bool) -> bool:
    try:
        verdict = try_case(path)
    except CaseError as error:
        print(f"WRONG {path.stem}: {error}")
        return False
    outcome = verdict.outcome
    print(f"{'WRONG' if verdict.broken else 'RIGHT'} {path.stem:44} {outcome.summary}")
    for expectation in verdict.broken:
        print(f"      expected: {expectation.text}")
    if verdict.broken and outcome.said and not verbose:
        print(f"      said: {outcome.said[:_WIDTH]}")
    if verdict.second:
        print(f"      a second conversion: {verdict.second.summary}")
        _show_changes(verdict.second.changes)
    if verbose:
        _show(outcome)
    return not verdict.broken


def _show(outcome: Outcome) -> None:
    for concern in outcome.concerns:
        print(f"      {concern['severity']} {concern['code']}: {concern['message']} {concern['hint']}")
    if outcome.error and not outcome.concerns:
        print(f"      error {outcome.error.code}: {outcome.error.message} {outcome.error.hint or ''}")
    print("".join(f"      {line}\n" for line in outcome.crash.splitlines()), end="")
    for argv in outcome.ran:
        print(f"      ran: {' '.join(argv)}")
    _show_changes(outcome.changes)


def _show_changes(changes: Sequence[Change]) -> None:
    for change in changes:
        print(f"      {change.action} {change.path}: {change.detail}")
    for each in as_diff(changes):
        for line in diffs.unified(each)["lines"] or ():
            print(f"        {line}")


if __name__ == "__main__":
    sys.exit(main())
