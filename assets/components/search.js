// Placed before map.js: finding a word on the map as one types, and the buttons at its edge.

const SUGGESTED = 8;
const MARKED = 400; // matches that are ringed at most
const ICONS = {
  in: "M8 3v10M3 8h10",
  out: "M3 8h10",
  all: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  move: "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6L2 8l2 2M12 6l2 2-2 2",
  lasso: "M13.5 6.6c0 2.3-2.5 3.9-5.5 3.9S2.5 8.9 2.5 6.6 5 2.8 8 2.8s5.5 1.5 5.5 3.8zM4.6 9.8c-1.1 1-.9 2.6.6 2.6 1.2 0 1.6 1 .8 2",
  box: "M3 3h2.5M7 3h2M10.5 3H13v2.5M13 7v2M13 10.5V13h-2.5M9 13H7M5.5 13H3v-2.5M3 9V7M3 5.5V3",
  find: "M7 3a4 4 0 1 1 0 8a4 4 0 0 1 0-8M10 10l3.5 3.5",
  picture: "M8 2v8M5 7l3 3 3-3M3 13h10",
};

/** A small square button with a drawn icon, a path in a square of 16. */
function drawnButton(parent, icon, label, act, view) {
  const button = element("button", "icon", parent, { type: "button", title: label, "aria-label": label });
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawn.setAttribute("viewBox", "0 0 16 16");
  path.setAttribute("d", icon);
  drawn.append(path);
  button.append(drawn);
  const stop = (event) => event.stopPropagation();
  view.listen(button, { click: act, pointerdown: stop, pointerup: stop, dblclick: stop });
  return button;
}

class Search {
  constructor(view) {
    this.view = view;
    this.box = element("div", "search", view.stage);
    this.input = element("input", "", this.box, { type: "text", placeholder: "Find on the map", "aria-label": "Find on the map", maxlength: "100", spellcheck: "false" });
    this.list = element("div", "list", this.box, { role: "listbox" });
    const stop = (event) => event.stopPropagation();
    for (const name of ["pointerdown", "pointerup", "pointermove", "dblclick", "wheel"]) view.listen(this.box, { [name]: stop });
    view.listen(this.input, { input: () => this.find(), keydown: (event) => this.press(event) });
    Object.assign(this, { found: [], at: -1 });
  }

  open() {
    this.box.classList.add("open");
    this.input.focus();
    this.input.select();
    this.find();
  }

  close() {
    this.box.classList.remove("open");
    this.input.value = "";
    this.show([]);
    this.view.stage.focus();
  }

  /** The words that are so, begin so, or hold it, each in order of importance. */
  find() {
    const { view } = this;
    const wanted = this.input.value.trim().toLowerCase();
    if (!wanted) return this.show([]);
    if (view.folded?.length !== view.places.n) view.folded = Array.from({ length: view.places.n }, (_, i) => view.word(i).toLowerCase());
    const kinds = [[], [], []];
    for (const i of view.order ?? counted(view.places.n)) {
      const where = view.folded[i].indexOf(wanted);
      if (where >= 0) kinds[where > 0 ? 2 : view.folded[i].length === wanted.length ? 0 : 1].push(i);
    }
    this.show(kinds.flat());
  }

  show(found) {
    Object.assign(this, { found, at: found.length ? 0 : -1 });
    this.view.found = found.slice(0, MARKED);
    this.list.replaceChildren();
    found.slice(0, SUGGESTED).forEach((row, i) => {
      const option = element("div", "", this.list, { role: "option", "aria-selected": String(i === this.at) });
      option.textContent = visible(this.view.word(row)).slice(0, 60);
      option.addEventListener("click", () => this.take(row));
    });
    if (this.input.value.trim()) {
      const more = found.length - SUGGESTED;
      if (more > 0 || !found.length) element("div", "quiet", this.list).textContent = found.length ? `and ${more.toLocaleString("en")} more` : "no such word on this map";
    }
    this.view.repaint();
  }

  press(event) {
    event.stopPropagation();
    const last = Math.min(SUGGESTED, this.found.length) - 1;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.at >= 0) this.take(this.found[this.at]);
    else if (event.key === "ArrowDown") this.at = Math.min(last, this.at + 1);
    else if (event.key === "ArrowUp") this.at = Math.max(Math.min(0, last), this.at - 1);
    else return;
    event.preventDefault();
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === this.at)));
  }

  take(row) {
    this.close();
    this.view.show(row);
    this.view.select(row);
  }
}
