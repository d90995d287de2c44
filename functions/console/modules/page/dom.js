// Elements, and the few things that every view does with them.

const TOAST_MILLISECONDS = 5000;
let toastEnd = 0;

export const byId = id => document.getElementById(id);

/** Make an element with attributes and children. Strings become text nodes, never markup. */
export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Make an SVG element. */
export function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value != null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child != null));
  return element;
}

export const button = (text, onClick, attributes = {}) => make("button", { type: "button", click: onClick, ...attributes }, text);

/** Tell screen readers. */
export function announce(text) {
  clearTimeout(toastEnd);
  byId("status").className = "unseen";
  byId("status").textContent = text;
}

/** Tell everybody, for a few seconds. Screen readers can read it for longer. */
export function toast(text) {
  announce(text);
  byId("status").className = "toast";
  toastEnd = setTimeout(() => { byId("status").className = "unseen"; }, TOAST_MILLISECONDS);
}

/** Show what is at the page's address again. */
export const routeAgain = () => window.dispatchEvent(new Event("hashchange"));

/** Ask whether to do what cannot be undone; `doIt` is the button's text. Resolves to the answer. */
export function confirmed(question, doIt) {
  const dialog = byId("confirmation");
  byId("confirmation-text").textContent = question;
  byId("confirmation-yes").textContent = doIt;
  dialog.showModal();
  return new Promise(resolve => {
    const close = answer => () => { dialog.close(); resolve(answer); };
    byId("confirmation-yes").onclick = close(true);
    byId("confirmation-no").onclick = close(false);
    dialog.oncancel = () => resolve(false);
  });
}

/** Save a text as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Replace the children of `parent`, and keep the focus on the element with the same `data-key`. */
export function redraw(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  parent.replaceChildren(...children);
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
