// Elements, numbers, and the data that is in the page.

export const OUTCOMES = ["failed", "interrupted", "skipped", "converted"];
export const SEVERITIES = ["error", "warning", "info"];
export const PHASES = ["fetch", "inspect", "convert", "verify", "define"];

export const data = (id) => JSON.parse(document.getElementById(id).textContent);

// An element. What is put into it is text, or an element: there is no way from here to markup.
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// A guest's own words.
export const said = (text, kind = "") => make("span", { class: `text ${kind}`.trim() }, String(text));
export const number = (value) => value.toLocaleString("en");
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

export function duration(seconds) {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3570) return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}
