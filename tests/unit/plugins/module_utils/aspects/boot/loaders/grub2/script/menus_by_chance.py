# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of GRUB, made by chance: what grub-mkconfig writes, and what a person may."""

from __future__ import annotations

NAMES = ["a", "b", "a>b", "1", "0x1", "01", "3 x", "\xe9", "Adv opts", ">", "x>>y", "2>", "08"]
_OPERANDS = ['"$v"', '"$w"', '""', "1", "2", "$w", "$nothing", "x$v", '"10"', "-1", "!", "-a", "(", ")", "-n", "-o"]
_VALUES = ["1", "2", '"a b"', "$v", "$w", '"$w>$v"', "'0'", '"${v}"', "a", "1>a"]
_CALLS = [
    *("v=3", "w=$v", "export v", "unset v", "default=a", "f", "f 1 2", "g x", "return", "break", "continue", "shift"),
    *("setparams a b", 'eval "v=7"', 'eval "set w=$v; f"'),
]
_DEFAULTS = ["0", "1", "2", "1>0", "2>1", "0>1>0", "3>", "a>b", "a>>b", ""]
_ARGUMENTS = [
    *(
        "root=/dev/sda1",
        '"root=/dev/sda1"',
        "ro",
        "quiet",
        "'a b'",
        'x="/dev/sda1 y"',
        "\\\n\t",
        "$v",
        '"$w"',
        "root=$d",
    ),
    *("it\\'s", "'it'\\''s'", '"\\$x\\"y"', "a\\ b", "--", "$nothing", "${d}", "resume=/dev/sda1"),
]
START = "menuentry_id_option=--id\nexport menuentry_id_option\nv=1\nw=\nd=/dev/sda1\n"


class Menus:
    """Makes scripts. chance: a random.Random. body: makes the body of an entry, of its number."""

    def __init__(self, chance, body):
        self._chance, self._body, self._count = chance, body, 0

    def script(self):
        """A script with a menu."""
        one = self._chance.choice
        functions = (
            f"function f {{\n{one(['true', 'false', 'w=q', 'return'])}\n"
            'if [ "$1" = 1 ]; then return 1; fi\nw=f$1\n}\n'
            f"function g {{\n  v=$#\n {one(['return', 'false', 'f 2'])}\n}}\n"
        )
        statements = "".join(self._statement(0) + "\n" for _each in range(self._chance.randint(0, 6)))
        parts = [one(NAMES) for _each in range(self._chance.randint(1, 3))]
        default = one([*_DEFAULTS, ">".join(parts), ">".join(part.replace(">", ">>") for part in parts)])
        chosen = f"set default='{default}'\n" if self._chance.random() < 0.8 else ""
        return START + functions + statements + chosen + self._items(0) + "set timeout=0\n"

    def _items(self, depth):
        return "".join(self._item(depth) for _each in range(self._chance.randint(1, 4)))

    def _item(self, depth):
        one = self._chance.choice
        title = f"'{one(NAMES)}'"
        options = f"{one([' --id ', ' --id=', ' $menuentry_id_option '])}'{one(NAMES)}'" if one([True, False]) else ""
        options += " --class x --unrestricted" if self._chance.random() < 0.2 else ""
        if depth < 2 and self._chance.random() < 0.3:
            return f"submenu {title}{options} {{\n{self._items(depth + 1)}}}\n"
        self._count += 1
        return f"menuentry {title}{options} {{\n{self._body(self._count)}}}\n"

    def _condition(self):
        one = self._chance.choice
        left, middle, right = (one(_OPERANDS) for _each in range(3))
        return one(
            [
                f"[ {left} = {right} ]",
                f"[ -n {left} -a {middle} != {right} ]",
                f"[ -z {left} -o {middle} -eq {right} ]",
                f"test {left}",
                f"[ ! {left} ]",
                f"[ ( {left} = {middle} ) -o {right} ]",
                f"[ {left} -lt {right} ]",
                *("true", "false", "! true", "! false", "unknown_command", "v=2", "f", "f 1", "g"),
            ]
        )

    def _statement(self, depth):
        one, kind = self._chance.choice, self._chance.random()
        if kind < 0.35:
            return f"set {one(['v', 'w', 'default'])}={one(_VALUES)}"
        if kind < 0.5 or depth > 2:
            return one(_CALLS)
        if kind < 0.8:
            text = f"if {self._condition()}; then\n{self._statement(depth + 1)}\n"
            text += f"elif {self._condition()}; then {self._statement(depth + 1)}\n" if kind < 0.6 else ""
            return f"{text}else\n {self._statement(depth + 1)}\nfi" if kind < 0.7 else f"{text}fi"
        if kind < 0.9:
            return f"for v in {one(['1 2 3', 'a $w b'])}; do\n{self._statement(depth + 1)}\ndone"
        inner = self._statement(depth + 1).replace("continue", "true")
        return f"c=\nwhile [ x$c != x111 ]; do\nc=1$c\n{inner}\ndone"


def kernel(chance):
    """A body of entries that boot a kernel."""

    def body(number):
        words = " ".join(chance.choice(_ARGUMENTS) for _each in range(chance.randint(0, 6)))
        end = chance.choice(["", " # comment", ";", " ; true"])
        initrd = chance.choice(["", "\tinitrd /initrd\n"])
        return f"\t{chance.choice(['linux', 'linux16'])} /vmlinuz-{number} root=$d {words}{end}\n{initrd}"

    return body
