// A mask to be edited: who may see whom, beside what each position's prediction does depend on, and what becomes of the prediction.
// Cells are clicked or painted; the page is told the whole mask when the pointer is let go.

const [LEAST, MOST] = [12, 26]; // px, a cell
const NAME = 110; // px, the longest token beside a row
const HEAD = 84; // px, the longest above a column

class Mask extends View {
  constructor(parent) {
    super(parent, "mask");
    this.order = element("div", "order", this.root, { role: "listbox", "aria-label": "Order: drag a token, or move it with Alt and the arrow keys" });
    this.listen(this.order, {
      pointerdown: (event) => this.take(event),
      pointermove: (event) => this.drag(event),
      pointerup: () => this.drop(),
      pointercancel: () => this.drop(),
      keydown: (event) => this.shift(event),
    });
    this.heads = element("div", "heads", this.root);
    this.titles = ["may see", "does see", "predicts"].map((text) => {
      const title = element("span", "quiet", this.heads);
      title.textContent = text;
      return title;
    });
    this.scroll = element("div", "scroll", this.root);
    this.canvas = element("canvas", "focusable", this.scroll, { tabindex: "0", role: "grid", "aria-label": "Mask: arrow keys move, the space bar toggles a cell" });
    this.says = element("div", "says", this.root, { "aria-live": "polite" });
    this.cursor = [0, 0];
    this.listen(this.canvas, {
      pointerdown: (event) => this.begin(event),
      pointermove: (event) => this.move(event),
      pointerup: () => this.finish(),
      pointercancel: () => this.finish(),
      pointerleave: () => this.look(null),
      keydown: (event) => this.press(event),
      blur: () => this.look(null),
    });
  }

  update(meta, { cells, own, influence, verdicts, changes }, trigger) {
    this.meta = meta;
    this.trigger = trigger;
    [this.Q, this.K] = [meta.queries.length, meta.keys.length];
    if (!this.painting) this.cells = Uint8Array.from(cells);
    [this.own, this.influence, this.verdicts, this.changes] = [own, influence, verdicts, changes];
    this.most = Math.max(0.02, ...influence);
    this.cursor = [Math.min(this.cursor[0], this.Q - 1), Math.min(this.cursor[1], this.K - 1)];
    this.writeOrder();
    this.redraw();
    this.say();
  }

  // ---------------------------------------------------------------- the order of a permutation, as chips that are dragged

  writeOrder() {
    if (this.dragged) return;
    const held = [...this.order.children].indexOf(this.root.getRootNode().activeElement);
    this.order.replaceChildren();
    this.order.style.display = this.meta.order ? "" : "none";
    for (const [rank, place] of (this.meta.order ?? []).entries()) {
      const chip = element("button", "chip", this.order, { type: "button", role: "option" });
      chip.place = place;
      const number = element("span", "quiet", chip);
      number.textContent = rank + 1;
      element("span", "", chip).textContent = visible(this.meta.keys[place]);
    }
    this.order.children[this.moved ?? held]?.focus({ preventScroll: true });
    this.moved = null;
  }

  take(event) {
    const chip = event.target.closest?.(".chip");
    if (!chip || event.button) return;
    this.dragged = chip;
    chip.classList.add("dragged");
    chip.setPointerCapture?.(event.pointerId);
  }

  drag(event) {
    if (!this.dragged) return;
    const over = [...this.order.children].find((chip) => {
      const box = chip.getBoundingClientRect();
      return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    });
    if (!over || over === this.dragged) return;
    const after = [...this.order.children].indexOf(over) > [...this.order.children].indexOf(this.dragged);
    this.order.insertBefore(this.dragged, after ? over.nextSibling : over);
  }

  drop() {
    if (!this.dragged) return;
    this.dragged.classList.remove("dragged");
    this.dragged = null;
    this.sendOrder();
  }

  shift(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const chips = [...this.order.children];
    const at = chips.indexOf(event.target.closest(".chip"));
    const to = chips[at + step];
    if (!step || at < 0 || !to) return;
    event.preventDefault();
    if (!event.altKey) return void to.focus();
    this.order.insertBefore(chips[at], step > 0 ? to.nextSibling : to);
    this.moved = at + step;
    this.sendOrder();
  }

  sendOrder() {
    const order = [...this.order.children].map((chip) => chip.place);
    if (order.join() !== this.meta.order.join()) this.trigger("order", { order: order.join("-") });
  }

  // ---------------------------------------------------------------- painting

  at(event) {
    const { left, top, cell, second } = this.grid ?? {};
    const row = Math.floor((event.offsetY - top) / cell);
    for (const [x, may] of [[left, true], [second, false]]) {
      const column = Math.floor((event.offsetX - x) / cell);
      if (row >= 0 && row < this.Q && column >= 0 && column < this.K) return { row, column, may };
    }
    return row >= 0 && row < this.Q ? { row, column: null, may: false } : null;
  }

  begin(event) {
    const at = this.at(event);
    if (!at?.may || event.button) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture?.(event.pointerId);
    this.painting = { to: this.cells[at.row * this.K + at.column] ? 0 : 1 };
    this.paint(at);
  }

  paint({ row, column }) {
    this.cells[row * this.K + column] = this.painting.to;
    this.cursor = [row, column];
    this.look({ row, column });
    this.redraw();
  }

  move(event) {
    const at = this.at(event);
    if (this.painting) return void (at?.may && this.paint(at));
    this.look(at);
  }

  finish() {
    if (!this.painting) return;
    this.painting = null;
    this.trigger("mask", { cells: [...this.cells].join("") });
  }

  press(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (step) this.cursor = [Math.max(0, Math.min(this.Q - 1, this.cursor[0] + step[0])), Math.max(0, Math.min(this.K - 1, this.cursor[1] + step[1]))];
    else if (event.key === " " || event.key === "Enter") {
      const place = this.cursor[0] * this.K + this.cursor[1];
      this.cells[place] = this.cells[place] ? 0 : 1;
      this.trigger("mask", { cells: [...this.cells].join("") });
    } else return;
    event.preventDefault();
    this.look({ row: this.cursor[0], column: this.cursor[1] });
  }

  look(seen) {
    if (JSON.stringify(seen) === JSON.stringify(this.seen ?? null)) return;
    this.seen = seen;
    this.redraw();
    this.say();
  }

  say() {
    const { meta, seen } = this;
    if (!seen) return void (this.says.textContent = meta.hint);
    const query = `“${visible(meta.queries[seen.row])}”`;
    if (seen.column === null) {
      const row = meta.predictions[seen.row];
      const now = row ? `${query}: “${visible(row.before)}” ${(100 * row.p_before).toFixed(1)} % before, “${visible(row.after)}” ${(100 * row.p_after).toFixed(1)} % now` : query;
      return void (this.says.textContent = now);
    }
    const place = seen.row * this.K + seen.column;
    const key = `“${visible(meta.keys[seen.column])}”`;
    const may = this.cells[place] ? "may see" : "may not see";
    const influence = this.influence.length ? this.influence[place] : null;
    const share = influence === null ? "" : meta.gradient ? `; the prediction's gradient by it has the norm ${influence.toFixed(3)}` : influence < 1e-4 ? "; changing it changes nothing of the prediction" : `; changing it moves ${(100 * influence).toFixed(1)} % of the prediction`;
    const why = ["", "", ", by way of tokens that may see it", ": a leak"][this.verdicts[place] ?? 0];
    this.says.textContent = `${query} ${may} ${key}${share}${why}.`;
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    if (!this.meta) return;
    const theme = themeOf(this.root);
    const { Q, K, meta } = this;
    const ruler = new Ruler(`12px ${theme.font}`);
    const long = (tokens, most) => Math.ceil(Math.max(...tokens.map((token) => ruler.width(ruler.fit(visible(token), most)))));
    const left = long(meta.queries, NAME) + 10;
    const both = this.influence.length ? 2 : 1;
    const said = meta.predictions.length ? Math.min(300, Math.max(200, this.root.clientWidth * 0.22)) : 0;
    const room = this.root.clientWidth - left - said - 60;
    const cell = Math.max(LEAST, Math.min(MOST, Math.floor(room / (K * both))));
    const top = long(meta.keys, HEAD) + 10;
    const second = left + K * cell + 26;
    const third = both > 1 ? second + K * cell + 22 : left + K * cell + 22;
    this.grid = { left, top, cell, second: both > 1 ? second : -1e6, third };
    const context = surface(this.canvas, third + said + 2, top + Q * cell + 4);
    this.placeTitles([left, second, third], both, said);
    context.font = ruler.font;
    this.drawNames(context, theme, ruler, left, top, cell, left);
    if (both > 1) this.drawNames(context, theme, ruler, second, top, cell, 0);
    for (let q = 0; q < Q; q++) for (let k = 0; k < K; k++) this.drawCell(context, theme, q, k);
    meta.predictions.forEach((row, q) => this.drawPrediction(context, theme, ruler, row, q, said));
  }

  placeTitles(places, both, said) {
    const shown = [true, both > 1, said > 0];
    this.titles.forEach((title, i) => {
      title.style.display = shown[i] ? "" : "none";
      title.style.left = `${places[i]}px`;
    });
  }

  drawNames(context, theme, ruler, x, top, cell, room) {
    const { meta, seen } = this;
    context.textBaseline = "middle";
    if (room) {
      context.textAlign = "right";
      meta.queries.forEach((token, q) => {
        context.fillStyle = css(seen?.row === q ? theme.accent : theme.ink);
        context.fillText(ruler.fit(visible(token), NAME), room - 8, top + (q + 0.5) * cell);
      });
    }
    context.textAlign = "left";
    meta.keys.forEach((token, k) => {
      if (cell < 12 && k % 2 && seen?.column !== k) return;
      context.save();
      context.translate(x + (k + 0.5) * cell, top - 7);
      context.rotate(-Math.PI / 2);
      context.fillStyle = css(seen?.column === k ? theme.accent : theme.ink);
      context.fillText(ruler.fit(visible(token), HEAD), 0, 0);
      context.restore();
    });
  }

  drawCell(context, theme, q, k) {
    const { left, top, cell, second } = this.grid;
    const place = q * this.K + k;
    const [y, size] = [top + q * cell, cell - 1];
    const open = this.cells[place];
    const lit = this.seen && (this.seen.row === q || this.seen.column === k);
    context.fillStyle = open ? css(theme.accent, lit ? 0.95 : 0.7) : css(theme.ink, lit ? 0.13 : 0.06);
    context.fillRect(left + k * cell, y, size, size);
    if (!open) this.hatch(context, theme, left + k * cell, y, size);
    if (open !== this.own[place]) {
      context.strokeStyle = css(theme.palette[1]);
      context.lineWidth = 2;
      context.strokeRect(left + k * cell + 1, y + 1, size - 2, size - 2);
    }
    if (second > 0) {
      const strength = Math.sqrt(this.influence[place] / this.most);
      const verdict = this.verdicts[place];
      const shade = verdict === 3 ? theme.palette[1] : theme.accent;
      context.fillStyle = css(theme.ink, lit ? 0.1 : 0.045);
      context.fillRect(second + k * cell, y, size, size);
      if (verdict) {
        context.fillStyle = css(shade, 0.12 + 0.88 * strength);
        context.fillRect(second + k * cell, y, size, size);
      }
      if (verdict === 2) {
        context.fillStyle = css(theme.ground);
        context.beginPath();
        context.arc(second + (k + 0.5) * cell - 0.5, y + size / 2, Math.max(1.5, size / 6), 0, 7);
        context.fill();
      }
      if (verdict === 3) {
        context.strokeStyle = css(theme.palette[1]);
        context.lineWidth = 1.5;
        context.strokeRect(second + k * cell + 0.75, y + 0.75, size - 1.5, size - 1.5);
      }
    }
    if (this.seen?.row === q && this.seen?.column === k) {
      context.strokeStyle = css(theme.ink);
      context.lineWidth = 1.5;
      for (const x of second > 0 ? [left, second] : [left]) context.strokeRect(x + k * cell - 0.5, y - 0.5, cell, cell);
    }
  }

  hatch(context, theme, x, y, size) {
    context.strokeStyle = css(theme.ink, 0.16);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + 1, y + size - 1);
    context.lineTo(x + size - 1, y + 1);
    context.stroke();
  }

  drawPrediction(context, theme, ruler, row, q, said) {
    const { top, cell, third } = this.grid;
    const y = top + (q + 0.5) * cell;
    const changed = row.before !== row.after;
    const bar = 54;
    context.fillStyle = css(theme.ink, 0.08);
    context.fillRect(third, y - 3, bar, 6);
    context.fillStyle = css(changed ? theme.palette[1] : theme.accent, 0.9);
    context.fillRect(third, y - 3, bar * Math.min(1, this.changes[q]), 6);
    const third_ = (said - bar - 20) / 2;
    context.textAlign = "left";
    context.fillStyle = css(changed ? theme.quiet : theme.ink);
    const before = ruler.fit(visible(row.before), third_ - 14);
    context.fillText(before, third + bar + 10, y);
    if (!changed) return;
    const x = third + bar + 10 + ruler.width(before) + 6;
    context.fillText("→", x, y);
    context.fillStyle = css(theme.palette[1]);
    context.fillText(ruler.fit(visible(row.after), third_), x + 18, y);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const columns = Object.fromEntries(["cells", "own", "influence", "verdicts", "changes"].map((name) => [name, column(data[name])]));
  return feed(parentElement, () => new Mask(parentElement), (view) => view.update(data.meta, columns, setTriggerValue));
}
