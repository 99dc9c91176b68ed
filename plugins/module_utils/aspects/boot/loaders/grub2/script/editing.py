# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits kernels' arguments where they stand: in words of scripts, and in what variables are set to. Pure.

A word that stands in a command is edited there, with its quotes. What a variable brings is edited where the variable gets
it, if all kernels that have it agree; if not, it takes the variable's place in the command. All other bytes stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ......texts import kernel_arguments
from ....command_line import Editor
from . import environment_block, loader_line
from .expansion import Argument
from .lexer import Word
from .syntax import Command
from .traced import SPLIT, Place, Segment, quoted
from .uses import Use

# Behind it the arguments of init begin.
_END = "--"

# Characters of a file, from start to end.
Span = tuple[str, int, int]


class NotEditable(Exception):
    """Kernels that share an argument need it to differ. arguments: of which one cannot be written."""

    def __init__(self, arguments: Iterable[str]) -> None:
        self.arguments = list(arguments)
        super().__init__(f"cannot write {' '.join(self.arguments)}")


class BlockFull(NotEditable):
    """An environment block has no room for what must be written to it. path: of its file."""

    def __init__(self, path: str) -> None:
        super().__init__([f"to {path}, which is full"])
        self.path = path


@dataclass
class _Wanted:
    """What one use needs: of each argument, what it becomes (several, or none); and what is added to them."""

    use: Use
    arguments: list[list[str]]
    added: list[str]

    def is_changed(self, number: int) -> bool:
        """Whether an argument becomes another."""
        return self.arguments[number] != [self.use.arguments[number].text]


@dataclass
class _Edits:
    """Replacements by their spans. inserted: at the end of a span."""

    replaced: dict[Span, str] = field(default_factory=dict)
    removed: set[Span] = field(default_factory=set)
    inserted: dict[tuple[str, int], list[str]] = field(default_factory=dict)


def edited(texts: Mapping[str, str], uses: Sequence[Use], with_initrd: Editor, without: Editor) -> dict[str, str]:
    """The texts that change, by the names of their files. Raises NotEditable (BlockFull)."""
    wanted = [_wanted(use, with_initrd if use.has_initrd else without) for use in uses]
    edits = _Edits()
    whole = _in_place(wanted, edits)
    _by_word(wanted, whole, edits)
    _add(wanted, edits)
    return _applied(texts, edits)


def _wanted(use: Use, edit: Editor) -> _Wanted:
    texts = [argument.text for argument in use.arguments]
    if not use.boots_linux:
        return _Wanted(use, [[text] for text in texts], [])
    found = [_edited(text, edit) for text in texts]
    present = [text for each in found for text in each]
    added = edit("", present) if use.is_whole else ""
    return _Wanted(use, found, loader_line.arguments(added))


def _edited(text: str, edit: Editor) -> list[str]:
    before = loader_line.argument(text)
    after = edit(before, None)
    if after == before or not text:
        return [text]
    found = loader_line.arguments(after)
    if found and not before.startswith('"'):
        # What is a blank to the kernel alone is no reason to replace the word, with the variables in it.
        found[0] = _blanks(before) + found[0]
        found[-1] += _blanks(before[::-1])[::-1]
    return found


def _blanks(text: str) -> str:
    """The blanks that a text begins with."""
    return text[: len(text) - len(text.lstrip(kernel_arguments.BLANKS))]


# What is edited in place


def _in_place(wanted: Sequence[_Wanted], edits: _Edits) -> set[tuple[int, int]]:
    """Edit what one place brings, and all agree on. Returns (number of the use, word) of what must be replaced as words."""
    outcomes: dict[Span, set[str | None]] = {}
    askers: dict[Span, set[tuple[int, int]]] = {}
    whole = set()
    for number, each in enumerate(wanted):
        for position, argument in enumerate(each.use.arguments):
            found = _outcomes(argument, each.arguments[position])
            if found is None:
                whole.add((number, argument.word))
                found = {_span(segment.place): segment.text for segment in argument.value.segments if segment.place}
            for span, text in found.items():
                outcomes.setdefault(span, set()).add(text)
                if each.is_changed(position):
                    askers.setdefault(span, set()).add((number, argument.word))
    before = {
        _span(segment.place): segment
        for each in wanted
        for argument in each.use.arguments
        for segment in argument.value.segments
        if segment.place
    }
    agreed = _agreed(outcomes)
    for span, texts in outcomes.items():
        if texts == {before[span].text}:
            continue
        place, text = before[span].place, next(iter(texts))
        written = place.written(text) if place and text is not None else ""
        if span not in agreed or written is None:
            whole |= askers.get(span, set())
        elif text is None:
            edits.removed.add(span)
        else:
            edits.replaced[span] = written
    return whole


def _span(place: Place) -> Span:
    return place.file, place.start, place.end


def _agreed(outcomes: Mapping[Span, set[str | None]]) -> set[Span]:
    """The spans for which there is one outcome, and that do not overlap with another."""
    found, last = set(), ("", 0, 0)
    for span in sorted(outcomes):
        if span[0] == last[0] and span[1] < last[2]:
            found.discard(last)
            last = max(span, last, key=lambda each: each[2])
            continue
        if len(outcomes[span]) == 1:
            found.add(span)
        last = span
    return found


def _outcomes(argument: Argument, new: Sequence[str]) -> dict[Span, str | None] | None:
    """What each place that an argument comes from must become, None for what is removed. None where no one place can."""
    segments = argument.value.segments
    places = [segment.place for segment in segments]
    if new == [argument.text]:
        return {_span(place): segment.text for place, segment in zip(places, segments) if place}
    if not new:
        only = places[0] if len(places) == 1 else None
        # What is a word of the command itself is removed with its quotes.
        is_of_variable = only is not None and (SPLIT in only.contexts or len(only.contexts) > 1)
        return {_span(only): None} if only is not None and is_of_variable else None
    if len(new) > 1 or None in places:
        return None
    changed = _changed(argument.text, new[0], segments)
    if changed is None:
        return None
    number, text = changed
    return {_span(place): text if at == number else segments[at].text for at, place in enumerate(places) if place}


def _changed(before: str, after: str, segments: Sequence[Segment]) -> tuple[int, str] | None:
    """The number of the only segment that differs, and what it becomes; None where several do."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    position = 0
    for number, segment in enumerate(segments):
        last = position + len(segment.text)
        if position <= start and len(before) - end <= last:
            return number, after[position : len(after) - (len(before) - last)]
        position = last
    return None


# What is replaced as words of a command


def _by_word(wanted: Sequence[_Wanted], whole: Iterable[tuple[int, int]], edits: _Edits) -> None:
    """Put arguments in the place of words. Raises NotEditable."""
    commands: dict[Command, set[int]] = {}
    for number, word in whole:
        command = wanted[number].use.command
        if command is None:
            raise NotEditable(text for each in wanted[number].arguments for text in each)
        commands.setdefault(command, set()).add(word)
    for command, words in commands.items():
        sharing = [each for each in wanted if each.use.command is command]
        for word in words:
            texts = {_of_word(each, word) for each in sharing}
            place = _place(command.words[word])
            # Where the word itself is of a variable, others have it too.
            if len(texts) > 1 or place is None or place.contexts:
                raise NotEditable(texts)
            _replace(edits, _span(place), texts.pop())


def _replace(edits: _Edits, span: Span, text: str) -> None:
    """Have text in the place of a word, and of whatever was to be edited within it."""
    for other in [each for each in (*edits.replaced, *edits.removed) if each[0] == span[0]]:
        if span[1] <= other[1] and other[2] <= span[2]:
            edits.replaced.pop(other, None)
            edits.removed.discard(other)
    if text:
        edits.replaced[span] = text
    else:
        edits.removed.add(span)


def _of_word(wanted: _Wanted, word: int) -> str:
    """The words that stand for the arguments of one."""
    new = [
        text for argument, each in zip(wanted.use.arguments, wanted.arguments) if argument.word == word for text in each
    ]
    return " ".join(map(quoted, new))


def _place(word: Word) -> Place | None:
    return word.source.place(word.start, word.end)


# What is added


def _add(wanted: Sequence[_Wanted], edits: _Edits) -> None:
    """Add arguments to the variable that brings root=, if all kernels that have it agree; else to the commands."""
    ends = [_end_of_variable(each.use) for each in wanted]
    at_end: dict[tuple[str, int], set[tuple[str, ...]]] = {}
    for each, end in zip(wanted, ends):
        if end is not None and each.use.boots_linux:
            at_end.setdefault((end.file, end.end), set()).add(tuple(each.added))
    for each, end in zip(wanted, ends):
        if not each.added:
            continue
        key = (end.file, end.end) if end else None
        if end is not None and key is not None and len(at_end[key]) == 1:
            text = _of_value(end.contexts, each.added)
        else:
            end = _end_of_command(each.use)
            text = "".join(f" {quoted(argument)}" for argument in each.added)
        if end is None or text is None:
            raise NotEditable(each.added)
        inserted = edits.inserted.setdefault((end.file, end.end), [])
        inserted += [text] if text not in inserted else []


def _of_value(contexts: tuple[str, ...], arguments: Sequence[str]) -> str | None:
    """Arguments as they are written at the end of a variable's value, which contexts read; None where they cannot be."""
    until = contexts.index(SPLIT) if SPLIT in contexts else len(contexts) - 1
    blank = Place("", 0, 0, contexts[:until]).written(" ")
    parts = [Place("", 0, 0, tuple(each for each in contexts if each != SPLIT)).written(text) for text in arguments]
    return None if blank is None or None in parts else "".join(f"{blank}{part}" for part in parts)


def _end_of_variable(use: Use) -> Place | None:
    """Where the value ends of the variable that root= comes from; None where it does not come from one."""
    root = next((argument for argument in use.arguments if argument.text.startswith("root=")), None)
    first = root.value.segments[0].place if root else None
    if root is None or first is None:
        return None
    if use.end is None and not (SPLIT in first.contexts or use.command is None):
        return None
    if use.end is not None and first.file == use.end.file:
        return None
    own = [each for each in _of_kernel(use) if each.word == root.word or use.end is not None]
    places = [each.value.segments[-1].place for each in own if each.value.segments]
    return next((place for place in reversed(places) if place is not None and place.file == first.file), None)


def _of_kernel(use: Use) -> list[Argument]:
    """The arguments that are the kernel's own: those before a `--`, behind which init's begin."""
    texts = [argument.text for argument in use.arguments]
    return list(use.arguments[: texts.index(_END)] if _END in texts else use.arguments)


def _end_of_command(use: Use) -> Place | None:
    own = _of_kernel(use)
    if use.command is None or (use.end is not None and len(own) == len(use.arguments)):
        return use.end
    last = own[-1].word if own else 1
    if len(own) == len(use.arguments):
        last = max(number for number, word in enumerate(use.command.words) if not word.is_nothing)
    return _place(use.command.words[last])


# And all of it


def _applied(texts: Mapping[str, str], edits: _Edits) -> dict[str, str]:
    changes: dict[str, list[tuple[int, int, str]]] = {}
    for (name, start, end), text in edits.replaced.items():
        changes.setdefault(name, []).append((start, end, text))
    for name, start, end in edits.removed:
        changes.setdefault(name, []).append((*_with_blank(texts[name], start, end), ""))
    for (name, position), inserted in edits.inserted.items():
        changes.setdefault(name, []).append((position, position, "".join(inserted)))
    return {name: _fitted(name, texts[name], _with_changes(texts[name], found)) for name, found in changes.items()}


def _fitted(name: str, before: str, after: str) -> str:
    """after, which before, the text of the file called name, became; an environment block keeps its size."""
    fitted = environment_block.fitted(before, after) if environment_block.is_block(before) else after
    if fitted is None:
        raise BlockFull(name)
    return fitted


def _with_blank(text: str, start: int, end: int) -> tuple[int, int]:
    """The characters of an argument, and of the blanks before it; of those after it where it is the first one."""
    first = start
    while first and text[first - 1] in " \t":
        first -= 1
    if first < start:
        return first, end
    while end < len(text) and text[end] in " \t":
        end += 1
    return start, end


def _with_changes(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    parts, position = [], 0
    for start, end, new in sorted(changes):
        parts += [text[position : max(start, position)], new]
        position = max(end, position)
    return "".join([*parts, text[position:]])
