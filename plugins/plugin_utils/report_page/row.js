// The row of a guest in the table.

import { count, duration, make, number, PHASES, SEVERITIES, said } from "./elements.js";

export const phaseClass = (name) => (PHASES.includes(name) ? name : "other");
const spoken = (phase) => `${phase.name} ${phase.resumed ? "in an earlier run" : duration(phase.seconds)}`;

function timeCell(row, longest) {
  if (!row.seconds) return [];
  const parts = row.phases.map((phase) => {
    const kind = phaseClass(phase.name) + (phase.resumed ? " resumed" : "");
    const part = make("span", { class: kind, title: spoken(phase) });
    // Through the object model: the page's policy has no place for styles in attributes.
    part.style.width = `${(100 * phase.seconds) / longest}%`;
    return part;
  });
  const label = row.phases.map(spoken).join(", ");
  return [
    make("span", { class: "number" }, duration(row.seconds)),
    parts.length ? make("div", { class: "bar", role: "img", "aria-label": label }, parts) : null,
  ];
}

export const differs = (device) => device.removed || (device.after !== null && device.after !== device.before);

export function drivers(device) {
  const before = device.before === null ? make("span", { class: "quiet" }, "unknown") : said(device.before);
  if (device.removed) return [before, " \u2192 ", make("span", { class: "quiet" }, "removed")];
  if (device.after === null) return [before];
  return differs(device) ? [before, " \u2192 ", said(device.after)] : [said(device.after)];
}

// The devices to which something happens, a line for all to which the same does.
function devicesCell(row) {
  const groups = new Map();
  for (const device of row.devices.filter(differs)) {
    const key = JSON.stringify([device.kind, device.before, device.after]);
    groups.set(key, [...(groups.get(key) ?? []), device]);
  }
  return [...groups.values()].map((group) => {
    const names = group.map((device) => device.id).join(", ");
    return make(
      "span",
      { class: "device mono", title: `${group[0].kind} ${names}` },
      make("span", { class: "quiet" }, said(names), " "),
      drivers(group[0]),
    );
  });
}

function concernsCell(row) {
  return SEVERITIES.filter((severity) => row.severities[severity]).map((severity) => {
    const many = row.severities[severity];
    const text = severity === "info" ? `${number(many)} info` : count(many, severity);
    return make("span", { class: `severity severity-${severity}` }, text);
  });
}

function outcomeCell(row) {
  const tried = row.outcome === "failed" || row.outcome === "interrupted";
  return [
    make(
      "div",
      {},
      make("span", { class: "what" }, row.outcome),
      tried && row.phase ? make("span", { class: "quiet" }, " in ", said(row.phase)) : null,
    ),
    row.code ? make("div", {}, said(row.code, "mono")) : null,
    row.check_mode ? make("div", { class: "small quiet" }, "check mode") : null,
  ];
}

// The table's row of a guest. unfold: called with the row when the person wants to see more, or no more.
export function guestRow(row, longest, unfold) {
  const button = make("button", { class: "name", type: "button", "aria-expanded": "false" }, said(row.guest));
  const cell = (kind, ...children) => make("td", { class: `c-${kind}`, role: "cell" }, ...children);
  const line = make(
    "tr",
    { class: `guest ${row.outcome}`, role: "row" },
    cell("guest", button, row.host ? make("div", { class: "host small quiet" }, said(row.host)) : null),
    cell("outcome", outcomeCell(row)),
    cell("system", row.system ? said(row.system) : null),
    cell("time", timeCell(row, longest)),
    cell("devices", devicesCell(row)),
    cell("concerns", concernsCell(row)),
  );
  line.addEventListener("click", (event) => {
    // Who marks text with the mouse wants the text.
    if (button.contains(event.target) || !String(getSelection())) unfold(row);
  });
  return { line, button };
}
