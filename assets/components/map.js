// Map of words: points beneath (points.js), labels and highlights on a canvas above. Zoom and selection survive new data, and points glide from one
// layout to the next.

const GLIDE_MS = 600;
const REACH = 12; // px within which a point is hovered
const SHADES = 24; // steps of the sequential scale

/** Centre a layout and scale it to a spread of one, so that layouts of any unit share one view. Points that are not finite stay NaN and unseen. */
function normalised(xy) {
  let [n, x, y, spread] = [0, 0, 0, 0];
  const finite = (i) => Number.isFinite(xy[i]) && Number.isFinite(xy[i + 1]);
  for (let i = 0; i < xy.length; i += 2) if (finite(i)) (n += 1), (x += xy[i]), (y += xy[i + 1]);
  x /= n || 1;
  y /= n || 1;
  for (let i = 0; i < xy.length; i += 2) if (finite(i)) spread += (xy[i] - x) ** 2 + (xy[i + 1] - y) ** 2;
  const unit = Math.sqrt(spread / (n || 1)) || 1;
  const out = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 2) {
    out[i] = finite(i) ? (xy[i] - x) / unit : NaN;
    out[i + 1] = finite(i) ? (xy[i + 1] - y) / unit : NaN;
  }
  return out;
}

class WordMap extends View {
  constructor(parent) {
    super(parent, "map");
    this.stage = element("div", "stage focusable", this.root, { tabindex: "0", role: "application", "aria-roledescription": "map" });
    this.above = element("canvas", "above", this.stage, { "aria-hidden": "true" });
    this.tip = element("div", "tip", this.stage);
    const buttons = element("div", "buttons", this.stage);
    for (const [text, label, act] of [["+", "Zoom in", () => this.zoom(1.5)], ["−", "Zoom out", () => this.zoom(1 / 1.5)], ["⤢", "Show all", () => this.reset()]]) {
      const button = element("button", "", buttons, { type: "button", title: label, "aria-label": label });
      button.textContent = text;
      this.listen(button, { click: act, pointerdown: (event) => event.stopPropagation(), dblclick: (event) => event.stopPropagation() });
    }
    const foot = element("div", "foot quiet", this.root);
    this.caption = element("span", "caption", foot);
    this.key = element("span", "key", foot);
    this.spoken = element("p", "spoken", this.root);
    Object.assign(this, { n: 0, words: [], selected: -1, neighbours: [], matches: [], hovered: -1, progress: 1, boxes: [], pointers: new Map() });
    this.camera = { x: 0, y: 0, scale: 1, touched: false };
    this.start = this.end = new Float32Array(0);
    this.choosePainter();
    this.listenToHands();
  }

  choosePainter(avoidGl = false) {
    this.below?.remove();
    this.below = element("canvas", "below", null, { "aria-hidden": "true" });
    this.stage.prepend(this.below);
    try {
      if (avoidGl) throw new Error("asked for canvas 2-D");
      this.painter = new Glow(this.below);
      this.listen(this.below, { webglcontextlost: () => this.choosePainter(true) });
    } catch {
      this.below.remove(); // a canvas that was asked for WebGL gives no other context
      this.below = element("canvas", "below", null, { "aria-hidden": "true" });
      this.stage.prepend(this.below);
      this.painter = new Stamps();
    }
    this.root.dataset.painter = this.painter instanceof Glow ? "webgl" : "2d";
    this.painted = false;
    this.redraw();
  }

  // ---------------------------------------------------------------- data

  update({ meta, xy, words, counts, colour }) {
    const before = this.words;
    const column_ = words?.getChildAt(0);
    this.meta = meta;
    this.n = column_?.length ?? 0;
    this.words = Array.from({ length: this.n }, (_, i) => column_.get(i));
    this.counts = column(counts);
    this.values = column(colour);
    Object.assign(this, { selected: meta.selected ?? -1, neighbours: meta.neighbours, matches: meta.matches });
    if (this.hovered >= this.n) this.hovered = -1;
    const target = normalised(column(xy));
    const same = before.length === this.n && before.every((word, i) => word === this.words[i]);
    if (!same) this.start = this.end = target;
    else if (target.some((value, i) => value !== this.end[i] && !Number.isNaN(value))) this.glide(target);
    if (!same) Object.assign(this, { progress: 1, order: null, hovered: -1, positions: true });
    this.stage.style.height = `${meta.height}px`;
    this.caption.textContent = meta.caption;
    this.painted = false;
    this.say();
    this.redraw();
  }

  /** Begin the way to a new layout from where the points are now. */
  glide(target) {
    const now = new Float32Array(target.length);
    for (let i = 0; i < target.length; i++) {
      const here = this.start[i] + (this.end[i] - this.start[i]) * this.progress;
      now[i] = Number.isFinite(here) ? here : target[i];
    }
    Object.assign(this, { start: now, end: target, progress: 0, since: performance.now(), positions: true });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  get standing() {
    return this.selected >= 0 || this.matches.length > 0;
  }

  /** Colours and sizes, recomputed when data, theme or selection change. */
  paint() {
    const { n, theme } = this;
    const bright = new Set([this.selected, ...this.neighbours, ...this.matches]);
    const colours = new Uint8Array(4 * n);
    const radii = new Float32Array(n);
    const shade = this.shades();
    const crowd = Math.max(0, Math.min(1, Math.log10(Math.max(n, 1) / 500) / 2)); // many points: smaller and thinner
    const most = this.counts.length ? Math.log1p(this.counts.reduce((a, b) => Math.max(a, b), 0)) : 1;
    for (let i = 0; i < n; i++) {
      const grey = this.standing && !bright.has(i);
      colours.set(grey ? theme.faint : shade(i), 4 * i);
      colours[4 * i + 3] = 255 * (grey ? 0.4 - 0.15 * crowd : bright.has(i) ? 1 : (this.values.length ? 0.8 : 0.62) - 0.22 * crowd);
      const weight = this.counts.length ? Math.log1p(this.counts[i]) / (most || 1) : 1 - i / n;
      radii[i] = (1.7 + 2.6 * weight ** 2) * (1.25 - 0.5 * crowd) + (bright.has(i) ? 1 : 0);
    }
    this.painter.put("colour", colours);
    this.painter.put("radius", radii);
    this.painter.put("start", this.start);
    this.painter.put("end", this.end);
    this.painted = true;
  }

  /** The colour of point i, and the legend for it. */
  shades() {
    const { theme, values, meta } = this;
    this.key.replaceChildren();
    if (!values.length) return () => theme.accent;
    if (meta.categories) {
      const own = (value) => (value < 0 ? theme.faint : theme.palette[value % theme.palette.length]);
      meta.colour_names.slice(0, 12).forEach((name, i) => {
        const entry = element("span", "", this.key);
        element("span", "dot", entry).style.background = css(own(i));
        entry.append(name);
      });
      return (i) => own(Number(values[i]));
    }
    const ramp = sequential(theme, SHADES);
    const [low, high] = extremes(values);
    if (meta.colour_label) element("span", "", this.key).textContent = meta.colour_label;
    element("span", "", this.key).textContent = short(low);
    element("span", "ramp", this.key).style.background = `linear-gradient(90deg, ${ramp.map((colour) => css(colour)).join(",")})`;
    element("span", "", this.key).textContent = short(high);
    return (i) => (Number.isFinite(values[i]) ? ramp[Math.min(SHADES - 1, Math.floor(((values[i] - low) / (high - low || 1)) * SHADES))] : theme.faint);
  }

  // ---------------------------------------------------------------- view

  /** Fit all points, unless the user has chosen a view. */
  fit() {
    if (this.camera.touched) return;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.n; i++) {
      const [x, y] = this.place(i);
      if (!(x === x && y === y)) continue;
      [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
    }
    if (x0 > x1) return;
    const scale = Math.min((this.width - 90) / (x1 - x0 || 1), (this.height - 48) / (y1 - y0 || 1));
    Object.assign(this.camera, { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale });
  }

  place(i) {
    const at = 2 * i;
    const p = this.progress;
    return [this.start[at] + (this.end[at] - this.start[at]) * p, this.start[at + 1] + (this.end[at + 1] - this.start[at + 1]) * p];
  }

  project(i) {
    const [x, y] = this.place(i);
    return [(x - this.camera.x) * this.camera.scale + this.width / 2, this.height / 2 - (y - this.camera.y) * this.camera.scale];
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const { camera } = this;
    const scale = Math.max(1e-3, Math.min(1e7, camera.scale * factor));
    camera.x += (px - this.width / 2) * (1 / camera.scale - 1 / scale);
    camera.y -= (py - this.height / 2) * (1 / camera.scale - 1 / scale);
    Object.assign(camera, { scale, touched: true });
    this.redraw();
  }

  pan(dx, dy) {
    this.camera.x -= dx / this.camera.scale;
    this.camera.y += dy / this.camera.scale;
    this.camera.touched = true;
    this.redraw();
  }

  reset() {
    this.camera.touched = false;
    this.redraw();
  }

  draw(now) {
    const theme = themeOf(this.root);
    if (JSON.stringify(theme) !== this.themeText) Object.assign(this, { theme, themeText: JSON.stringify(theme), painted: false });
    [this.width, this.height] = [this.stage.clientWidth, this.stage.clientHeight];
    if (this.progress < 1) {
      const t = this.calm ? 1 : Math.min(1, Math.max(0, now - this.since) / GLIDE_MS);
      this.progress = 1 - (1 - t) ** 3;
      if (t < 1) this.redraw();
    }
    this.fit();
    if (!this.painted) this.paint();
    const ratio = window.devicePixelRatio || 1;
    const { below: canvas, camera, progress, n, width, height } = this;
    this.painter.draw({ canvas, camera, progress, n, width, height, ratio, project: (i) => this.project(i) });
    this.drawAbove();
  }

  drawAbove() {
    const { theme } = this;
    const context = surface(this.above, this.width, this.height);
    if (!this.n) {
      context.font = `13px ${theme.font}`;
      context.fillStyle = css(theme.quiet);
      context.textAlign = "center";
      context.fillText("No points yet", this.width / 2, this.height / 2);
    }
    context.strokeStyle = css(theme.accent, 0.4);
    context.lineWidth = 1;
    if (this.selected >= 0) this.neighbours.forEach((i) => line(context, this.project(this.selected), this.project(i)));
    context.strokeStyle = css(theme.palette[1]);
    context.lineWidth = 1.5;
    if (this.matches.length < 400) this.matches.forEach((i) => ring(context, this.project(i), 6.5));
    context.strokeStyle = css(theme.ink);
    if (this.selected >= 0) ring(context, this.project(this.selected), 8);
    if (this.hovered >= 0) ring(context, this.project(this.hovered), 7);
    this.drawLabels(context);
    this.drawTip();
  }

  /** Labels in order of importance, each where it touches none before it. While points glide, no new labels appear. */
  drawLabels(context) {
    const { theme, width, height } = this;
    const ruler = (this.ruler = this.ruler?.font === `12px ${theme.font}` ? this.ruler : new Ruler(`12px ${theme.font}`));
    const first = [this.selected, ...this.neighbours, ...this.matches.slice(0, 60)].filter((i) => i >= 0 && i < this.n);
    const strong = new Set(first);
    const rest = this.standing ? [] : this.progress < 1 ? this.boxes.map((box) => box.index) : this.importance();
    const most = (width * height) / 6500;
    const placed = [];
    let tried = 0;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4;
    for (const list of [strong, rest]) {
      for (const index of list) {
        if (placed.length > most || tried > 1500) break;
        const [x, y] = this.project(index);
        if (!(x > 0 && y > 0 && x < width && y < height)) continue;
        tried += 1;
        const text = ruler.fit(visible(this.words[index]), 150);
        const w = ruler.width(text);
        const away = index === this.selected ? 11 : 7;
        const spots = [[x + away, y - 8], [x - away - w, y - 8], [x - w / 2, y - away - 16], [x - w / 2, y + away]];
        if (strong.has(index)) for (const up of [-25, 9, -42, 26]) spots.push([x + away, y + up], [x - away - w, y + up]); // these must be named
        const spot = spots.find(([a, b]) => a > 2 && b > 2 && a + w < width - 2 && b + 16 < height - 2 && !placed.some((box) => touches(box, a, b, w, 16)));
        if (!spot) continue;
        placed.push({ index, x: spot[0], y: spot[1], width: w, height: 16 });
        context.font = `${index === this.selected ? "600 " : ""}12px ${theme.font}`;
        context.strokeStyle = css(theme.ground, 0.85);
        context.fillStyle = css(theme.ink, strong.has(index) ? 1 : 0.85);
        context.strokeText(text, spot[0], spot[1] + 8);
        context.fillText(text, spot[0], spot[1] + 8);
      }
    }
    this.boxes = placed;
  }

  /** Indices, most frequent first (as they came, where no counts did). */
  importance() {
    if (!this.order) {
      this.order = Array.from({ length: this.n }, (_, i) => i);
      if (this.counts.length) this.order.sort((a, b) => Number(this.counts[b]) - Number(this.counts[a]));
    }
    return this.order;
  }

  drawTip() {
    this.tip.classList.toggle("shown", this.hovered >= 0);
    this.stage.classList.toggle("over", this.hovered >= 0);
    if (this.hovered < 0) return;
    const count = this.counts.length ? `  ${Number(this.counts[this.hovered]).toLocaleString("en")} ×` : "";
    this.tip.textContent = Array.from(visible(this.words[this.hovered])).slice(0, 60).join("") + count;
    const [x, y] = this.project(this.hovered);
    const [w, h] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = Math.max(2, Math.min(this.width - w - 2, x - w / 2));
    this.tip.style.transform = `translate(${left}px, ${y - h - 12 < 2 ? y + 14 : y - h - 12}px)`;
  }

  say() {
    const name = (i) => `“${this.words[i]}”`;
    const near = this.neighbours.slice(0, 10).map(name).join(", ");
    const chosen = this.selected >= 0 && this.selected < this.n ? ` Selected: ${name(this.selected)}${near && `, near ${near}`}.` : "";
    this.spoken.textContent = `Map of ${this.n} words.${chosen}`;
    this.stage.setAttribute("aria-label", `${this.spoken.textContent} Drag or arrow keys move, wheel or + and - zoom, 0 shows all, Esc frees the selection.`);
  }

  // ---------------------------------------------------------------- hands

  near(px, py) {
    let [best, distance] = [-1, REACH ** 2];
    for (let i = 0; i < this.n; i++) {
      const [x, y] = this.project(i);
      const away = (x - px) ** 2 + (y - py) ** 2;
      if (away < distance) [best, distance] = [i, away];
    }
    return best;
  }

  select(index) {
    Object.assign(this, { selected: index, neighbours: [], painted: false });
    this.say();
    this.redraw();
    this.send("click", { index: index < 0 ? null : index });
  }

  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.redraw();
  }

  listenToHands() {
    const at = (event) => {
      const box = this.stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.listen(this.stage, {
      pointerdown: (event) => {
        this.pointers.set(event.pointerId, at(event));
        this.stage.setPointerCapture(event.pointerId);
        this.travelled = this.pointers.size > 1 ? Infinity : 0;
      },
      pointermove: (event) => this.move(event, at(event)),
      pointerup: (event) => {
        const alone = this.pointers.size === 1;
        if (!this.pointers.delete(event.pointerId)) return;
        this.stage.classList.remove("dragging");
        const index = alone && this.travelled < 4 ? this.near(...at(event)) : -1;
        if (index >= 0) this.select(index);
      },
      pointercancel: (event) => this.pointers.delete(event.pointerId),
      pointerleave: () => {
        this.armed = false;
        this.hover(-1);
      },
      dblclick: () => this.reset(),
      wheel: (event) => {
        if (!this.armed && !event.ctrlKey) return; // the page is being scrolled, and the map came under a resting pointer
        event.preventDefault();
        const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
        this.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.01 : 0.002)), ...at(event));
      },
      keydown: (event) => this.press(event),
    });
  }

  move(event, here) {
    if (event.movementX || event.movementY) this.armed = true;
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.hover(this.near(...here));
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, here);
    const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
    this.travelled += Math.hypot(dx, dy);
    if (this.travelled < 4) return;
    if (others.length) {
      const still = others[0][1];
      const apart = (point) => Math.hypot(point[0] - still[0], point[1] - still[1]) || 1;
      this.pan(dx / 2, dy / 2);
      return this.zoom(apart(here) / apart(before), (here[0] + still[0]) / 2, (here[1] + still[1]) / 2);
    }
    this.stage.classList.add("dragging");
    this.hover(-1);
    this.pan(dx, dy);
  }

  press(event) {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.stage) return;
    if (moves[event.key]) this.pan(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(1.4);
    else if (event.key === "-") this.zoom(1 / 1.4);
    else if (event.key === "0" || event.key === "Home") this.reset();
    else if (event.key === "Escape" && this.selected >= 0) this.select(-1);
    else return;
    event.preventDefault();
  }

  close() {
    super.close();
    this.painter.close();
  }
}

const touches = (box, x, y, w, h) => box.x < x + w + 3 && x < box.x + box.width + 3 && box.y < y + h && y < box.y + box.height;

function line(context, [x0, y0], [x1, y1]) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
function ring(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.stroke();
}
function extremes(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? [0, 1] : [low, high];
}

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => new WordMap(parentElement), (view) => {
    view.send = setTriggerValue;
    view.update(data);
  });
}
