// One training example of an objective: what is fed, what is hidden, what must be said, and who may see whom.
// What the tokens are and which mask is whose is told by the page (pages/ui/objectives.py); here it is drawn, and walked through.

const LARGEST = 300; // px, the widest mask
const CELL = 15; // px, the largest cell

const write = (tag, className, parent, text) => {
  const made = element(tag, className, parent);
  made.textContent = text;
  return made;
};

class Example extends View {
  constructor(parent) {
    super(parent, "example");
    this.root.tabIndex = 0;
    this.root.classList.add("focusable");
    this.root.setAttribute("role", "group");
    this.body = element("div", "body", this.root);
    this.says = element("div", "says quiet", this.root, { "aria-live": "polite" });
    this.listen(this.root, {
      keydown: (event) => this.press(event),
      pointerover: (event) => this.over(event),
      pointerleave: () => this.look(this.pinned),
      click: (event) => this.pin(event),
    });
  }

  update(meta, cells) {
    this.meta = meta;
    this.cells = cells;
    this.pinned = this.seen = null;
    this.body.replaceChildren();
    this.root.setAttribute("aria-label", meta.title);
    this.boxes = meta.sequences.map((sequence, s) => this.writeSequence(sequence, s));
    const masks = element("div", "masks", this.body);
    this.masks = meta.masks.map((mask, m) => this.writeMask(mask, m, masks));
    this.look(null);
    this.redraw();
  }

  writeSequence({ title, tokens }, s) {
    const pane = element("div", "sequence", this.body);
    write("div", "quiet title", pane, title);
    const flow = element("div", "flow", pane);
    return tokens.map((token, i) => {
      const box = element("div", `token s${token.segment} ${token.state}`, flow);
      box.place = [s, i];
      write("span", "position quiet", box, token.order === null ? String(i) : `${i} · ${token.order}.`);
      write("span", "text", box, visible(token.text));
      const wanted = write("span", "wanted", box, token.target === null ? "" : visible(token.target));
      if (token.target !== null && token.loss !== null) {
        wanted.classList.add("priced");
        element("span", "filled", element("span", "bar", box)).style.width = `${100 * Math.min(1, token.loss / this.meta.dearest)}%`;
        write("span", "loss quiet", box, token.loss.toFixed(2));
      }
      return box;
    });
  }

  writeMask(mask, m, parent) {
    const pane = element("div", "mask", parent);
    write("div", "quiet title", pane, mask.title);
    const canvas = element("canvas", "", pane, { role: "img", "aria-label": `${mask.title}: who may see whom` });
    this.listen(canvas, { pointermove: (event) => this.point(event, m), pointerleave: () => this.look(this.pinned) });
    return { ...mask, canvas };
  }

  // ---------------------------------------------------------------- what is looked at: [sequence, token, key of the mask or null]

  over(event) {
    const box = event.target.closest?.(".token");
    if (box) this.look([...box.place, null]);
  }

  point(event, m) {
    const mask = this.masks[m];
    const query = Math.floor(event.offsetY / mask.cell), key = Math.floor(event.offsetX / mask.cell);
    if (query >= 0 && query < mask.n_query && key >= 0 && key < mask.n_key) this.look([mask.queries, query, key, m]);
  }

  pin(event) {
    const box = event.target.closest?.(".token");
    const same = box && this.pinned && box.place[0] === this.pinned[0] && box.place[1] === this.pinned[1];
    this.pinned = box && !same ? [...box.place, null] : null;
    this.look(this.pinned);
  }

  /** The targets in the order in which they are said: XLNet's own, else from left to right. */
  walk() {
    const found = [];
    this.meta.sequences.forEach(({ tokens }, s) => tokens.forEach((token, i) => token.target !== null && found.push([s, i, null, token.order ?? i])));
    return found.sort((a, b) => a[0] - b[0] || a[3] - b[3]);
  }

  press(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") this.pinned = null;
    else if (step && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const walk = this.walk();
      if (!walk.length) return;
      const at = walk.findIndex(([s, i]) => this.pinned && s === this.pinned[0] && i === this.pinned[1]);
      const [s, i] = walk[at < 0 ? (step > 0 ? 0 : walk.length - 1) : Math.max(0, Math.min(walk.length - 1, at + step))];
      this.pinned = [s, i, null];
    } else return;
    event.preventDefault();
    this.look(this.pinned);
  }

  allowed(mask, query, key) {
    return this.cells[mask.offset + query * mask.n_key + key] !== 0;
  }

  look(seen) {
    this.seen = seen;
    const lit = new Map(); // [sequence, token] -> whether it may be seen
    for (const [m, mask] of this.masks.entries()) {
      if (!seen || mask.queries !== seen[0] || (seen[3] !== undefined && seen[3] !== m) || !this.chosen(mask, seen)) continue;
      for (let key = 0; key < mask.n_key; key++) lit.set(`${mask.keys},${key}`, this.allowed(mask, seen[1], key));
    }
    this.boxes.forEach((boxes, s) =>
      boxes.forEach((box, i) => {
        box.classList.toggle("looks", !!seen && seen[0] === s && seen[1] === i);
        box.classList.toggle("seen", lit.get(`${s},${i}`) === true);
        box.classList.toggle("unseen", lit.get(`${s},${i}`) === false);
      }),
    );
    this.say(lit);
    this.redraw();
  }

  /** Of two masks over the same tokens (XLNet's streams) the one that a target is predicted under; both where there is none. */
  chosen(mask, seen) {
    const token = this.meta.sequences[seen[0]].tokens[seen[1]];
    const twins = this.masks.filter((other) => other.queries === mask.queries && other.keys === mask.keys);
    return twins.length < 2 || seen[3] !== undefined || mask.predicts === (token.target !== null);
  }

  say(lit) {
    if (!this.seen) return void (this.says.textContent = this.meta.hint);
    const token = this.meta.sequences[this.seen[0]].tokens[this.seen[1]];
    const n = [...lit.values()].filter(Boolean).length;
    const may = lit.size ? `“${visible(token.text)}” may see ${n === lit.size ? "all" : n === 0 ? "none" : n} of ${lit.size} tokens` : visible(token.text);
    const wanted = token.target === null ? "" : `; it must say “${visible(token.target)}”${token.loss === null ? "" : `, which costs ${token.loss.toFixed(3)} nats`}`;
    this.says.textContent = `${may}${wanted}.`;
  }

  // ---------------------------------------------------------------- the masks

  draw() {
    const theme = themeOf(this.root);
    for (const mask of this.masks) {
      const cell = Math.max(2, Math.min(CELL, LARGEST / Math.max(mask.n_key, mask.n_query)));
      mask.cell = cell;
      const context = surface(mask.canvas, mask.n_key * cell + 1, mask.n_query * cell + 1);
      const gap = cell > 6 ? 1 : 0;
      const mine = this.seen && this.seen[0] === mask.queries && (this.seen[3] === undefined || this.masks[this.seen[3]] === mask) && this.chosen(mask, this.seen);
      for (let q = 0; q < mask.n_query; q++) {
        for (let k = 0; k < mask.n_key; k++) {
          const open = this.allowed(mask, q, k);
          const strong = mine && (q === this.seen[1] || k === this.seen[2]);
          context.fillStyle = css(open ? theme.accent : theme.ink, open ? (strong ? 1 : mine ? 0.38 : 0.62) : strong ? 0.16 : 0.06);
          context.fillRect(k * cell, q * cell, cell - gap, cell - gap);
        }
      }
    }
  }
}

export default function ({ data, parentElement }) {
  return feed(parentElement, () => new Example(parentElement), (view) => view.update(data.meta, column(data.cells)));
}
