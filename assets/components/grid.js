// A table of numbers as a picture: layers by heads, layers by positions. A cell may carry a word; cells can be picked.

const [LEAST, MOST] = [14, 44]; // px, a cell without words
const LABEL = 170; // px, the longest name of a row
const WORDY = 74; // px, a cell with a word

/** A name as it is, its blanks too; what would not be seen made visible. */
const named = (text) => text.replace(CONTROL, "\ufffd");

class Grid extends View {
  constructor(parent) {
    super(parent, "grid");
    this.scroll = element("div", "scroll", this.root);
    this.canvas = element("canvas", "focusable", this.scroll, { tabindex: "0", role: "grid" });
    this.foot = element("div", "foot", this.root);
    this.legend = element("canvas", "legend", this.foot);
    this.says = element("span", "says quiet", this.foot, { "aria-live": "polite" });
    this.cursor = null;
    this.listen(this.canvas, {
      pointermove: (event) => this.look(this.at(event)),
      pointerleave: () => this.look(null),
      click: (event) => this.pick(this.at(event)),
      keydown: (event) => this.press(event),
      blur: () => this.look(null),
    });
  }

  update(meta, values, trigger) {
    Object.assign(this, { meta, values, trigger });
    [this.R, this.C] = [meta.rows.length, meta.columns.length];
    this.picked = new Set(meta.picked);
    const known = [...values].filter(Number.isFinite);
    this.most = Math.max(meta.least_scale, ...known.map(Math.abs));
    this.canvas.setAttribute("aria-label", `${meta.title}. The arrow keys move${meta.picks ? ", the space bar picks" : ""}.`);
    this.canvas.style.cursor = meta.picks ? "pointer" : "default";
    this.say();
    this.redraw();
  }

  at(event) {
    const { left, top, wide, high } = this.place ?? {};
    const [row, column] = [Math.floor((event.offsetY - top) / high), Math.floor((event.offsetX - left) / wide)];
    return row >= 0 && row < this.R && column >= 0 && column < this.C ? row * this.C + column : null;
  }

  press(event) {
    const step = { ArrowUp: -this.C, ArrowDown: this.C, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (step) {
      const at = this.seen ?? 0;
      const crosses = Math.abs(step) === 1 && Math.floor((at + step) / this.C) !== Math.floor(at / this.C);
      if (at + step >= 0 && at + step < this.R * this.C && !crosses) this.look(this.seen === null || this.seen === undefined ? 0 : at + step);
    } else if (event.key === " " || event.key === "Enter") this.pick(this.seen);
    else if (event.key === "Escape") this.look(null);
    else return;
    event.preventDefault();
  }

  pick(at) {
    if (at === null || at === undefined || !this.meta.picks) return;
    this.picked.has(at) ? this.picked.delete(at) : this.picked.add(at);
    this.redraw();
    this.trigger("pick", { cells: [...this.picked].sort((a, b) => a - b), at });
  }

  look(at) {
    if (at === this.seen) return;
    this.seen = at;
    this.say();
    this.redraw();
  }

  say() {
    const { meta, seen } = this;
    if (seen === null || seen === undefined) return void (this.says.textContent = meta.hint);
    const [row, column] = [Math.floor(seen / this.C), seen % this.C];
    const value = this.values[seen];
    const word = meta.words?.[seen] ? ` “${visible(meta.words[seen])}”` : "";
    const number = Number.isFinite(value) ? `${meta.percent ? `${(100 * value).toFixed(1)} %` : value.toFixed(3)}` : "not measured";
    const names = meta.notes?.[seen] ? `, ${meta.notes[seen]}` : "";
    this.says.textContent = `${named(meta.rows[row])}, ${this.column(meta.columns[column])}:${word} ${number}${names}${this.picked.has(seen) ? `, ${meta.picked_says}` : ""}`;
  }

  /** A column's name: a token has its blanks made visible. */
  column(name) {
    return this.meta.tokens ? visible(name) : named(name);
  }

  shade(theme, value) {
    if (!Number.isFinite(value)) return mix(theme.ground, theme.ink, 0.05);
    const strength = Math.min(1, Math.abs(value) / this.most);
    const towards = value < 0 ? theme.palette[1] : theme.accent;
    return mix(mix(theme.ground, theme.ink, 0.05), towards, strength ** 0.8);
  }

  draw() {
    if (!this.meta) return;
    const { meta, R, C } = this;
    const theme = themeOf(this.root);
    const ruler = new Ruler(`12px ${theme.font}`);
    const left = Math.ceil(Math.max(...meta.rows.map((row) => ruler.width(ruler.fit(named(row), LABEL))))) + 10;
    const wordy = !!meta.words;
    const room = (this.root.clientWidth - left - 2) / C;
    const wide = wordy ? Math.max(44, Math.min(WORDY, room)) : Math.max(LEAST, Math.min(MOST, Math.floor(room)));
    const high = wordy ? 24 : Math.max(LEAST, Math.min(30, wide));
    const names = meta.columns.map((name) => this.column(name));
    const turned = Math.max(...names.map((name) => ruler.width(name))) > wide - 4;
    const top = turned ? Math.ceil(Math.max(...names.map((name) => ruler.width(ruler.fit(name, 110))))) + 10 : 20;
    this.place = { left, top, wide, high };
    const context = surface(this.canvas, left + C * wide + 2, top + R * high + 2);
    context.font = ruler.font;
    context.textBaseline = "middle";
    const row = this.seen === null || this.seen === undefined ? -1 : Math.floor(this.seen / C);
    context.textAlign = "right";
    meta.rows.forEach((name, r) => {
      context.fillStyle = css(r === row ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(named(name), LABEL), left - 8, top + (r + 0.5) * high);
    });
    names.forEach((name, c) => this.drawColumn(context, theme, ruler, name, c, turned));
    for (let at = 0; at < R * C; at++) this.drawCell(context, theme, ruler, at);
    this.drawLegend(theme);
  }

  drawColumn(context, theme, ruler, name, c, turned) {
    const { left, top, wide } = this.place;
    context.fillStyle = css(this.seen !== null && this.seen !== undefined && this.seen % this.C === c ? theme.ink : theme.quiet);
    context.save();
    context.translate(left + (c + 0.5) * wide, turned ? top - 6 : top - 10);
    if (turned) context.rotate(-Math.PI / 2);
    context.textAlign = turned ? "left" : "center";
    context.fillText(ruler.fit(name, turned ? 110 : wide), 0, 0);
    context.restore();
  }

  drawCell(context, theme, ruler, at) {
    const { left, top, wide, high } = this.place;
    const [x, y] = [left + (at % this.C) * wide, top + Math.floor(at / this.C) * high];
    const shade = this.shade(theme, this.values[at]);
    context.fillStyle = css(shade);
    context.fillRect(x, y, wide - 1, high - 1);
    if (this.meta.words) {
      context.fillStyle = css(contrast(shade, theme.ink) > 4 ? theme.ink : theme.ground);
      context.textAlign = "center";
      context.fillText(ruler.fit(visible(this.meta.words[at]), wide - 6), x + wide / 2, y + high / 2);
    }
    if (this.picked.has(at)) {
      context.strokeStyle = css(theme.palette[1]);
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, wide - 3, high - 3);
      context.beginPath();
      context.moveTo(x + 4, y + 4);
      context.lineTo(x + wide - 5, y + high - 5);
      context.stroke();
    }
    if (at === this.seen) {
      context.strokeStyle = css(theme.ink);
      context.lineWidth = 1.5;
      context.strokeRect(x - 0.5, y - 0.5, wide, high);
    }
  }

  /** From the lowest to the highest number that the colours can mean. */
  drawLegend(theme) {
    const negative = [...this.values].some((value) => value < 0);
    const context = surface(this.legend, 204, 14);
    const [from, to] = [negative ? -this.most : 0, this.most];
    for (let i = 0; i < 90; i++) {
      context.fillStyle = css(this.shade(theme, from + ((to - from) * i) / 89));
      context.fillRect(56 + i, 3, 1, 8);
    }
    context.font = `11px ${theme.font}`;
    context.fillStyle = css(theme.quiet);
    context.textBaseline = "middle";
    const write = (value) => (this.meta.percent ? `${Math.round(100 * value)} %` : short(value));
    context.textAlign = "right";
    context.fillText(write(from), 51, 7);
    context.textAlign = "left";
    context.fillText(write(to), 151, 7);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => new Grid(parentElement), (view) => view.update(data.meta, column(data.values), setTriggerValue));
}
