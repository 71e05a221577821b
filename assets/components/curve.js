// Live line chart: one large panel and small ones beneath, over one x axis. Python sends whole series; the crosshair survives new data.

const LEFT = 52; // room for the numbers of the y axes
const RIGHT = 24;
const BOTTOM = 34;
const SMALL = 58; // height of a small panel
const GAP = 26; // above each panel, for its name

/** Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them; on a log scale powers of ten, with 2 and 5 where there is room. */
function ticks(low, high, wanted, log) {
  if (log) {
    const decades = Math.log10(high / low);
    const steps = decades > wanted ? [1] : decades > wanted / 3 ? [1, 3] : [1, 2, 5];
    const stride = Math.max(1, Math.ceil(decades / (wanted + 1)));
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high) + 1e-9; power += stride) {
      for (const step of steps) found.push(step * 10 ** power);
    }
    const inside = found.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
    return inside.length > 1 ? inside : ticks(low, high, wanted, false);
  }
  const rough = (high - low) / Math.max(1, wanted);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-6); i * step <= high + step * 1e-6; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** Lowest and highest, widened to whole steps so that the axis stands still while a curve creeps. */
function extent(values, log, snap) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return log ? [1, 10] : [0, 1];
  if (low === high) return log ? [low / 2, high * 2] : [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
  if (!snap) return [low, high];
  if (log) return [low * 0.92, high * 1.08];
  const unit = 10 ** Math.floor(Math.log10((high - low) / 4)) / 2;
  const pad = (high - low) * 0.04;
  return [low >= 0 && low < pad * 3 ? 0 : Math.floor((low - pad) / unit) * unit, Math.ceil((high + pad) / unit) * unit];
}

class Curve extends View {
  constructor(parent) {
    super(parent, "curve");
    this.legend = element("div", "legend", this.root);
    this.canvas = element("canvas", "focusable", this.root, { tabindex: "0", role: "img" });
    this.cursor = null; // x of the crosshair
    this.listen(this.canvas, {
      pointermove: (event) => this.point(event.offsetX),
      pointerleave: () => this.setCursor(null),
      blur: () => this.setCursor(null),
      keydown: (event) => this.key(event),
    });
  }

  update(data) {
    const x = column(data.x);
    const y = column(data.y);
    let start = 0;
    this.meta = data.meta;
    this.panels = [...new Set(this.meta.series.map((one) => one.panel))];
    const seen = {};
    this.series = this.meta.series.map((one) => {
      const place = (seen[one.panel] = (seen[one.panel] ?? -1) + 1);
      const made = { ...one, x: x.subarray(start, start + one.n), y: y.subarray(start, start + one.n), place };
      start += one.n;
      return made;
    });
    this.fillLegend();
    this.redraw();
  }

  /** The legend's elements are made anew only when the series change; values are written into them. */
  fillLegend() {
    const names = JSON.stringify(this.series.map((one) => [one.name, one.kind]));
    if (names === this.named) return;
    this.named = names;
    this.legend.replaceChildren();
    const list = element("div", "entries", this.legend);
    this.entries = this.series.map((one) => {
      const entry = element("span", "entry", list);
      const swatch = element("span", `swatch ${one.kind}`, entry);
      element("span", "name quiet", entry).textContent = one.name;
      return { swatch, value: element("span", "value", entry) };
    });
    this.where = element("span", "where quiet", this.legend);
  }

  /** The colour asked for, or the next one; the small panels begin in grey, as they are company for the large one. */
  colour(one) {
    const { palette, quiet } = this.theme;
    if (one.colour === null && one.panel !== this.panels[0] && one.place === 0) return quiet;
    return palette[(one.colour ?? one.place) % palette.length];
  }

  draw() {
    this.theme = themeOf(this.root);
    const width = this.root.clientWidth;
    const height = Math.max(120, this.meta.height - this.legend.offsetHeight);
    const context = surface(this.canvas, width, height);
    context.font = `11px ${this.theme.font}`;
    if (!this.series.some((one) => latest(one) >= 0)) return this.drawNothing(context, width, height);
    const range = extent(this.series.flatMap((one) => [...one.x]), this.meta.log_x, false);
    this.scale = scaleOf(range, [LEFT, width - RIGHT], this.meta.log_x);
    this.drawXAxis(context, width, height);
    this.drawMoments(context, width, height);
    let top = GAP - 8;
    const small = Math.min(SMALL, (height * 0.45) / this.panels.length);
    this.panels.forEach((panel, i) => {
      const shown = i === 0 ? height - BOTTOM - top - (this.panels.length - 1) * (small + GAP) : small;
      this.drawPanel(context, panel, { top, bottom: top + shown, right: width - RIGHT, first: i === 0 });
      top += shown + GAP;
    });
    this.drawCrosshair(context, height);
    this.say();
  }

  drawNothing(context, width, height) {
    this.scale = null;
    context.fillStyle = css(this.theme.quiet);
    context.textAlign = "center";
    context.fillText("No points yet", width / 2, height / 2);
    this.entries.forEach((entry) => (entry.value.textContent = "–"));
    this.say();
  }

  drawXAxis(context, width, height) {
    const { theme, meta } = this;
    const y = height - BOTTOM + 6;
    context.textBaseline = "top";
    context.fillStyle = css(theme.quiet);
    context.textAlign = "left";
    context.fillText(meta.log_x ? `${meta.x_label} (log)` : meta.x_label, LEFT, y + 15);
    context.textAlign = "center";
    let free = -Infinity;
    for (const tick of ticks(...this.scale.range, Math.max(2, width / 110), meta.log_x)) {
      const [x, text] = [this.scale(tick), short(tick)];
      const half = context.measureText(text).width / 2;
      if (x - half < free || x + half > width) continue;
      context.fillText(text, x, y);
      free = x + half + 10;
    }
    context.fillStyle = css(theme.accent);
    for (const mark of meta.marks) {
      const x = this.scale(mark);
      if (!(x >= LEFT && x <= width - RIGHT)) continue;
      context.beginPath();
      context.moveTo(x, height - BOTTOM - 1);
      context.lineTo(x - 3.5, height - BOTTOM + 5);
      context.lineTo(x + 3.5, height - BOTTOM + 5);
      context.fill();
    }
  }

  /** Stretches in which something happened, through all panels, each with its name where there is room. */
  drawMoments(context, width, height) {
    const { theme, meta } = this;
    let free = -Infinity;
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const { from, to, label } of [...meta.moments].sort((a, b) => a.from - b.from)) {
      const [x0, x1] = [from, to].map((x) => Math.max(LEFT, Math.min(width - RIGHT, this.scale(x))));
      context.fillStyle = css(theme.accent, 0.11);
      context.fillRect(x0, GAP - 8, Math.max(2, x1 - x0), height - BOTTOM - GAP + 8);
      const wide = context.measureText(label).width;
      const x = Math.min(Math.max(x0, free), width - wide - 2); // beside the one before, where that reaches into it
      if (x < free) continue;
      context.fillStyle = css(theme.accent);
      context.fillText(label, x, GAP - 16);
      free = x + wide + 12;
    }
  }

  drawPanel(context, panel, { top, bottom, right, first }) {
    const { theme } = this;
    const own = this.series.filter((one) => one.panel === panel);
    const log = first && this.meta.log_y;
    const scale = scaleOf(extent(own.flatMap((one) => [...one.y]), log, true), [bottom, top], log);
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.lineWidth = 1;
    for (const tick of ticks(...scale.range, Math.max(2, (bottom - top) / 38), log)) {
      const y = Math.round(scale(tick)) + 0.5;
      context.strokeStyle = css(theme.line);
      context.beginPath();
      context.moveTo(LEFT, y);
      context.lineTo(right, y);
      context.stroke();
      context.fillStyle = css(theme.quiet);
      context.fillText(short(tick), LEFT - 9, y);
    }
    context.textAlign = "left";
    context.fillText(log ? `${panel} (log)` : panel, LEFT, top - 11);
    own.forEach((one) => this.drawSeries(context, one, scale, log));
    own.forEach((one) => (one.scale = scale));
  }

  drawSeries(context, one, scale, log) {
    const colour = this.colour(one);
    const points = one.kind === "points";
    context.lineWidth = points ? 1 : 1.75;
    context.lineJoin = "round";
    context.strokeStyle = css(colour, points ? 0.45 : 1);
    context.fillStyle = css(colour);
    const drawable = (i) => Number.isFinite(one.y[i]) && (!log || one.y[i] > 0) && (!this.meta.log_x || one.x[i] > 0);
    context.beginPath();
    let pen = false;
    for (let i = 0; i < one.n; i++) {
      if (!drawable(i)) pen = points && pen; // held-out values come seldom: rows without one are no gap
      else if (pen) context.lineTo(this.scale(one.x[i]), scale(one.y[i]));
      else (pen = true), context.moveTo(this.scale(one.x[i]), scale(one.y[i]));
    }
    context.stroke();
    const alone = one.n === 1;
    if (!points && !alone) return;
    const radius = one.n > 80 ? 2 : 3;
    context.beginPath();
    for (let i = 0; i < one.n; i++) {
      if (!drawable(i)) continue;
      const [x, y] = [this.scale(one.x[i]), scale(one.y[i])];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
    }
    context.fill();
  }

  drawCrosshair(context, height) {
    const last = this.cursor === null;
    if (!last) {
      const x = Math.round(this.scale(this.cursor)) + 0.5;
      context.strokeStyle = css(this.theme.faint);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, GAP - 8);
      context.lineTo(x, height - BOTTOM);
      context.stroke();
    }
    this.series.forEach((one, i) => {
      const at = last ? latest(one) : nearest(one, this.cursor);
      this.entries[i].swatch.style.borderColor = this.entries[i].swatch.style.backgroundColor = css(this.colour(one));
      this.entries[i].value.textContent = at < 0 ? "–" : short(one.y[at]);
      if (last || at < 0) return;
      context.fillStyle = css(this.colour(one));
      context.strokeStyle = css(this.theme.ground);
      context.lineWidth = 2;
      context.beginPath();
      context.arc(this.scale(one.x[at]), one.scale(one.y[at]), 4, 0, 7);
      context.stroke();
      context.fill();
    });
  }

  say() {
    const shown = this.cursor === null ? Math.max(...this.series.map((one) => (one.n ? one.x[one.n - 1] : -Infinity))) : this.cursor;
    const place = Number.isFinite(shown) ? `${this.meta.x_label} ${short(shown)}` : "no points yet";
    this.where.textContent = Number.isFinite(shown) ? place : "";
    const values = this.series.map((one, i) => `${one.name} ${this.entries[i].value.textContent}`).join(", ");
    this.canvas.setAttribute("aria-label", `Curves, ${place}: ${values}. Arrow keys move the crosshair.`);
  }

  /** All x at which there is something, ascending. */
  places() {
    return [...new Set(this.series.flatMap((one) => [...one.x]))].sort((a, b) => a - b);
  }

  point(px) {
    if (!this.scale) return;
    const x = this.scale.invert(px);
    const near = this.series.map((one) => nearest(one, x)).map((at, i) => (at < 0 ? NaN : this.series[i].x[at])).filter(Number.isFinite);
    this.setCursor(near.length ? near.reduce((a, b) => (Math.abs(b - x) < Math.abs(a - x) ? b : a)) : null);
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity, Escape: 0 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const places = this.places();
    if (!step || !places.length) return this.setCursor(null);
    const now = this.cursor === null ? places.length - 1 : places.findIndex((x) => x >= this.cursor);
    this.setCursor(places[Math.max(0, Math.min(places.length - 1, now + step))]);
  }

  setCursor(x) {
    if (x === this.cursor) return;
    this.cursor = x;
    this.redraw();
  }
}

/** A function from values to pixels, linear or logarithmic, with its inverse. */
function scaleOf(range, pixels, log) {
  const by = log ? Math.log : (value) => value;
  const [low, high] = log && range[0] <= 0 ? [1, Math.max(10, range[1])] : range;
  const [a, b] = [by(low), by(high)];
  const scale = (value) => pixels[0] + ((by(value) - a) / (b - a)) * (pixels[1] - pixels[0]);
  scale.range = [low, high];
  scale.invert = (pixel) => {
    const value = a + ((pixel - pixels[0]) / (pixels[1] - pixels[0])) * (b - a);
    return log ? Math.exp(value) : value;
  };
  return scale;
}

function latest(one) {
  let at = one.n - 1;
  while (at >= 0 && !Number.isFinite(one.y[at])) at--;
  return at;
}

/** Index of the point nearest to x that has a value, or -1. */
function nearest(one, x) {
  let [best, distance] = [-1, Infinity];
  for (let i = 0; i < one.n; i++) {
    const away = Math.abs(one.x[i] - x);
    if (away < distance && Number.isFinite(one.y[i])) [best, distance] = [i, away];
  }
  return best;
}

export default function ({ data, parentElement }) {
  return feed(parentElement, () => new Curve(parentElement), (view) => view.update(data));
}
