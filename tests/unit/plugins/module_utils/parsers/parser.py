# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the table of parsers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

ABSENT = "00:50:56:00:00:09"
NEW_MAC = "52:54:00:aa:00:01"


@dataclass(frozen=True, repr=False)
class Parser:
    """What is under the tests of test_parsers.py.

    name: of the test. words: what its texts are made of beside any others; all of them are to bring read to its end.
    read: function of a text, whose result may be anything. codes: of the GuestconvErrors that it may raise, or how these
    begin. errors: further exceptions that it documents.
    unedited: functions text -> text that have nothing to change in any text. edits: those that may have, but not twice.
    inputs: a strategy, where it is not texts(*words). sample: one such input, by which read gets far.
    found: texts that once were not dealt with.
    """

    name: str
    words: tuple[str, ...]
    read: Callable[[Any], object] = str
    codes: tuple[str, ...] = ()
    errors: tuple[type[Exception], ...] = ()
    unedited: tuple[Callable[[str], str], ...] = ()
    edits: tuple[Callable[[str], str], ...] = ()
    inputs: st.SearchStrategy[Any] | None = None
    sample: Any = None
    found: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def strategy(self) -> st.SearchStrategy[Any]:
        """Of what it is to be tried with."""
        return hostile_texts.texts(*self.words) if self.inputs is None else self.inputs

    def one(self) -> Any:
        """One input that is no accident."""
        return "\n".join(self.words) + "\n" if self.sample is None else self.sample


def of_file(path: str, function: Callable[..., object], **root: Any) -> Callable[[str], object]:
    """The function of a text that calls function with a root (FakeRoot) whose file at path has that text."""
    return lambda text: function(FakeRoot({path: text}, **root))


def each(*functions: Callable[[Any], object]) -> Callable[[Any], object]:
    """The function that calls all of these with what it is called with."""
    return lambda given: [function(given) for function in functions]
