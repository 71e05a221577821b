// Map of words: points beneath, labels and highlights on a canvas above. Zoom and selection survive new data, and points glide between layouts.

const GLIDE_MS = 700;
const LINKED = "orrery-linked";
const LOOKED_MS = 500; // after the last movement, the view is told to the page

class WordMap extends View {
  constructor(parent) {
    super(parent, "map");
    Object.assign(this, { selected: -1, neighbours: [], matches: [], found: [], chosen: [], shapes: [], hovered: -1, boxes: [], meta: {}, layers: [] });
    Object.assign(this, { places: new Places(), counts: [], values: [], send: () => {} });
    this.camera = { x: 0, y: 0, scale: 1, touched: false };
    this.stage = element("div", "stage focusable", this.root, { tabindex: "0", role: "application", "aria-roledescription": "map" });
    this.above = element("canvas", "above", this.stage, { "aria-hidden": "true" });
    this.tip = element("div", "tip", this.stage);
    this.makeButtons();
    this.search = new Search(this);
    const foot = element("div", "foot quiet", this.root);
    this.caption = element("span", "caption", foot);
    this.key = element("span", "key", foot);
    this.spoken = element("p", "spoken", this.root);
    this.choosePainter();
    this.hands = new Gestures(this);
    this.hands.use("move");
    const linked = ({ detail: { from, name, word } }) => from !== this && name === this.meta.linked && this.hover(word === null ? -1 : this.rowOf(word), true);
    window.addEventListener(LINKED, linked, { signal: this.off.signal });
  }

  makeButtons() {
    const column = element("div", "buttons", this.stage);
    const add = (icon, label, act) => drawnButton(column, ICONS[icon], label, act, this);
    add("in", "Zoom in", () => this.zoom(1.5));
    add("out", "Zoom out", () => this.zoom(1 / 1.5));
    add("all", "Show all (0)", () => this.reset());
    this.tools = { move: add("move", "Move (m)", () => this.hands.use("move")) };
    this.tools.lasso = add("lasso", "Choose by a lasso (l)", () => this.hands.use("lasso"));
    this.tools.box = add("box", "Choose by a box (b)", () => this.hands.use("box"));
    add("find", "Find (/)", () => this.openSearch());
    add("picture", "Save as a picture", () => this.root.classList.toggle("saving"));
    const saving = element("div", "saving", this.stage);
    for (const [name, save] of [["PNG", savePng], ["SVG", saveSvg], ["HTML", saveHtml]]) {
      const button = element("button", "", saving, { type: "button", title: name === "HTML" ? "Save a page that stands alone" : `Save what is seen as ${name}` });
      button.textContent = name;
      this.listen(button, {
        pointerdown: (event) => event.stopPropagation(),
        click: () => {
          save(this, this.meta.file ?? "map");
          this.root.classList.remove("saving");
        },
      });
    }
  }

  showTools() {
    for (const [name, button] of Object.entries(this.tools)) button.setAttribute("aria-pressed", String(name === this.hands.tool));
  }

  choosePainter(avoidGl = false) {
    const renew = () => {
      this.below?.remove();
      this.below = element("canvas", "below", null, { "aria-hidden": "true" });
      this.stage.prepend(this.below);
    };
    renew();
    try {
      if (avoidGl) throw new Error("the graphics card has left us");
      this.painter = new Glow(this.below);
      this.listen(this.below, { webglcontextlost: () => this.choosePainter(true) });
    } catch {
      renew(); // a canvas that was asked for WebGL gives no other context
      this.painter = new Pixels();
    }
    this.root.dataset.painter = this.painter instanceof Glow ? "webgl" : "2d";
    this.placed = false;
    this.repaint();
  }

  // ---------------------------------------------------------------- data

  /** Takes points: what the page sends apart, by columns. Returns whether they are others than before. */
  take({ version, columns: { words, xy, ids, counts, colour, texts } }) {
    if (version === this.version) return false;
    this.version = version;
    const same = this.source === this.meta.source;
    this.source = this.meta.source;
    this.words = words?.getChildAt?.(0);
    this.texts = texts?.getChildAt?.(0);
    [this.counts, this.values] = [column(counts), column(colour)];
    this.folded = this.rows = null;
    const way = this.places.take(normalised(column(xy)), ids ? column(ids) : null, this.source);
    if (way) this.glide();
    if (!same) this.camera.touched = Boolean(this.meta.at && this.look(this.meta.at));
    Object.assign(this, { hovered: -1, placed: false, ...this.byImportance() });
    return true;
  }

  update(meta) {
    const first = this.meta.height === undefined;
    this.meta = meta;
    const points = shelved(meta.points, meta.version);
    if (!points) return; // they are on their way
    this.take(points);
    const n = this.places.n;
    const known = (rows) => rows.filter((i) => i >= 0 && i < n);
    Object.assign(this, { selected: meta.selected ?? -1, neighbours: known(meta.neighbours), matches: known(meta.matches), shapes: meta.shapes.filter((rows) => known(rows).length === rows.length) });
    if (first || meta.chosen !== this.written) [this.chosen, this.written] = [known(readRows(meta.chosen ?? "")), meta.chosen];
    this.stage.style.height = `${meta.height}px`;
    this.caption.textContent = meta.caption;
    this.say();
    this.repaint();
  }

  get n() {
    return this.places.n;
  }

  word(i) {
    return this.words?.get(i) ?? "";
  }

  glide() {
    this.since = performance.now();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Rows in order of importance, and the place of each in it: as they came, unless counts say otherwise. */
  byImportance() {
    const { counts, n } = this;
    let sorted = true;
    for (let i = 1; i < counts.length && sorted; i++) sorted = counts[i] <= counts[i - 1];
    if (sorted) return { order: null, rank: (i) => i };
    const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => counts[b] - counts[a]);
    const places = new Uint32Array(n);
    order.forEach((row, place) => (places[row] = place));
    return { order, rank: (i) => places[i] };
  }

  // ---------------------------------------------------------------- colours

  /** Rows that stand out; all others turn grey. None where all are equal. */
  standing() {
    return [...this.chosen, ...this.found, ...this.matches, ...this.shapes.flat(), ...this.neighbours, ...(this.selected < 0 ? [] : [this.selected])];
  }

  repaint() {
    this.painted = false;
    this.torn = null;
    this.redraw();
  }

  /** Colours and sizes, made again when data, theme or selection change. */
  paint() {
    const { n, theme, counts, values } = this;
    const standing = this.standing();
    const bright = new Uint8Array(n);
    for (const i of standing) bright[i] = 1;
    const some = standing.length > 0;
    const shades = shading(theme, this.meta.colour, values);
    const crowd = Math.max(0, Math.min(1, Math.log10(Math.max(n, 1) / 500) / 2.5)); // many points: smaller and thinner
    const alphas = { grey: 0.4 - 0.2 * crowd, usual: (shades.plain ? 0.62 : 0.85) - 0.2 * crowd };
    let most = 0;
    for (let i = 0; i < counts.length; i++) if (counts[i] > most) most = counts[i];
    const [colours, radii] = [new Uint32Array(n), new Uint8Array(n)];
    const unit = Math.log1p(most) || 1;
    for (let i = 0; i < n; i++) {
      const grey = some && !bright[i];
      colours[i] = packed(grey ? theme.faint : shades.of(i), grey ? alphas.grey : bright[i] ? 1 : alphas.usual);
      const weight = counts.length ? Math.log1p(counts[i]) / unit : 1 - i / n;
      const radius = (1.7 + 2.6 * weight * weight) * (1.25 - 0.6 * crowd) + (bright[i] && standing.length < 2000 ? 1 : 0);
      radii[i] = Math.max(4, Math.min(RING - 1, radius * EIGHTHS)) + (!grey && shades.ring?.(i) ? RING : 0);
    }
    this.painter.put({ colour: colours, radius: radii, top: Uint32Array.from(some ? new Set(standing) : []) });
    Object.assign(this, { colours, radii, painted: true });
    drawLegend(this.key, shades.legend, (value) => this.choose(Array.from(counted(n)).filter((i) => values[i] === value), "new"));
  }

  // ---------------------------------------------------------------- view

  /** Fit all points, unless the user has chosen a view. */
  fit() {
    const room = this.places.room();
    if (this.camera.touched || !room) return;
    const [x0, x1, y0, y1] = room;
    const scale = Math.min((this.width - 90) / (x1 - x0 || 1), (this.height - 48) / (y1 - y0 || 1));
    Object.assign(this.camera, { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale });
  }

  project(i) {
    return this.at(...this.places.place(i));
  }

  at(x, y) {
    return [(x - this.camera.x) * this.camera.scale + this.width / 2, this.height / 2 - (y - this.camera.y) * this.camera.scale];
  }

  unproject(px, py) {
    return [(px - this.width / 2) / this.camera.scale + this.camera.x, (this.height / 2 - py) / this.camera.scale + this.camera.y];
  }

  under(px, py) {
    return this.places.near(...this.unproject(px, py), REACH / this.camera.scale);
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const { camera } = this;
    const scale = Math.max(1e-3, Math.min(1e7, camera.scale * factor));
    camera.x += (px - this.width / 2) * (1 / camera.scale - 1 / scale);
    camera.y -= (py - this.height / 2) * (1 / camera.scale - 1 / scale);
    Object.assign(camera, { scale, touched: true });
    this.looked();
  }

  pan(dx, dy) {
    this.camera.x -= dx / this.camera.scale;
    this.camera.y += dy / this.camera.scale;
    this.camera.touched = true;
    this.looked();
  }

  reset() {
    this.camera.touched = false;
    this.looked();
  }

  /** Brings a point into view. */
  show(i) {
    const [x, y] = this.project(i);
    if (x > 40 && y > 40 && x < this.width - 40 && y < this.height - 40) return;
    const [cx, cy] = this.places.place(i);
    Object.assign(this.camera, { x: cx, y: cy, touched: true });
    this.looked();
  }

  /** The view has changed: it is drawn, and told when it rests. */
  looked() {
    this.redraw();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell("look", { at: this.lookedAt() }), LOOKED_MS);
  }

  /** The view as text: its middle, and how much of the map the smaller side spans; empty where it shows all. */
  lookedAt() {
    const { x, y, scale, touched } = this.camera;
    const digits = (value) => String(Number(value.toPrecision(5)));
    return touched ? [x, y, Math.min(this.width, this.height) / scale].map(digits).join(",") : "";
  }

  /** Goes to a view that was told. */
  look(text) {
    const [x, y, span] = text.split(",").map(Number);
    if (![x, y, span].every(Number.isFinite) || !(span > 0)) return false;
    const size = () => Math.min(this.stage.clientWidth || 800, this.meta.height || 600);
    Object.assign(this.camera, { x, y, scale: size() / span });
    return true;
  }

  draw(now) {
    const theme = themeOf(this.root);
    if (JSON.stringify(theme) !== this.themeText) Object.assign(this, { theme, themeText: JSON.stringify(theme), painted: false });
    [this.width, this.height] = [this.stage.clientWidth, this.stage.clientHeight];
    if (this.since !== undefined) {
      const t = this.calm ? 1 : Math.min(1, Math.max(0, now - this.since) / GLIDE_MS);
      this.places.progress = 1 - (1 - t) ** 3;
      if (t < 1) this.redraw();
      else Object.assign(this, { since: undefined, torn: null });
    }
    this.fit();
    if (!this.painted) this.paint();
    const { places, below: canvas, camera, width, height } = this;
    if (this.placed !== places.end || this.placedFrom !== places.start) {
      this.painter.put({ start: places.start, end: places.end });
      [this.placed, this.placedFrom] = [places.end, places.start];
    }
    this.painter.draw({ canvas, camera, progress: places.progress, n: places.n, width, height, ground: theme.ground });
    this.drawOver(surface(this.above, width, height));
    this.drawTip();
  }

  /** What lies over the points: lines, rings, labels, the ends of the axes. */
  drawOver(context) {
    const { theme, selected } = this;
    if (!this.n) {
      context.font = `13px ${theme.font}`;
      context.fillStyle = css(theme.quiet);
      context.textAlign = "center";
      context.fillText("No points yet", this.width / 2, this.height / 2);
    }
    for (const layer of this.layers) layer(context);
    if (selected >= 0 && selected < this.n) this.drawNeighbours(context);
    for (const rows of this.shapes) this.drawShape(context, rows.map((i) => this.project(i)));
    context.strokeStyle = css(theme.palette[1]);
    context.lineWidth = 1.5;
    const rings = [...this.matches, ...this.found];
    if (rings.length <= MARKED) rings.forEach((i) => ring(context, this.project(i), 6.5));
    context.strokeStyle = css(theme.ink);
    if (selected >= 0 && selected < this.n) ring(context, this.project(selected), 8);
    if (this.hovered >= 0) ring(context, this.project(this.hovered), 7);
    this.boxes = writeLabels(context, this, this.named(), this.others());
    this.drawEnds(context);
    this.hands.draw(context);
  }

  /** Lines to the true neighbours: whole to those that are near on the map too, broken to those that the map has torn away. */
  drawNeighbours(context) {
    const { theme, selected, neighbours, places } = this;
    if (places.progress >= 1) this.torn ??= neighbours.map((i) => places.nearer(selected, i) >= neighbours.length);
    context.lineWidth = 1.1;
    neighbours.forEach((i, k) => {
      const torn = this.torn?.[k];
      context.strokeStyle = torn ? css(theme.palette[1], 0.75) : css(theme.accent, 0.55);
      context.setLineDash(torn ? [5, 4] : []);
      line(context, this.project(selected), this.project(i));
    });
    context.setLineDash([]);
  }

  /** An analogy's four corners: a to b as c to d. */
  drawShape(context, [a, b, c, d]) {
    const { theme } = this;
    Object.assign(context, { strokeStyle: css(theme.ink, 0.75), lineWidth: 1.4 });
    arrow(context, a, b);
    arrow(context, c, d);
    context.strokeStyle = css(theme.ink, 0.35);
    context.setLineDash([4, 4]);
    line(context, a, c);
    line(context, b, d);
    context.setLineDash([]);
  }

  /** The rows that must be named. */
  named() {
    const some = [this.selected, ...this.shapes.flat(), ...this.neighbours, ...this.matches.slice(0, 60), ...this.found.slice(0, 40)];
    return some.filter((i) => i >= 0 && i < this.n);
  }

  /** The rows that are named where there is room: those chosen, else all in view. While points are on their way no new ones appear. */
  others() {
    if (this.places.progress < 1) return this.boxes.map((box) => box.index);
    if (this.chosen.length) return this.chosen;
    return this.standing().length ? [] : inView(this, this.order, this.rank);
  }

  /** What each axis means, at its two ends, where axes have a meaning: meta.ends is {left, right, bottom, top}. */
  drawEnds(context) {
    const { theme, width, height, meta: { ends } } = this;
    if (!ends) return;
    Object.assign(context, { strokeStyle: css(theme.ink, 0.25), lineWidth: 1, fillStyle: css(theme.ink), font: `600 12px ${theme.font}`, textBaseline: "middle" });
    line(context, [34, height - 22], [width - 10, height - 22]);
    line(context, [22, 10], [22, height - 34]);
    const write = (text, align, x, y) => {
      context.textAlign = align;
      context.strokeStyle = css(theme.ground, 0.9);
      context.lineWidth = 4;
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    };
    const cut = (text, most) => this.ruler.fit(plain(text), most);
    write(`← ${cut(ends.left, width / 2 - 80)}`, "left", 36, height - 10);
    write(`${cut(ends.right, width / 2 - 80)} →`, "right", width - 12, height - 10);
    context.save();
    context.translate(10, height / 2);
    context.rotate(-Math.PI / 2);
    write(`← ${cut(ends.bottom, height / 2 - 60)}`, "left", 36 - height / 2, 0);
    write(`${cut(ends.top, height / 2 - 60)} →`, "right", height / 2 - 12, 0);
    context.restore();
  }

  drawTip() {
    const at = this.hovered;
    this.tip.classList.toggle("shown", at >= 0);
    this.stage.classList.toggle("over", at >= 0);
    if (at < 0) return;
    const lines = [Array.from(visible(this.word(at))).slice(0, 60).join("") + (this.counts.length ? `  ${Number(this.counts[at]).toLocaleString("en")} ×` : "")];
    if (this.values.length) lines.push(this.valueOf(at));
    lines.push(...(this.texts?.get(at) ?? "").split("\n").map(plain));
    this.tip.textContent = lines.filter(Boolean).join("\n");
    const [x, y] = this.project(at);
    const [w, h] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = Math.max(2, Math.min(this.width - w - 2, x - w / 2));
    this.tip.style.transform = `translate(${left}px, ${y - h - 12 < 2 ? y + 14 : y - h - 12}px)`;
  }

  /** What a point's colour says, in words. */
  valueOf(i) {
    const { label, kind, names } = this.meta.colour ?? {};
    const value = this.values[i];
    const told = kind === "categories" ? names[value] : Number.isFinite(value) ? short(value) : "";
    return told === undefined || told === "" ? "" : `${label ? `${label}: ` : ""}${plain(String(told)).slice(0, 80)}`;
  }

  /** The points that are seen, for a picture of them: [x, y, radius] in px, their colour and how much it covers. */
  * visiblePoints() {
    for (let i = this.n - 1; i >= 0; i--) {
      const [x, y] = this.project(i);
      const radius = (this.radii[i] % RING) / EIGHTHS;
      if (!(x > -radius && y > -radius && x < this.width + radius && y < this.height + radius)) continue;
      const shade = this.colours[i];
      yield { x, y, radius, ring: this.radii[i] >= RING, shade: [shade & 255, (shade >>> 8) & 255, (shade >>> 16) & 255], alpha: (shade >>> 24) / 255 };
    }
  }

  say() {
    const name = (i) => `“${this.word(i)}”`;
    const near = this.neighbours.slice(0, 10).map(name).join(", ");
    const focus = this.selected >= 0 && this.selected < this.n ? ` Selected: ${name(this.selected)}${near && `, near ${near}`}.` : "";
    const chosen = this.chosen.length ? ` ${this.chosen.length} words are chosen.` : "";
    this.spoken.textContent = `Map of ${this.n} words.${focus}${chosen}`;
    this.stage.setAttribute(
      "aria-label",
      `${this.spoken.textContent} Drag or arrow keys move, wheel or + and - zoom, 0 shows all, / finds a word, l and b choose by lasso and box, Esc frees what is chosen.`,
    );
  }

  // ---------------------------------------------------------------- what hands bring about

  /** Says something to the page, where it listens. */
  tell(name, value) {
    if (this.meta.hears?.includes(name)) this.send(name, value);
  }

  openSearch() {
    this.search.open();
  }

  select(index) {
    Object.assign(this, { selected: index, neighbours: [] });
    this.say();
    this.repaint();
    this.tell("click", { index: index < 0 ? null : index });
  }

  /** Makes rows the selection, adds them to it, or takes them away. */
  choose(rows, how) {
    const before = new Set(this.chosen);
    if (how === "less") rows.forEach((i) => before.delete(i));
    const all = how === "new" ? rows : how === "more" ? new Set([...before, ...rows]) : before;
    this.chosen = [...all].sort((a, b) => this.rank(a) - this.rank(b));
    this.written = writeRows(this.chosen);
    this.say();
    this.repaint();
    this.tell("choose", { rows: this.written });
  }

  /** Marks a point, and the same word on maps that are linked with this one. */
  hover(index, told = false) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.redraw();
    if (this.meta.linked && !told) window.dispatchEvent(new CustomEvent(LINKED, { detail: { from: this, name: this.meta.linked, word: index < 0 ? null : this.word(index) } }));
  }

  /** The row of a word; -1 for none. */
  rowOf(word) {
    this.rows ??= new Map(Array.from({ length: this.n }, (_, i) => [this.word(i), i]));
    return this.rows.get(word) ?? -1;
  }

  close() {
    clearTimeout(this.telling);
    super.close();
    this.painter.close();
  }
}

function line(context, [x0, y0], [x1, y1]) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
function arrow(context, [x0, y0], [x1, y1]) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const [ex, ey] = [x1 - 7 * Math.cos(angle), y1 - 7 * Math.sin(angle)]; // before the point itself
  line(context, [x0, y0], [ex, ey]);
  for (const side of [2.6, -2.6]) line(context, [ex, ey], [ex + 7 * Math.cos(angle + side), ey + 7 * Math.sin(angle + side)]);
}
function ring(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.stroke();
}
