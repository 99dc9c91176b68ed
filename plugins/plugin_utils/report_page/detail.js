// What unfolds below a guest's row.

import { count, data, duration, make, number, SEVERITIES, said } from "./elements.js";
import { drivers } from "./row.js";

const section = (title, ...children) => make("section", {}, make("h3", {}, title), ...children);
const facts = (pairs) =>
  make(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => (value ?? "") !== "")
      .map(([name, value]) => [make("dt", {}, name), make("dd", {}, said(value))]),
  );

function plainTable(headings, lines) {
  return make(
    "div",
    { class: "scroll" },
    make(
      "table",
      { class: "plain" },
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          headings.map((heading) => make("th", { scope: "col" }, heading)),
        ),
      ),
      make(
        "tbody",
        {},
        lines.map((cells) =>
          make(
            "tr",
            {},
            cells.map((cell) => make("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function problem(row, detail) {
  if (!row.message && !detail.hint) return null;
  return make(
    "div",
    { class: `problem ${row.outcome}` },
    row.message ? make("p", { class: "message" }, said(row.message)) : null,
    detail.hint ? make("p", {}, said(detail.hint)) : null,
  );
}

function concerns(detail) {
  if (!detail.concerns.length) return null;
  const rank = (concern) => SEVERITIES.indexOf(concern.severity) + 1 || SEVERITIES.length + 1;
  const sorted = [...detail.concerns].sort((one, other) => rank(one) - rank(other));
  return section(
    "Concerns",
    make(
      "ul",
      { class: "items" },
      sorted.map((concern) =>
        make(
          "li",
          {},
          make(
            "div",
            { class: `severity-${SEVERITIES.includes(concern.severity) ? concern.severity : "info"}` },
            said(concern.severity ?? ""),
            " ",
            said(concern.code ?? "", "mono"),
          ),
          concern.message ? make("div", {}, said(concern.message)) : null,
          concern.hint ? make("div", { class: "quiet" }, said(concern.hint)) : null,
        ),
      ),
    ),
  );
}

function warnings(detail) {
  if (!detail.warnings.length) return null;
  const items = detail.warnings.map((warning) => make("li", {}, said(warning)));
  return section("Warnings", make("ul", { class: "items" }, items));
}

function devices(row) {
  if (!row.devices.length) return null;
  return section(
    "Devices",
    plainTable(
      ["Kind", "Device", "Driver"],
      row.devices.map((device) => [
        said(device.kind),
        said(device.id, "mono"),
        make("span", { class: "mono" }, drivers(device)),
      ]),
    ),
  );
}

function changes(row, detail) {
  if (!detail.changes.length) {
    return !row.phases.some((phase) => phase.name === "convert") || row.outcome !== "converted"
      ? null
      : section(
          "0 changes",
          make(
            "p",
            { class: "small quiet" },
            "Nothing had to be changed in the guest. Changes that an earlier conversion made are not listed again.",
          ),
        );
  }
  const title = count(detail.changes.length, "change") + (row.check_mode ? " that would be made" : "");
  return section(
    title,
    make(
      "ul",
      { class: "items" },
      detail.changes.map((change) =>
        make(
          "li",
          {},
          make("div", {}, said(change.action ?? "", "small quiet"), " ", said(change.path ?? "", "mono")),
          change.detail ? make("div", { class: "small" }, said(change.detail)) : null,
        ),
      ),
    ),
  );
}

function diffLine(line) {
  const kind = { "+": "added", "-": "removed", "@": "hunk" }[line[0]];
  return make("span", { class: kind }, line);
}

function diff(file) {
  const much = [
    file.added ? make("span", { class: "plus number small" }, ` +${file.added}`) : null,
    file.removed ? make("span", { class: "minus number small" }, ` \u2212${file.removed}`) : null,
  ];
  const folded = make("details", {}, make("summary", {}, said(file.path, "mono"), " ", much));
  // Only of what is looked at: a guest may have many files.
  folded.addEventListener(
    "toggle",
    () =>
      folded.append(
        file.lines
          ? make("pre", { class: "diff", tabindex: "0" }, make("code", {}, file.lines.map(diffLine)))
          : make("p", { class: "large" }, "This file is too large to be compared here."),
      ),
    { once: true },
  );
  return folded;
}

function diffs(detail) {
  return detail.diffs.length ? section("Differences", detail.diffs.map(diff)) : null;
}

const listed = (value) => (Array.isArray(value) ? value.filter(Boolean) : []);
const named = (thing) => (thing ? (thing.driver ?? "") : "none");

function hardware(detail) {
  const machine = detail.hardware;
  if (!machine) return null;
  const disks = listed(machine.disks),
    cards = listed(machine.interfaces);
  const joined = (...values) => values.filter(Boolean).join(", ");
  return section(
    "The virtual machine to create",
    facts([
      ["Machine", joined(machine.machine, machine.firmware)],
      ["Processors", machine.cpus],
      ["Memory", machine.memory ? `${number(machine.memory)} MiB` : null],
      ...disks.map((disk, index) => [`Disk ${index + 1}`, joined(disk.driver, disk.name_on_target)]),
      ...cards.map((card, index) => [
        `Network ${index + 1}`,
        joined(card.driver, card.name, card.mac, ...listed(card.addresses)),
      ]),
      ["Display", named(machine.video)],
      ["Console", named(machine.console)],
    ]),
  );
}

function picture(row, detail) {
  const { width, height, data, reason } = detail.picture ?? {};
  if (reason) {
    return section(
      "Console",
      make(
        "p",
        { class: "quiet small" },
        "Its picture, ",
        said(detail.screenshot, "mono"),
        ", is not shown: ",
        said(reason),
        ".",
      ),
    );
  }
  if (!data) return null;
  const image = () =>
    make("img", {
      src: `data:image/png;base64,${data}`,
      width,
      height,
      decoding: "async",
      alt: `The console of ${row.guest} at the end of its verification`,
    });
  const enlarge = make(
    "button",
    {
      type: "button",
      class: "enlarge",
      title: "Enlarge",
      onclick: () => {
        const close = make("button", { type: "button", class: "close" }, "Close");
        const dialog = make(
          "dialog",
          {
            "aria-label": `The console of ${row.guest}`,
            onclick: () => dialog.close(),
            onclose: () => dialog.remove(),
          },
          close,
          image(),
        );
        document.body.append(dialog);
        dialog.showModal();
      },
    },
    image(),
  );
  return make("figure", {}, enlarge, make("figcaption", {}, "The console at the end of the verification"));
}

const moment = (text) => (text ? text.replace("T", " ").replace(/(\.\d+)?(Z|\+00:00)$/, " UTC") : null);

function run(row, detail) {
  return section(
    "This run",
    facts([
      ["Conversion host", row.host],
      ["Started", moment(detail.started)],
      ["Ended", moment(detail.ended)],
      ...row.phases.map((phase) => [phase.name, phase.resumed ? "done in an earlier run" : duration(phase.seconds)]),
      ["Hostname", row.hostname],
      ["Target", detail.target],
      ...detail.source.map(([name, value]) => [`Source ${name}`, value]),
      ...detail.disks.map((disk) => ["Disk", disk]),
    ]),
  );
}

// What unfolds below the row of a guest: a table row of its own. index: the number of its data.
export function detailRow(row, index) {
  const detail = data(`detail-${index}`);
  const parts = make(
    "div",
    { class: "detail" },
    problem(row, detail),
    make("div", { class: "seen" }, picture(row, detail)),
    make(
      "div",
      { class: "done" },
      concerns(detail),
      warnings(detail),
      devices(row),
      changes(row, detail),
      diffs(detail),
    ),
    make("div", { class: "known" }, run(row, detail), hardware(detail)),
  );
  return make(
    "tr",
    { class: "unfolded", role: "row", id: `unfolded-${index}` },
    make("td", { colspan: "6", role: "cell" }, parts),
  );
}
