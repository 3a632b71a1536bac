// Elements out of plain values: text is always text, never HTML.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name === "onclick" || name === "onsubmit") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

// Show something else in a place; what had the focus, or was open, has it and is open again, by its data-key.
export function put(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const open = new Set(Array.from(place.querySelectorAll("details[open]"), (each) => each.dataset.key));
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const each of place.querySelectorAll("details")) if (open.has(each.dataset.key)) each.open = true;
  if (!focused) return;
  const again = place.querySelector(`[data-key="${CSS.escape(focused)}"]`);
  (again && !again.disabled ? again : place).focus({ preventScroll: true });
}

export function button(label, key, onclick, look = "", more = {}) {
  return el("button", { type: "button", class: `button ${look}`, "data-key": key, onclick, ...more }, label);
}
