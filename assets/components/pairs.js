// A sentence with its window, and what an objective is fed there: inputs, what becomes of them, and what they are asked about.
// What stands in the boxes and which box is joined with which is told by the page (pages/ui/pairing.py); here it is drawn.

const SVG = "http://www.w3.org/2000/svg";
const LIFT = 40; // px, the highest arc over a line of words
const MANY = 11; // inputs that no longer stand one below the other
const TURN = 34; // px, how far a step of a path goes to the side

function shape(tag, className, parent, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

const write = (tag, className, parent, text) => {
  const made = element(tag, className, parent);
  made.textContent = text;
  return made;
};
const writeWord = (className, parent, word) => write("span", className, parent, visible(word));

class Pairs extends View {
  constructor(parent) {
    super(parent, "pairs");
    this.stage = element("div", "stage", this.root);
    this.arcs = shape("svg", "lines", this.stage, { "aria-hidden": "true" });
    this.sentence = element("div", "sentence", this.stage, { role: "listbox", "aria-label": "Sentence: the arrow keys move the centre" });
    this.example = element("div", "example", this.root);
    this.buttons = [];
    this.listen(this.sentence, {
      keydown: (event) => this.press(event),
      click: (event) => {
        const place = this.buttons.indexOf(event.target.closest(".word"));
        if (place >= 0) this.choose(place);
      },
    });
  }

  update(meta, trigger) {
    this.meta = meta;
    this.trigger = trigger;
    this.writeSentence();
    this.example.replaceChildren();
    this.lines = shape("svg", "lines", this.example, { "aria-hidden": "true" });
    this.joins = [];
    if (meta.cells) this.writeCells(meta.cells);
    else this.writeExample(meta);
    this.redraw();
  }

  // ---------------------------------------------------------------- the sentence

  writeSentence() {
    const { words, centre } = this.meta;
    const same = this.buttons.length === words.length && words.every((word, i) => word.text === this.buttons[i].word);
    const held = this.sentence.contains(this.root.getRootNode().activeElement);
    if (!same) {
      this.sentence.replaceChildren();
      this.buttons = words.map((word) => {
        const button = element("button", "", this.sentence, { type: "button", role: "option" });
        button.word = word.text;
        writeWord("text", button, word.text);
        const bar = element("span", "bar", button);
        element("span", "filled", bar);
        element("span", "share", button);
        return button;
      });
    }
    words.forEach((word, i) => {
      const button = this.buttons[i];
      button.className = `word ${word.state} ${word.role}`;
      button.title = word.note;
      button.setAttribute("aria-selected", i === centre);
      button.tabIndex = i === centre ? 0 : -1;
      const [, bar, share] = button.children;
      bar.style.visibility = share.style.visibility = word.keep === null ? "hidden" : "visible";
      bar.firstChild.style.width = `${100 * (word.keep ?? 0)}%`;
      share.textContent = word.keep_text;
    });
    if (held) this.buttons[centre]?.focus({ preventScroll: true });
  }

  choose(place) {
    this.trigger("word", { place });
  }

  press(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { words } = this.meta;
    let place = this.meta.centre + step;
    while (words[place] && words[place].state !== "read") place += step;
    if (words[place]) this.choose(place);
  }

  // ---------------------------------------------------------------- inputs, middle, outputs

  writeExample({ inputs, middle, outputs }) {
    if (!outputs.length) return;
    const left = this.pane("inputs", this.meta.inputs_title);
    const many = inputs.length > MANY;
    const holder_ = many ? element("div", "boxes many", left) : left;
    const made = inputs.map((one) => this.box(holder_, "input", one));
    const inner = many ? [holder_] : made;
    let from = inner;
    if (middle) {
      const node = this.box(this.pane("middle", ""), "input merged", middle);
      for (const box of inner) this.joins.push([box, node, "input"]);
      from = [node];
    }
    const right = this.pane("outputs", this.meta.outputs_title);
    for (const group of outputs) {
      const holder = element("div", `group ${group.kind}`, right);
      if (group.title) write("div", "quiet title", holder, group.title);
      const list = element("div", "boxes", holder);
      if (group.kind === "path") this.writePath(list, group.boxes);
      else for (const one of group.boxes) one.drawn = this.box(list, one.role, one);
      if (group.kind === "list") for (const box of from) for (const one of group.boxes) this.joins.push([box, one.drawn, one.role]);
      else for (const box of from) this.joins.push([box, holder, "target"]);
    }
  }

  pane(className, title) {
    const made = element("div", `pane ${className}`, this.example);
    if (title) write("div", "quiet title", made, title);
    return made;
  }

  box(parent, role, { text, said, note, label, share, marks }) {
    const made = element("div", `box ${role}`, parent);
    if (label) write("span", "label", made, label);
    if (said) write("span", "text", made, said);
    else writeWord("text", made, text);
    if (note) write("span", "note quiet", made, note.replace(CONTROL, "\ufffd"));
    if (share !== undefined) element("span", "filled", element("span", "bar", made)).style.width = `${100 * Math.min(1, share)}%`;
    if (marks) {
      const strip = element("span", "strip", made);
      for (const mark of marks) element("span", "mark", strip).style.left = `${100 * mark}%`;
    }
    return made;
  }

  /** A way down a tree: each inner node stands to the left or the right of the one before it. */
  writePath(parent, nodes) {
    let [place, least] = [0, 0];
    const places = nodes.map((_, i) => {
      if (i) place += nodes[i - 1].bit ? 1 : -1;
      least = Math.min(least, place);
      return place;
    });
    const boxes = nodes.map((node, i) => {
      const made = this.box(parent, node.role, node);
      made.place = places[i] - least;
      return made;
    });
    this.path = { boxes, nodes, widest: Math.max(...boxes.map((box) => box.place)) };
  }

  // ---------------------------------------------------------------- co-occurrences

  writeCells({ head, rows }) {
    const table = element("div", "cells", this.example);
    for (const title of head) write("span", "quiet head", table, title);
    for (const row of rows) {
      writeWord(`text ${row.here ? "here" : ""}`, table, row.text);
      const bar = element("span", "bar", table);
      bar.title = row.note;
      element("span", "filled", bar).style.width = `${100 * row.share}%`;
      element("span", "filled here", bar).style.width = `${100 * row.here}%`;
      write("span", "number", table, row.x);
      element("span", "filled", element("span", "bar weight", table)).style.width = `${100 * row.weight}%`;
      write("span", "number", table, row.weight_text);
      write("span", "number", table, row.log_x);
    }
  }

  // ---------------------------------------------------------------- lines

  draw() {
    this.placePath();
    this.drawArcs();
    this.drawJoins();
  }

  place(of, within) {
    const [a, b] = [of.getBoundingClientRect(), within.getBoundingClientRect()];
    return { left: a.left - b.left, right: a.right - b.left, top: a.top - b.top, bottom: a.bottom - b.top, x: (a.left + a.right) / 2 - b.left, y: (a.top + a.bottom) / 2 - b.top };
  }

  drawArcs() {
    this.arcs.replaceChildren();
    for (const { from, to, label, role } of this.meta.arcs) {
      const [a, b] = [this.place(this.buttons[from], this.stage), this.place(this.buttons[to], this.stage)];
      const away = Math.abs(a.x - b.x);
      const top = Math.min(a.top, b.top) - Math.min(LIFT, 12 + away * 0.16);
      shape("path", `arc ${role}`, this.arcs, { d: `M${a.x},${a.top} C${a.x},${top} ${b.x},${top} ${b.x},${b.top - 6}` });
      shape("path", `arrow ${role}`, this.arcs, { d: `M${b.x - 3.5},${b.top - 7} h7 l-3.5,6 z` });
      if (label) {
        const text = shape("text", "label", this.arcs, { x: a.x, y: a.top - 4, "text-anchor": "middle" });
        text.textContent = label;
      }
    }
  }

  /** The path's boxes in zigzag, as wide as there is room. */
  placePath() {
    const { boxes, widest } = this.path ?? {};
    if (!boxes?.[0]?.isConnected) return void (this.path = null);
    const room = boxes[0].parentElement.clientWidth - Math.max(...boxes.map((box) => box.clientWidth)) - 8;
    this.turn = Math.max(0, Math.min(TURN, room / Math.max(1, widest)));
    for (const box of boxes) box.style.marginLeft = `${box.place * this.turn}px`;
  }

  drawJoins() {
    this.lines.replaceChildren();
    for (const [from, to, role] of this.joins) {
      const [a, b] = [this.place(from, this.example), this.place(to, this.example)];
      if (b.left < a.right) continue; // beneath each other, where there is no room for columns
      const y = to.classList.contains("group") ? Math.max(b.top + 8, Math.min(b.bottom - 8, a.y)) : b.y;
      const half = (b.left - a.right) / 2;
      shape("path", `join ${role}`, this.lines, { d: `M${a.right},${a.y} C${a.right + half},${a.y} ${b.left - half},${y} ${b.left - 2},${y}` });
    }
    for (const [i, box] of (this.path?.boxes ?? []).entries()) {
      const next = this.path.boxes[i + 1];
      if (!next) break;
      const [a, b] = [this.place(box, this.example), this.place(next, this.example)];
      const [side, from] = [this.path.nodes[i].bit ? 1 : -1, a.left + 16];
      const to = b.left + 16;
      shape("path", "step untaken", this.lines, { d: `M${from},${a.bottom} L${from - (side * Math.max(10, this.turn)) / 2},${(a.bottom + b.top) / 2}` });
      shape("path", "step", this.lines, { d: `M${from},${a.bottom} L${to},${b.top}` });
      const text = shape("text", "bit", this.lines, { x: (from + to) / 2 + side * 8, y: (a.bottom + b.top) / 2 + 4, "text-anchor": "middle" });
      text.textContent = this.path.nodes[i].bit;
    }
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => new Pairs(parentElement), (view) => view.update(data.meta, setTriggerValue));
}
