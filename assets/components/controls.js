// Placed before attention.js: small controls in the style of the theme, each an element that calls back with what was chosen.

/** A row of buttons of which one is pressed: options {value: [label, what it means]}. */
function segments(parent, label, options, choose) {
  const group = element("div", "segments", parent, { role: "group", "aria-label": label });
  const buttons = Object.entries(options).map(([value, [text, help]]) => {
    const button = element("button", "", group, { type: "button", title: help });
    button.textContent = text;
    button.onclick = () => choose(value);
    return [value, button];
  });
  return {
    box: group,
    show(chosen, off = []) {
      for (const [value, button] of buttons) {
        button.setAttribute("aria-pressed", String(value === String(chosen)));
        button.disabled = off.includes(value);
      }
    },
  };
}

function labelled(parent, label, help, className = "") {
  const box = element("label", `control ${className}`, parent, { title: help });
  element("span", "", box).textContent = label;
  return box;
}

function slider(parent, label, help, [least, most, step], say, change) {
  const box = labelled(parent, label, help);
  const input = element("input", "", box, { type: "range", min: least, max: most, step });
  const told = element("output", "", box);
  input.oninput = () => change(Number(input.value), false);
  input.onchange = () => change(Number(input.value), true);
  return {
    box,
    input,
    show(value, highest = most) {
      input.max = highest;
      input.value = value;
      told.textContent = say(value);
    },
  };
}

function tick(parent, label, help, change) {
  const box = labelled(parent, label, help, "tick");
  const input = element("input", "", null, { type: "checkbox" });
  box.prepend(input);
  input.onchange = () => change(input.checked);
  return { box, show: (value) => (input.checked = value) };
}

/** A list that drops down; `show` takes the options [value, label] in their order, and which is chosen. */
function choice(parent, label, help, change) {
  const box = labelled(parent, label, help);
  const select = element("select", "", box);
  select.onchange = () => change(select.value);
  return {
    box,
    show(options, chosen) {
      const text = JSON.stringify(options);
      if (text !== select.dataset.options) {
        select.replaceChildren();
        for (const [value, name] of options) element("option", "", select, { value }).textContent = name;
        select.dataset.options = text;
      }
      select.value = chosen;
    },
  };
}

/** A button that unfolds what `fill` puts into it. */
function fold(parent, label, help) {
  const box = element("details", "fold", parent);
  element("summary", "", box, { title: help }).textContent = label;
  const inside = element("div", "folded", box);
  box.addEventListener("focusout", (event) => box.contains(event.relatedTarget) || (box.open = false));
  box.addEventListener("keydown", (event) => event.key === "Escape" && (box.open = false));
  return { box, inside, close: () => (box.open = false) };
}
