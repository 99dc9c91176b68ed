# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page in a real browser: what a person does with it, on a desk, on a phone, in the dark."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from ansible_collections.virttools.guestconv.plugins.module_utils import report
from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page
from tests import fleet
from tests.end_to_end.conftest import run_playbook

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no Chromium with its driver: this distribution has no packages of them"
)

# A browser that asks nothing of the network on its own, so that what is asked is the page's doing.
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
DESK, PHONE = (1280, 900), (390, 844)
HOSTILE = "</script><img src=x onerror=\"window.broken=1\"><svg onload='window.broken=1'>{{7*7}}&lt;b&gt; \u202etxet"
LONG = "x" * 300


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, tmp_path):
    """opened(guests, size, dark) writes a report of the outcomes and gives the browser, which shows its page."""

    def show(guests, size=DESK, dark=False):
        (tmp_path / "console.png").write_bytes(fleet.picture(72, 40))
        report.write(str(fleet.written(tmp_path, guests)), report_page.template())
        return look(browser, tmp_path / "index.html", size, dark)

    yield show
    # Nothing was wrong with the script, and nothing that the policy forbids was tried.
    assert browser.get_log("browser") == []


def look(browser, path, size=DESK, dark=False):
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE},
    )
    browser.get(path.as_uri())
    return browser


def outcome(guest, **values):
    return {"guest": guest, "outcome": "converted", "started": "2026-11-21T13:00:00Z", **values}


def names(page):
    """The guests in the table, from the top."""
    return [element.text for element in page.find_elements(By.CSS_SELECTOR, ".guest .name")]


def press(page, selector):
    page.find_element(By.CSS_SELECTOR, selector).click()


def sort_by(page, column):
    press(page, f"th.c-{column} button")
    return page.find_element(By.CSS_SELECTOR, f"th.c-{column}").get_attribute("aria-sort")


def search(page, text):
    box = page.find_element(By.CSS_SELECTOR, "input[type=search]")
    box.clear()
    box.send_keys(text)


def told(page):
    """How many guests the page says that it shows."""
    return page.find_element(By.CSS_SELECTOR, "[role=status]").text


def unfold(page, guest):
    """Unfold the row of a guest. Returns what unfolded."""
    for button in page.find_elements(By.CSS_SELECTOR, ".name"):
        if button.text == guest:
            button.click()
            return page.find_element(By.ID, button.get_attribute("aria-controls"))
    raise LookupError(guest)


def is_too_wide(page):
    return page.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_playbook_makes_the_page_and_a_second_one_does_not_change_it(module, browser, tmp_path):
    fleet.written(tmp_path, fleet.outcomes(14))
    assert module("guestconv_report", check=True, directory=str(tmp_path))["changed"] is True
    assert not (tmp_path / "index.html").exists()
    assert module("guestconv_report", directory=str(tmp_path))["changed"] is True
    before = (tmp_path / "index.html").read_bytes()
    assert module("guestconv_report", directory=str(tmp_path))["changed"] is False
    assert (tmp_path / "index.html").read_bytes() == before
    page = look(browser, tmp_path / "index.html")
    assert len(names(page)) == 14
    assert page.find_element(By.TAG_NAME, "h1").text in page.title


def test_a_task_that_runs_asynchronously_makes_the_same_page_and_returns_it_in_no_case(scratch, tmp_path):
    report.write(str(fleet.written(tmp_path, fleet.outcomes(3))), report_page.template())
    page = (tmp_path / "index.html").read_bytes()
    (tmp_path / "index.html").unlink()
    name = "virttools.guestconv.guestconv_report"
    results = tmp_path / "results.json"
    tasks = [
        {"name": "Report", name: {"directory": str(tmp_path)}, "async": 300, "poll": 1, "register": "done"},
        {"name": "Do not report", name: {"page": 1}, "register": "refused", "ignore_errors": True},
        {
            "name": "Keep what they returned",
            "ansible.builtin.copy": {
                "content": "{{ [done, refused] | to_json }}",
                "dest": str(results),
                "mode": "0600",
            },
        },
    ]
    completed = run_playbook(tasks, scratch)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    done, refused = json.loads(results.read_text("utf-8"))
    assert done["changed"] is True
    assert (tmp_path / "index.html").read_bytes() == page
    assert refused["failed"] is True
    assert "<!doctype" not in results.read_text("utf-8")
    assert done.get("invocation", {}).get("module_args", {}).keys() <= {"directory"}


def test_who_failed_stands_on_top_with_the_reason(opened):
    guests = fleet.outcomes(30)
    page = opened(guests)
    failed = {guest["guest"] for guest in guests if guest["outcome"] == "failed"}
    assert failed
    assert set(names(page)[: len(failed)]) == failed
    first = next(guest for guest in guests if guest["guest"] == names(page)[0])
    row = page.find_element(By.CSS_SELECTOR, ".guest").text
    assert f"failed in {first['phase']}" in row
    assert first["code"] in row


def test_a_row_has_what_a_person_compares_guests_by(opened):
    concerns = [
        {"code": "a", "severity": "warning"},
        {"code": "b", "severity": "warning"},
        {"code": "c", "severity": "error"},
    ]
    page = opened(
        [
            outcome(
                "web01",
                conversion_host="conv1",
                info={"product_name": "Debian GNU/Linux 12 (bookworm)"},
                concerns=concerns,
                phases=[{"name": "fetch", "seconds": 60, "resumed": True}, {"name": "convert", "seconds": 75.5}],
                devices={
                    "before": {
                        "block": {"sda": {"driver": "pvscsi"}, "sdb": {"driver": "pvscsi"}},
                        "network": {"ens192": {"driver": None}, "ens224": {"driver": "vmxnet3"}},
                    },
                    "after": {
                        "block": {"sda": {"driver": "ahci"}, "sdb": {"driver": "ahci"}},
                        "network": {"ens192": {"driver": "e1000"}},
                    },
                },
            )
        ]
    )
    cells = [cell.text for cell in page.find_elements(By.CSS_SELECTOR, ".guest td")]
    assert cells[:4] == ["web01\nconv1", "converted", "Debian GNU/Linux 12 (bookworm)", "2 min 16 s"]
    assert cells[4].splitlines() == [
        "sda, sdb pvscsi \u2192 ahci",
        "ens192 unknown \u2192 e1000",
        "ens224 vmxnet3 \u2192 removed",
    ]
    assert cells[5].splitlines() == ["1 error", "2 warnings"]
    times = page.find_element(By.CSS_SELECTOR, ".guest .bar")
    assert times.get_attribute("aria-label") == "fetch in an earlier run, convert 1 min 16 s"
    widths = [part.size["width"] for part in times.find_elements(By.TAG_NAME, "span")]
    assert widths[1] / widths[0] == pytest.approx(75.5 / 60, rel=0.05)


def test_a_column_sorts_and_sorts_the_other_way(opened):
    page = opened(
        [
            outcome("web10", phases=[{"name": "convert", "seconds": 5}]),
            outcome("web9", phases=[{"name": "convert", "seconds": 500}]),
            outcome("web2", phases=[{"name": "convert", "seconds": 50}]),
        ]
    )
    assert sort_by(page, "guest") == "ascending"
    assert names(page) == ["web2", "web9", "web10"]
    assert sort_by(page, "guest") == "descending"
    assert names(page) == ["web10", "web9", "web2"]
    assert sort_by(page, "time") == "descending"
    assert names(page) == ["web9", "web2", "web10"]
    assert len(page.find_elements(By.CSS_SELECTOR, "[aria-sort]")) == 1


@pytest.mark.parametrize("column", ["outcome", "system", "devices", "concerns"])
def test_every_column_puts_the_guests_in_its_own_order(opened, column):
    values = {
        "outcome": [{"outcome": "failed"}, {"outcome": "converted"}],
        "system": [{"info": {"product_name": "Alma"}}, {}],
        "devices": [
            {
                "devices": {
                    "before": {"block": {"sda": {"driver": "ide"}}},
                    "after": {"block": {"sda": {"driver": "ahci"}}},
                }
            },
            {},
        ],
        "concerns": [{"concerns": [{"severity": "error"}]}, {"concerns": [{"severity": "warning"}] * 5}],
    }[column]
    page = opened([outcome("b", **values[0]), outcome("a", **values[1])])
    if column != "outcome":
        sort_by(page, column)
    assert names(page) == ["b", "a"]
    sort_by(page, column)
    assert names(page) == ["a", "b"]


def test_text_filters_by_all_that_is_in_a_row(opened):
    page = opened(
        [
            outcome("web01", info={"product_name": "Debian 12", "hostname": "frontend"}),
            outcome("web02", info={"product_name": "Debian 11"}, concerns=[{"code": "device-map-stale"}]),
            outcome(
                "db01",
                outcome="failed",
                code="no-space",
                phase="convert",
                message="Nothing is left.",
                devices={"before": {"network": {"ens192": {"driver": "vmxnet3"}}}},
            ),
        ]
    )
    for text, expected in [
        ("DEBIAN", ["web01", "web02"]),
        ("debian web01", ["web01"]),
        ("frontend", ["web01"]),
        ("device-map", ["web02"]),
        ("no-space", ["db01"]),
        ("vmxnet3", ["db01"]),
        ("left", ["db01"]),
    ]:
        search(page, text)
        assert names(page) == expected, text
    assert told(page) == "1 of 3 guests"
    search(page, "nobody")
    assert names(page) == []
    assert page.find_element(By.CLASS_NAME, "nothing").is_displayed()
    press(page, ".reset")
    assert told(page) == "3 guests"
    assert len(names(page)) == 3


def test_totals_and_codes_filter_when_they_are_pressed(opened):
    page = opened(
        [
            outcome("web01"),
            outcome("web02", outcome="failed", code="no-space"),
            outcome("web03", outcome="failed", code="no-root-found"),
            outcome("web04", outcome="skipped"),
        ]
    )
    totals = {button.text.split()[1]: button for button in page.find_elements(By.CSS_SELECTOR, ".totals button")}
    assert {name: button.text.split()[0] for name, button in totals.items()} == {
        "converted": "1",
        "failed": "2",
        "interrupted": "0",
        "skipped": "1",
    }
    totals["failed"].click()
    assert sorted(names(page)) == ["web02", "web03"]
    assert totals["failed"].get_attribute("aria-pressed") == "true"
    totals["skipped"].click()
    assert sorted(names(page)) == ["web02", "web03", "web04"]
    totals["skipped"].click()
    press(page, ".codes button")
    assert names(page) == ["web03"]
    press(page, ".reset")
    assert len(names(page)) == 4
    assert totals["failed"].get_attribute("aria-pressed") == "false"


def test_a_row_unfolds_to_all_that_is_known_of_the_guest(opened):
    guest = dict(
        fleet.outcomes(14, "console.png")[0],
        outcome="failed",
        phase="verify",
        code="guest-not-up",
        message="It did not come up.",
        hint="Look at its console.",
        warnings=["It was emulated."],
        concerns=[dict(fleet.CONCERNS[1])],
    )
    page = opened([guest])
    text = unfold(page, guest["guest"]).text
    for piece in (
        "It did not come up.",
        "Look at its console.",
        "It was emulated.",
        fleet.CONCERNS[1]["message"],
        fleet.CONCERNS[1]["hint"],
        "/boot/grub/grub.cfg",
        "root= of 6 entries",
        "/dev/sda1:/etc/fstab",
        "pvscsi \u2192 virtio-blk-pci",
        "4,096 MiB",
        "00:50:56:aa:bb:cc",
        "10.0.2.15/24",
        "/dev/vda",
        guest["source"]["path"],
        guest["disks"][0],
        "2026-11-21 13:00:37 UTC",
    ):
        assert piece in text, piece
    press(page, ".guest .name")
    assert page.find_elements(By.CSS_SELECTOR, ".unfolded") == []


def test_a_conversion_that_changed_nothing_says_what_that_means(opened):
    again = {"changes": [], "phases": [{"name": "convert", "seconds": 60.0, "resumed": False}]}
    page = opened([outcome("web01", **again), outcome("web02", **again, check_mode=True), outcome("web03")])
    for guest in ("web01", "web02"):
        assert "Changes that an earlier conversion made are not listed again." in unfold(page, guest).text
    assert "changes" not in unfold(page, "web03").text


def test_a_diff_unfolds_with_its_lines_told_apart(opened):
    page = opened([outcome("web01", diff=[{"after_header": "/etc/fstab", "before": "a\nb\n", "after": "a\nc\n"}])])
    unfolded = unfold(page, "web01")
    summary = unfolded.find_element(By.TAG_NAME, "summary")
    assert summary.text == "/etc/fstab +1 \u22121"
    for _unused in range(3):
        summary.click()
    lines = unfolded.find_elements(By.CSS_SELECTOR, ".diff span")
    assert [(line.text, line.get_attribute("class")) for line in lines] == [
        ("@@ -1,2 +1,2 @@", "hunk"),
        (" a", ""),
        ("-b", "removed"),
        ("+c", "added"),
    ]


def test_the_picture_of_the_console_is_shown_and_can_be_enlarged(opened):
    page = opened([outcome("web01", screenshot="console.png"), outcome("web02", screenshot="gone.png")])
    image = unfold(page, "web01").find_element(By.TAG_NAME, "img")
    WebDriverWait(page, 30).until(lambda unused: image.get_property("complete"))
    assert (image.get_property("naturalWidth"), image.get_property("naturalHeight")) == (72, 40)
    assert "web01" in image.get_attribute("alt")
    press(page, ".enlarge")
    assert page.find_element(By.CSS_SELECTOR, "dialog[open] img").is_displayed()
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(page, 30).until(lambda unused: not page.find_elements(By.TAG_NAME, "dialog"))
    assert "gone.png, is not shown: No such file or directory." in unfold(page, "web02").text


def test_everything_can_be_done_from_the_keyboard(opened):
    page = opened([outcome("web01", hint="Ask."), outcome("web02", hint="Answer.")])
    page.find_element(By.TAG_NAME, "body").send_keys("/")
    page.switch_to.active_element.send_keys("web0")
    assert told(page) == "2 guests"
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.find_element(By.CSS_SELECTOR, "input").get_property("value") == ""
    order = []
    for _unused in range(60):
        page.switch_to.active_element.send_keys(Keys.TAB)
        order.append(page.switch_to.active_element.text)
        if order[-1] == "web01":
            break
    assert order[-7:] == ["Guest", "Outcome", "Operating system", "Time", "Devices", "Concerns", "web01"]
    page.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert page.switch_to.active_element.text == "web02"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("aria-expanded") == "true"
    assert "Answer." in page.find_element(By.CSS_SELECTOR, ".unfolded").text
    page.switch_to.active_element.send_keys(Keys.SPACE)
    assert page.find_elements(By.CSS_SELECTOR, ".unfolded") == []


def test_what_is_unfolded_stays_so_while_the_guests_are_sorted_and_filtered(opened):
    page = opened([outcome("web01", hint="Ask."), outcome("web02")])
    unfold(page, "web01")
    sort_by(page, "guest")
    sort_by(page, "guest")
    assert page.execute_script(
        "return [...document.querySelectorAll('tbody > tr.guest, tr.unfolded')].map((row) => row.className)"
    ) == ["guest converted", "guest converted", "unfolded"]
    search(page, "web02")
    assert page.find_elements(By.CSS_SELECTOR, ".unfolded") == []
    press(page, ".reset")
    assert "Ask." in page.find_element(By.CSS_SELECTOR, ".unfolded").text


# The contrast of each text with what it stands on (WCAG 2.2, success criterion 1.4.3).
CONTRASTS = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = (colour) => {
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = channels(colour).map((v) => linear(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if ((channels(colour)[3] ?? 1) > 0) return colour;
  }
};
const texts = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()
  && element.tagName !== "SCRIPT" && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
return texts.map((element) => {
  const pair = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
  return [(pair[0] + 0.05) / (pair[1] + 0.05), element.className + ": " + element.textContent.slice(0, 40)];
});
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_in_the_light_and_in_the_dark(opened, dark):
    guests = fleet.outcomes(30)
    guests[0].update(
        outcome="failed",
        message="Failed.",
        hint="Try.",
        concerns=[{"severity": severity, "code": "x", "message": "y"} for severity in ("error", "warning", "info")],
    )
    page = opened(guests, dark=dark)
    unfolded = unfold(page, guests[0]["guest"])
    for summary in unfolded.find_elements(By.TAG_NAME, "summary"):
        summary.click()
    contrasts = page.execute_script(CONTRASTS)
    assert len(contrasts) > 200
    assert [pair for pair in contrasts if pair[0] < 4.5] == []
    background = page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert (max(map(int, re.findall(r"\d+", background)[:3])) < 64) == dark


@pytest.mark.parametrize("width", [320, 390, 700, 1000, 1280])
def test_no_width_needs_scrolling_to_the_side(opened, width):
    guests = fleet.outcomes(8, "console.png")
    guests[0].update(
        guest=LONG,
        outcome="failed",
        code=LONG,
        phase=LONG,
        message=LONG,
        hint=LONG,
        conversion_host=LONG,
        info={"product_name": LONG},
        devices={"before": {LONG: {LONG: {"driver": LONG}}}},
        source={"type": LONG},
        disks=[LONG],
        target=LONG,
        warnings=[LONG],
        concerns=[{"severity": LONG, "code": LONG, "message": LONG, "hint": LONG}],
        changes=[{"action": LONG, "path": LONG, "detail": LONG}],
        diff=[{"after_header": LONG, "before": "", "after": LONG}],
    )
    page = opened(guests, (width, 844))
    assert not is_too_wide(page)
    unfolded = unfold(page, LONG)
    unfolded.find_element(By.TAG_NAME, "summary").click()
    assert not is_too_wide(page)


def test_on_a_phone_guests_are_cards_that_can_be_sorted(opened):
    page = opened(
        [
            outcome("web01", phases=[{"name": "fetch", "seconds": 5}]),
            outcome("web02", phases=[{"name": "fetch", "seconds": 50}]),
        ],
        PHONE,
    )
    assert not page.find_element(By.CSS_SELECTOR, ".guests > thead").is_displayed()
    cards = page.find_elements(By.CSS_SELECTOR, ".guest")
    assert cards[1].rect["y"] >= cards[0].rect["y"] + cards[0].rect["height"]
    Select(page.find_element(By.CSS_SELECTOR, ".order select")).select_by_visible_text("Time")
    assert names(page) == ["web02", "web01"]


def test_of_a_thousand_guests_only_those_are_made_that_are_looked_at(opened):
    guests = fleet.outcomes(1000, "console.png")
    page = opened(guests)
    rows = len(page.find_elements(By.CSS_SELECTOR, ".guest"))
    assert 20 <= rows <= 200
    assert told(page) == "1,000 guests"
    assert page.find_elements(By.CSS_SELECTOR, "img, pre") == []
    page.execute_script("scrollTo(0, document.body.scrollHeight)")
    WebDriverWait(page, 60).until(lambda unused: len(page.find_elements(By.CSS_SELECTOR, ".guest")) > rows)
    sort_by(page, "guest")
    assert len(page.find_elements(By.CSS_SELECTOR, ".guest")) <= 200
    wanted = guests[986]["guest"]
    search(page, wanted)
    assert names(page) == [wanted]
    assert guests[986]["conversion_host"] in unfold(page, wanted).text


def test_all_guests_are_printed(opened):
    page = opened(fleet.outcomes(250))
    assert len(page.find_elements(By.CSS_SELECTOR, ".guest")) < 250
    page.execute_cdp_cmd("Page.printToPDF", {})
    assert len(page.find_elements(By.CSS_SELECTOR, ".guest")) == 250


def test_what_a_hostile_guest_says_stays_text(opened):
    guest = outcome(
        HOSTILE,
        outcome="failed",
        code=HOSTILE,
        phase=HOSTILE,
        message=HOSTILE,
        hint=HOSTILE,
        conversion_host=HOSTILE,
        target=HOSTILE,
        info={"product_name": HOSTILE, "hostname": HOSTILE},
        source={"path": HOSTILE},
        disks=[HOSTILE],
        phases=[{"name": HOSTILE, "seconds": 1}],
        warnings=[HOSTILE],
        screenshot=HOSTILE,
        devices={"before": {HOSTILE: {HOSTILE: {"driver": HOSTILE}}}, "after": {HOSTILE: {HOSTILE: {"driver": "x"}}}},
        concerns=[
            {"severity": HOSTILE, "code": HOSTILE, "message": HOSTILE, "hint": HOSTILE},
            {"severity": "__proto__"},
        ],
        changes=[{"action": HOSTILE, "path": HOSTILE, "detail": HOSTILE}],
        diff=[{"after_header": HOSTILE, "before": HOSTILE, "after": "</script>" + HOSTILE}],
        hardware={
            "machine": HOSTILE,
            "disks": [{"driver": HOSTILE}, None],
            "interfaces": [{"addresses": [HOSTILE]}],
            "video": {"driver": HOSTILE},
        },
    )
    page = opened([guest])
    row = page.find_element(By.CSS_SELECTOR, ".name")
    assert row.get_property("textContent") == HOSTILE
    row.click()
    press(page, ".unfolded summary")
    unfolded = page.find_element(By.CSS_SELECTOR, ".unfolded")
    # The message, the hint, the concern with its hint, the warning, the change, the paths and drivers.
    assert unfolded.get_property("textContent").count(HOSTILE) >= 15
    assert page.find_elements(By.CSS_SELECTOR, "img, svg, b i") == []
    assert page.execute_script("return window.broken") is None


def test_the_page_asks_nothing_of_any_server(opened):
    page = opened(fleet.outcomes(14, "console.png"))
    unfold(page, names(page)[0])
    press(page, ".enlarge")
    asked = page.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in asked if not name.startswith("data:")] == []


def test_the_browser_would_not_run_markup_that_got_into_the_page(browser, tmp_path):
    report.write(str(fleet.written(tmp_path, fleet.outcomes(1))), report_page.template())
    page = look(browser, tmp_path / "index.html")
    blocked = page.execute_async_script("""
        addEventListener("securitypolicyviolation", (event) => arguments[0](event.effectiveDirective), {once: true});
        document.body.insertAdjacentHTML("beforeend", "<button id=trap onclick='window.broken=1'></button>");
        document.getElementById("trap").click();
    """)
    assert blocked.startswith("script-src")
    assert page.execute_script("return window.broken") is None
    # The log says so; the next test wants an empty one.
    assert "Content Security Policy" in str(page.get_log("browser"))
