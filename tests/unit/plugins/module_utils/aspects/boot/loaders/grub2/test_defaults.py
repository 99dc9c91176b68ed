# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/default/grub and what is read after it: what the shell would read there, and what must be otherwise."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import defaults
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

LINUX, DEFAULT, WITHOUT_UUID = "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_DISABLE_LINUX_UUID"


@pytest.mark.parametrize(
    "text, expected",
    [
        (f'{LINUX}="a b"\n', [(LINUX, "a b")]),
        (f"export {LINUX}='a  b'  # why\n", [(LINUX, "a  b")]),
        (f"{LINUX}=a\n{LINUX}=b\n", [(LINUX, "a"), (LINUX, "b")]),
        (f"#{WITHOUT_UUID}=true\nGRUB_TIMEOUT=5\n", []),
        (f"  {WITHOUT_UUID}=true\n", [(WITHOUT_UUID, "true")]),
        (f'{LINUX}="a \\\n b"\n', [(LINUX, "a \\\n b")]),
        ("this is (no shell\n'neither", []),
    ],
)
def test_the_settings_of_default_grub_are_read_as_the_shell_would(text, expected):
    assert [(found.name, found.value) for found in defaults.settings(text)] == expected


def to_uuid(line, present):
    there = line.split() + list(present or ()) + ["x"] * (present is None)
    return line.replace("/dev/sda1", "UUID=1") + ("" if "x" in there else " x")


@pytest.mark.parametrize(
    "before, after",
    [
        # What must be there is added to the line that recovery entries have too.
        ("# nothing", f'# nothing\n{LINUX}=" x"\n'),
        (f"{LINUX}=x", f"{LINUX}=x"),
        (f"{LINUX}=''\n{DEFAULT}='quiet x'", f"{LINUX}=''\n{DEFAULT}='quiet x'"),
        (f'{LINUX}=x; {DEFAULT}="root=/dev/sda1"  # why', f'{LINUX}=x; {DEFAULT}="root=UUID=1"  # why'),
        (f"{LINUX}=x\n{WITHOUT_UUID}=true\n", f"{LINUX}=x\n{WITHOUT_UUID}=false\n"),
        (f"{LINUX}=x\n{WITHOUT_UUID}='false'\n", f"{LINUX}=x\n{WITHOUT_UUID}='false'\n"),
        (f"{LINUX}=x\nGRUB_DISABLE_UUID=true\n", f"{LINUX}=x\nGRUB_DISABLE_UUID=false\n"),
        (f"{LINUX}=x\nGRUB_DISABLE_LINUX_PARTUUID=true\n", f"{LINUX}=x\nGRUB_DISABLE_LINUX_PARTUUID=false\n"),
        # It becomes root= as it is, and grub-probe looks at it.
        (f"{LINUX}=x\nGRUB_DEVICE=/dev/sda1\n", f"{LINUX}=x\nGRUB_DEVICE=/dev/disk/by-uuid/1\n"),
        (f"{LINUX}=x\nGRUB_DEVICE=/dev/vg/root\n", f"{LINUX}=x\nGRUB_DEVICE=/dev/vg/root\n"),
        (f"{LINUX}=x\nGRUB_DEVICE=$OTHER\n", f"{LINUX}=x\nGRUB_DEVICE=$OTHER\n"),
        # Values that are put behind the one before.
        (f'{LINUX}="a"\n{LINUX}+=" root=/dev/sda1"\n', f'{LINUX}="a"\n{LINUX}+=" root=UUID=1 x"\n'),
        (f'{LINUX}="x"\n{LINUX}+=" root=/dev/sda1"\n', f'{LINUX}="x"\n{LINUX}+=" root=UUID=1"\n'),
        (f'{LINUX}="a"\n{LINUX}+="b"\n', f'{LINUX}="a"\n{LINUX}+="b"\n{LINUX}="${LINUX}  x"\n'),
        # All quotings of the shell's, and lines that go on.
        (f"{LINUX}=root=/dev/sda1", f'{LINUX}="root=UUID=1 x"'),
        (f"{LINUX}='x a=\"1\" root=/dev/sda1'", f"{LINUX}='x a=\"1\" root=UUID=1'"),
        (f'{LINUX}="x a=\\"1\\" root=/dev/sda1"', f'{LINUX}="x a=\\"1\\" root=UUID=1"'),
        (f'{LINUX}=\'x a="1" \'"root=/dev/sda1"', f'{LINUX}="x a=\\"1\\" root=UUID=1"'),
        (f'{LINUX}="x \\\n root=/dev/sda1"\n', f'{LINUX}="x \\\n root=UUID=1"\n'),
        # Of several assignments each takes up the one before it, or undoes it.
        (f'{LINUX}="a"\n{LINUX}="${LINUX} b"', f'{LINUX}="a"\n{LINUX}="${LINUX} b x"'),
        (f'{LINUX}="x"\n{LINUX}="${{{LINUX}}} b"', f'{LINUX}="x"\n{LINUX}="${{{LINUX}}} b"'),
        (f'{LINUX}="x root=/dev/sda1"\n{LINUX}="b"', f'{LINUX}="x root=UUID=1"\n{LINUX}="b x"'),
        # What is set in a way that is not understood stays, and is added to.
        (f"case $a in\n(b) {LINUX}=c;;\nesac", f'case $a in\n(b) {LINUX}=c;;\nesac\n{LINUX}="${LINUX}  x"\n'),
    ],
)
def test_oracle_05_only_settings_that_must_change_are_changed(before, after):
    (edited,) = defaults.edited([before], to_uuid)
    assert edited == after
    assert defaults.edited([edited], to_uuid) == [edited]


def sourced(texts, directory):
    """The command lines that grub-mkconfig's shell has after these files, as lists of arguments."""
    paths = [directory / f"{number}.cfg" for number in range(len(texts))]
    for path, text in zip(paths, texts):
        path.write_text(text, encoding="utf-8")
    script = "".join(f". {path}\n" for path in paths) + f'printf "%s\\0%s" "${LINUX}" "${DEFAULT}"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.split("\0")]


@pytest.mark.parametrize(
    "texts",
    [
        # What the shell has to work out stays, and the rest of the file is whole.
        [f"{LINUX}=$(echo root=/dev/sda1)"],
        [f'{LINUX}="$(echo "root=/dev/sda1 b")"'],
        [f"{LINUX}=`echo root=/dev/sda1`"],
        [f"X='a $b'\n{LINUX}=\"$X \"'$b root=/dev/sda1'"],
        [f'{LINUX}="${{X:-"a b"}} c"'],
        [f'{LINUX}="a$([ -x /bin/no ] && /bin/no || :) root=/dev/sda1"'],
        [f"{LINUX}=a$(( 1 + 1 ))"],
        # Other commands on the line.
        [f'{LINUX}="root=/dev/sda1"&& X=1'],
        [f'{LINUX}="root=/dev/sda1" true'],
        [f'(\n{LINUX}="root=/dev/sda1")'],
        [f'export {LINUX}="a" {DEFAULT}="root=/dev/sda1"'],
        # What may not be executed.
        [f'{LINUX}="a"\nif false; then\n  {LINUX}="${LINUX} b"\nfi'],
        [f'if true; then\n  {LINUX}="root=/dev/sda1"\nelse\n  {LINUX}="b"\nfi'],
        [f'{LINUX}="a"\nf() {{\n{LINUX}="b"\n}}'],
        [f'{LINUX}="a"\ncat >/dev/null <<E\n{LINUX}="b"\nE'],
        [f'{LINUX}="a"', f'true && {LINUX}="b"'],
        [f'{LINUX}="a"', f"X=1\nunset {LINUX}"],
        [f": ${{{LINUX}:=a}}"],
        # Lines that go on.
        [f'{DEFAULT}="quiet \\\nroot=/dev/sda1 \\\n"'],
        [f'{LINUX}="root=/dev/sda1 \\\n a \\\n"'],
        ["X=a\\\n"],
        # Quotes side by side.
        [f'{LINUX}="a root=/dev/sda1"\' b\'" c"'],
        [f'{LINUX}="a root=/dev/sda1"\'a b\'\\"'],
        [f"{LINUX}=''"],
        [f"{LINUX}='root=/dev/sda1'\\ a"],
    ],
)
def test_oracle_05_what_the_shell_makes_of_the_files_is_what_it_made_of_them_with_the_edits(texts, tmp_path):
    before = sourced(texts, tmp_path)
    edited = defaults.edited(texts, to_uuid)
    always, others = sourced(edited, tmp_path)
    converted = [[argument.replace("/dev/sda1", "UUID=1") for argument in line] for line in before]
    assert always in ([*line, "x"] for line in (before[0], converted[0]))
    assert others in (before[1], converted[1])
    assert defaults.edited(edited, to_uuid) == edited


@pytest.mark.parametrize(
    "before, after",
    [
        # A later file wins, so it is edited as the first is; what is added stands where nothing takes it away again.
        (
            [f"{LINUX}='root=/dev/sda1'", f"{LINUX}='root=/dev/sda1'"],
            [f"{LINUX}='root=UUID=1'", f"{LINUX}='root=UUID=1 x'"],
        ),
        ([f"{LINUX}=x", f"{LINUX}='a'"], [f"{LINUX}=x", f"{LINUX}='a x'"]),
        ([f"{LINUX}=x", f'{LINUX}="${LINUX} a"'], [f"{LINUX}=x", f'{LINUX}="${LINUX} a"']),
        (
            [f"{LINUX}='a'", f'{DEFAULT}="${{{DEFAULT}}} root=/dev/sda1"'],
            [f"{LINUX}='a x'", f'{DEFAULT}="${{{DEFAULT}}} root=UUID=1"'],
        ),
        ([f"{LINUX}=x", f"{WITHOUT_UUID}='true'"], [f"{LINUX}=x", f"{WITHOUT_UUID}='false'"]),
        (["", ""], [f'{LINUX}=" x"\n', ""]),
    ],
)
def test_oracle_05_the_files_of_default_grub_d_are_edited_as_they_win(before, after):
    assert defaults.edited(before, to_uuid) == after


def test_oracle_05_the_files_are_written_where_they_are_and_nothing_else_is():
    texts = {
        "/etc/default/grub": f"{DEFAULT}=quiet\n{LINUX}=x\n",
        "/etc/default/grub.d/50-cloudimg.cfg": f'# Cloud image\n{DEFAULT}="${DEFAULT} resume=/dev/sda1"\n',
        "/etc/default/grub.d/ignored": f"{LINUX}=/dev/sda1\n",
    }
    root = FakeRoot(dict(texts))
    defaults.convert(root, to_uuid)
    changed = {"/etc/default/grub.d/50-cloudimg.cfg": f'# Cloud image\n{DEFAULT}="${DEFAULT} resume=UUID=1"\n'}
    assert root.files == {**texts, **changed}
    without = FakeRoot({"/etc/default/grub.d/ignored": "a=1\n"})
    defaults.convert(without, to_uuid)
    assert without.files == {"/etc/default/grub.d/ignored": "a=1\n"}


def test_what_is_in_default_grub_d_alone_is_read_too():
    # grub-mkconfig of Debian 12 does not ask whether /etc/default/grub is there.
    root = FakeRoot({"/etc/default/grub.d/a.cfg": f"{LINUX}='root=/dev/sda1'\n"})
    defaults.convert(root, to_uuid)
    assert root.files == {"/etc/default/grub.d/a.cfg": f"{LINUX}='root=UUID=1 x'\n"}


@pytest.mark.parametrize(
    "text, left",
    [
        (f'{LINUX}="root=/dev/sda1"\n{DEFAULT}=b # /dev/sda2\n', f"{LINUX}=\n{DEFAULT}= # /dev/sda2\n"),
        (f"A=/dev/sda1\n{LINUX}=$A\n", f"A=/dev/sda1\n{LINUX}=\n"),
        (f'{LINUX}="a $(cat /dev/sda1) b `c`"', f"{LINUX}=$(cat /dev/sda1) `c`"),
        (f"[ a ] && {LINUX}=/dev/sda1\n", f"[ a ] && {LINUX}=/dev/sda1\n"),
        (f"{LINUX}=a b\n", f"{LINUX}=a b\n"),
        ("", ""),
    ],
)
def test_what_no_edit_reaches_is_left(text, left):
    assert defaults.unedited(text) == left
