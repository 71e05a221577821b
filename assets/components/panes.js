// Placed before attention.js: how the grid of heads and the matrix of one are drawn (the lines: lines.js). What is drawn is the business of attention.js.

const LEAST = 1; // px, the smallest cell of the matrix
const MOST = 44; // px, the largest
const LABEL = 104; // px, the longest label beside a row
const HEAD = 76; // px, the longest label above a column
const LINE = 12; // px between two labels

/** Places of labels that keep LINE px apart: those in `first` in their order, then every n-th of the rest between `from` and `to`. */
function thinned(from, to, step, first) {
  const stride = Math.max(1, Math.ceil(LINE / step - 0.01));
  const taken = [];
  const add = (i) => i >= from && i < to && taken.every((j) => Math.abs(i - j) * step >= LINE - 0.01) && taken.push(i);
  first.filter((i) => i !== null).forEach(add);
  for (let i = Math.ceil(from / stride) * stride; i < to; i += stride) add(i);
  return taken;
}

class Panes extends View {
  /** A titled canvas that shows a part of something larger: `extent` is as large as the whole, the canvas stays where the eye is. */
  pane(name) {
    const box = element("div", name, this.panes);
    const title = element("div", "title quiet", box);
    const scroll = element("div", "scroll", box);
    const extent = element("div", "extent", scroll);
    const canvas = element("canvas", "", extent, { "aria-hidden": "true" });
    this.listen(scroll, { scroll: () => this.redraw() });
    return { name, box, title, scroll, extent, canvas };
  }

  /** Give a pane the size of the whole; returns the context of what is seen of it. */
  frameOf(pane, width, height) {
    const { scroll, extent } = pane;
    scroll.style.maxHeight = `${this.meta.height}px`;
    [extent.style.width, extent.style.height] = [`${width}px`, `${height}px`];
    const [w, h] = [Math.min(width, scroll.clientWidth || width), Math.min(height, scroll.clientHeight || this.meta.height)];
    Object.assign(pane, { w, h, x0: scroll.scrollLeft, y0: scroll.scrollTop });
    return surface(pane.canvas, w, h);
  }

  /** Which matrix is shown, and how far it has come. */
  get sheetId() {
    return `${this.fed} ${this.sheet.id} ${this.sheet.done}`;
  }

  /** What does not follow the pointer is painted once, beside the screen, and copied until its key changes. */
  still(context, pane, key, paint) {
    if (context.exported) return paint(context);
    pane.kept ??= { canvas: document.createElement("canvas") };
    const whole = [key, this.themeText, pane.w, pane.h, pane.x0, pane.y0, devicePixelRatio].join("|");
    if (pane.kept.key !== whole) {
      pane.kept.key = whole;
      paint(surface(pane.kept.canvas, pane.w, pane.h));
    }
    context.drawImage(pane.kept.canvas, 0, 0, pane.w, pane.h);
  }

  /** Everything that follows from the theme. */
  dress(theme) {
    Object.assign(this, { theme, themeText: JSON.stringify(theme), ramps: new Map(), tiles: new Map(), hues: [], placed: [] });
    const [fell, rose] = changeColours(theme).map((colour) => rampOf(theme, colour));
    this.change = { fell, rose };
    this.shutPixel = pixel(mix(theme.ground, theme.ink, 0.1));
    this.root.style.setProperty("--line", css(mix(theme.ground, theme.ink, 0.17)));
    this.root.style.setProperty("--warned", css(changeColours(theme)[0]));
  }

  rulerOf(size) {
    const font = `${size}px ${this.theme.font}`;
    this.rulers ??= new Map();
    if (!this.rulers.has(font)) this.rulers.set(font, new Ruler(font));
    return this.rulers.get(font);
  }

  colourOf(layer, head) {
    const { L, H } = this.weights;
    return (this.hues[layer * H + head] ??= headColour(this.theme, layer, head, L, H));
  }
  /** The colour of what is looked at: the head's own, the accent for several. */
  get colour() {
    const of = this.of;
    return of.mode === "head" ? this.colourOf(of.layer, of.head) : this.theme.accent;
  }
  ramp(colour) {
    const id = colour.join();
    if (!this.ramps.has(id)) this.ramps.set(id, rampOf(this.theme, colour));
    return this.ramps.get(id);
  }
  /** Where the hue says whose weight it is, a ramp that ends before the hue is lost. */
  rampOfPlace(place) {
    if (!this.placed[place]) {
      const ramp = this.ramp(this.colourOf(Math.floor(place / this.weights.H), place % this.weights.H));
      this.placed[place] = ramp.map((_, i) => ramp[Math.round(0.74 * i)]);
    }
    return this.placed[place];
  }
  /** How strong a weight looks, 0..255: its power of gamma. */
  get strength() {
    const { gamma } = this.look;
    if (this.curve?.gamma !== gamma) this.curve = Object.assign(Uint8Array.from({ length: FINE + 1 }, (_, i) => Math.round(255 * (i / FINE) ** gamma)), { gamma });
    return this.curve;
  }
  strengthOf(weight) {
    return this.strength[Math.min(FINE, Math.round(Math.abs(weight) * FINE))];
  }
  /** Which cells are among the strongest that are asked for; null where all are. */
  get within() {
    return this.look.cover < 100 ? this.weights.cover(this.sheet, this.look.cover / 100) : null;
  }
  pixelOf(weight, ramp) {
    if (this.sheet.signed) return (weight < 0 ? this.change.fell : this.change.rose)[this.strengthOf(weight)];
    return ramp[this.strengthOf(weight)];
  }

  hatch(context, cause) {
    const paint = (to) => drawTile(to, cause, this.theme);
    if (context.pattern) return context.pattern(cause, 8, paint);
    if (!this.tiles.has(cause)) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 8;
      paint(tile.getContext("2d"));
      this.tiles.set(cause, tile);
    }
    return context.createPattern(this.tiles.get(cause), "repeat");
  }

  // ---------------------------------------------------------------- the grid of heads

  drawOverview() {
    const { L, H, Q, K } = this.weights;
    const pane = this.overview;
    const room = pane.box.clientWidth;
    if (L * H === 1 || !room) return;
    const sorted = this.look.sort !== "layer";
    const [left, top] = sorted ? [0, 2] : [L > 9 ? 28 : 24, 18];
    const columns = sorted ? Math.ceil(Math.sqrt(L * H * 0.8)) : H;
    const rows = Math.ceil((L * H) / columns);
    const gap = columns > 8 ? 3 : 6;
    const wide = Math.max(9, Math.min(72, Math.floor((room - left) / columns) - gap));
    const under = sorted && wide >= 32 ? 15 : 0; // px for a name beneath
    const high = Math.max(9, Math.min(72, Math.round((wide * Q) / K), Math.floor((this.meta.height - top) / rows) - gap - under));
    const order = sorted ? this.ordered() : this.weights.places;
    const spots = order.map((place, i) => [place, left + (i % columns) * (wide + gap), top + Math.floor(i / columns) * (high + gap + under)]);
    Object.assign(pane, { left, top, wide, high, gap, under, spots, labelled: !sorted });
    const context = this.frameOf(pane, left + columns * (wide + gap), top + rows * (high + gap + under));
    this.paintOverview(context);
  }

  paintOverview(context) {
    const { look } = this;
    const { wide, high, spots, x0, y0 } = this.overview;
    const scrolled = (to, paint) => {
      to.save();
      to.translate(-x0, -y0);
      paint();
      to.restore();
    };
    const key = [look.gamma, look.sort, look.step, look.from, look.sinks, this.fed, wide, high, spots.map(([place]) => place)].join();
    this.still(context, this.overview, key, (to) => scrolled(to, () => this.paintThumbs(to)));
    scrolled(context, () => this.paintMarks(context));
  }

  /** Names and frames of the heads, and which are taken together. */
  paintMarks(context) {
    const { seen, theme, look } = this;
    const { L, H } = this.weights;
    const { wide, high, spots, labelled, under } = this.overview;
    const several = look.mode !== "head" && this.hover.layer === undefined;
    context.font = `11px ${theme.font}`;
    context.textBaseline = "middle";
    if (labelled) this.paintHeadNames(context);
    const winner = this.sheet.best && seen.query !== null && seen.key !== null ? this.sheet.best[seen.query * this.sheet.K + seen.key] : -1;
    for (const [place, x, y] of spots) {
      const taken = several && this.chosen.includes(place);
      if (several && !taken) {
        context.fillStyle = css(theme.ground, 0.72);
        context.fillRect(x, y, wide, high);
      }
      const here = several ? place === winner : place === seen.layer * H + seen.head;
      const pinned = several ? taken && this.chosen.length < L * H : place === look.layer * H + look.head;
      const state = here ? 2 : pinned ? 1 : 0;
      context.strokeStyle = css(state === 2 ? theme.ink : state ? theme.quiet : theme.line);
      context.lineWidth = state ? 2 : 1;
      const out = state ? 1 : 0.5;
      context.strokeRect(x - out, y - out, wide + 2 * out, high + 2 * out);
      if (here) this.paintPlace(context, x, y);
      if (!under) continue;
      context.textAlign = "center";
      context.fillStyle = css(state === 2 ? theme.ink : theme.quiet);
      context.fillText(`L${Math.floor(place / H) + 1} H${(place % H) + 1}`, x + wide / 2, y + high + 9);
    }
    context.restore();
  }

  /** Where in its thumbnail the row, the column and the cell lie that are looked at. */
  paintPlace(context, x, y) {
    const { seen, sheet, theme } = this;
    const { wide, high } = this.overview;
    const [row, column] = [y + ((seen.query + 0.5) * high) / sheet.Q, x + ((seen.key + 0.5) * wide) / sheet.K];
    context.strokeStyle = css(theme.ink, 0.75);
    context.lineWidth = 1;
    if (seen.query !== null) line(context, x, row, x + wide, row);
    if (seen.key !== null) line(context, column, y, column, y + high);
  }

  paintHeadNames(context) {
    const { seen, theme } = this;
    const { L, H } = this.weights;
    const { left, top, wide, high, gap } = this.overview;
    const crowded = wide + gap < 25;
    for (let head = 0; head < H; head++) {
      const chosen = head === seen.head;
      if (crowded && !chosen && (head % 2 || Math.abs(head - seen.head) < 2)) continue;
      context.textAlign = "center";
      context.fillStyle = css(chosen ? theme.ink : theme.quiet);
      context.fillText(`H${head + 1}`, left + head * (wide + gap) + wide / 2, 8);
    }
    context.textAlign = "left";
    for (let layer = 0; layer < L; layer++) {
      context.fillStyle = css(layer === seen.layer ? theme.ink : theme.quiet);
      context.fillText(`L${layer + 1}`, 0, top + layer * (high + gap) + high / 2);
    }
  }

  paintThumbs(context) {
    const { wide, high, spots } = this.overview;
    const { H } = this.weights;
    const ratio = devicePixelRatio || 1;
    const { shades, w, h, closed } = this.weights.thumbs(this.look, Math.round(wide * ratio), Math.round(high * ratio));
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [w, h];
    const to = sheet.getContext("2d");
    const image = to.createImageData(w, h);
    const pixels = new Uint32Array(image.data.buffer);
    const { strength } = this;
    context.imageSmoothingEnabled = false;
    for (const [place, x, y] of spots) {
      const layer = Math.floor(place / H);
      const [ramp, mask] = [this.ramp(this.colourOf(layer, place % H)), closed[layer] ?? closed[0]];
      for (let i = 0, at = place * w * h; i < w * h; i++, at++) {
        const shade = shades[at];
        if (mask[i]) pixels[i] = this.shutPixel;
        else pixels[i] = (this.look.from === null ? ramp : shade < 0 ? this.change.fell : this.change.rose)[strength[Math.min(FINE, Math.abs(shade))]];
      }
      to.putImageData(image, 0, 0);
      context.drawImage(sheet, x, y, wide, high);
    }
  }

  // ---------------------------------------------------------------- the matrix of one

  drawMatrix() {
    const pane = this.matrix;
    const { sheet, zoom } = this;
    const ruler = this.rulerOf(11);
    const room = pane.box.clientWidth;
    const longest = (tokens, most) => tokens.reduce((wide, token) => Math.max(wide, ruler.width(ruler.fit(token, most))), 0);
    sheet.longest ??= {};
    const most = Math.min(LABEL, room * 0.22);
    const beside = (sheet.longest[`${most}${this.theme.font}`] ??= [longest(sheet.queries, most), longest(sheet.keys, HEAD)]);
    const left = Math.ceil(beside[0]) + 9;
    const fits = Math.min((room - left - 2) / sheet.K, (this.meta.height - beside[1] - 12) / sheet.Q);
    const fitted = fits >= 12 ? Math.min(MOST, Math.floor(fits)) : Math.max(LEAST, fits);
    const cell = Math.min(MOST, Math.max(LEAST, fitted * zoom));
    const level = beside[1] + 6 <= cell; // labels fit their columns as they are: no need to turn them
    const top = Math.ceil(level ? 18 : beside[1] + 9);
    Object.assign(pane, { left, top, cell, level });
    const context = this.frameOf(pane, left + sheet.K * cell + 2, top + sheet.Q * cell + 2);
    pane.k0 = Math.floor(pane.x0 / cell);
    pane.q0 = Math.floor(pane.y0 / cell);
    pane.k1 = Math.min(sheet.K, Math.ceil((pane.x0 + pane.w - left) / cell));
    pane.q1 = Math.min(sheet.Q, Math.ceil((pane.y0 + pane.h - top) / cell));
    this.paintMatrix(context);
  }

  paintMatrix(context) {
    const { left, top, cell, x0, y0, w, h } = this.matrix;
    const inside = (to, paint) => {
      to.save();
      to.beginPath();
      to.rect(left - 1, top - 1, w - left + 1, h - top + 1);
      to.clip();
      to.translate(left - x0, top - y0);
      paint(to);
      to.restore();
    };
    this.still(context, this.matrix, [this.sheetId, this.look.gamma, this.look.cover, cell, left, top].join(), (to) =>
      inside(to, () => {
        this.paintCells(to);
        this.paintMask(to);
        if (cell >= 12) this.paintGrid(to);
        if (cell >= 28) this.paintNumbers(to);
      }));
    this.paintAxes(context);
    inside(context, () => this.paintFocus(context));
  }

  paintCells(context) {
    const { k0, k1, q0, q1, cell } = this.matrix;
    if (k1 <= k0 || q1 <= q0) return;
    context.imageSmoothingEnabled = false;
    const [w, h] = [k1 - k0, q1 - q0];
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [w, h];
    const image = new ImageData(w, h);
    const pixels = new Uint32Array(image.data.buffer);
    const { K, values, best } = this.sheet;
    const within = this.within;
    const one = this.ramp(this.colour);
    const pale = pixel(this.theme.ground);
    const { strength } = this;
    const { fell, rose } = this.change;
    const { signed } = this.sheet;
    for (let q = q0, i = 0; q < q1; q++) {
      for (let at = q * K + k0; at < q * K + k1; at++, i++) {
        if (within && !within[at]) {
          pixels[i] = pale;
          continue;
        }
        const weight = values[at];
        const ramp = signed ? (weight < 0 ? fell : rose) : best ? this.rampOfPlace(best[at]) : one;
        pixels[i] = ramp[strength[(Math.abs(weight) * FINE + 0.5) | 0] ?? 255];
      }
    }
    sheet.getContext("2d").putImageData(image, 0, 0);
    context.drawImage(sheet, k0 * cell, q0 * cell, w * cell, h * cell);
  }

  /** Masked cells, run by run, hatched by their cause: a masked cell is something else than a weight of zero. */
  paintMask(context) {
    const { k0, k1, q0, q1, cell } = this.matrix;
    const { K, masked } = this.sheet;
    const runs = new Map();
    for (let q = q0; q < q1; q++) {
      for (let k = k0; k < k1; ) {
        const [from, cause] = [k, masked[q * K + k]];
        while (k < k1 && masked[q * K + k] === cause) k++;
        if (!cause) continue;
        if (!runs.has(cause)) runs.set(cause, []);
        runs.get(cause).push([from * cell, q * cell, (k - from) * cell, cell]);
      }
    }
    for (const [cause, boxes] of runs) {
      context.beginPath();
      boxes.forEach((box) => context.rect(...box));
      if (!shut(cause)) {
        context.strokeStyle = css(changeColours(this.theme)[1]);
        context.lineWidth = 1.5;
        context.stroke();
      } else {
        context.fillStyle = this.hatch(context, cause);
        context.fill();
      }
    }
  }

  paintGrid(context) {
    const { k0, k1, q0, q1, cell } = this.matrix;
    context.strokeStyle = css(this.theme.line);
    context.lineWidth = 1;
    for (let q = q0; q <= q1; q++) line(context, k0 * cell, q * cell + 0.5, k1 * cell, q * cell + 0.5);
    for (let k = k0; k <= k1; k++) line(context, k * cell + 0.5, q0 * cell, k * cell + 0.5, q1 * cell);
  }

  paintNumbers(context) {
    const { k0, k1, q0, q1, cell } = this.matrix;
    const { K, values, masked, best } = this.sheet;
    const [digits, within] = [cell >= 36 ? 3 : 2, this.within];
    context.font = `${cell >= 42 ? 11 : 10}px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let q = q0; q < q1; q++) {
      for (let k = k0; k < k1; k++) {
        const weight = values[q * K + k];
        if (shut(masked[q * K + k]) || Math.abs(weight) < 0.5 * 10 ** -digits) continue;
        const shade = this.pixelOf(weight, best ? this.rampOfPlace(best[q * K + k]) : this.ramp(this.colour));
        const [r, g, b] = [0, 8, 16].map((shift) => (shade >> shift) & 255);
        const { ground, ink } = this.theme;
        const left = within && !within[q * K + k];
        context.fillStyle = left ? css(this.theme.faint) : css(contrast([r, g, b], ground) > contrast([r, g, b], ink) ? ground : ink, 0.92);
        context.fillText(weight.toFixed(digits).replace(/^(-?)0(?=\.)/, "$1"), (k + 0.5) * cell, (q + 0.5) * cell);
      }
    }
  }

  paintAxes(context) {
    const { theme, seen, sheet } = this;
    const { left, top, cell, level, x0, y0, k0, k1, q0, q1, w } = this.matrix;
    const ruler = this.rulerOf(11);
    const pinned = this.pinned;
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const inView = (at, edge) => at >= edge - 1;
    for (const q of thinned(q0, q1, cell, [seen.query, pinned.query])) {
      const y = top + (q + 0.5) * cell - y0;
      if (!inView(y, top)) continue;
      context.fillStyle = css(q === seen.query ? this.colour : q === pinned.query ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(sheet.queries[q], left - 9), left - 6, y);
    }
    for (const k of thinned(k0, k1, cell, [seen.key, pinned.key])) {
      const x = left + (k + 0.5) * cell - x0;
      if (!inView(x, left) || x > w) continue;
      context.fillStyle = css(k === seen.key ? this.colour : k === pinned.key ? theme.ink : theme.quiet);
      context.save();
      context.translate(x, top - 6);
      if (!level) context.rotate(-Math.PI / 2);
      context.textAlign = level ? "center" : "left";
      context.fillText(ruler.fit(sheet.keys[k], HEAD), 0, level ? -5 : 0);
      context.restore();
    }
  }

  paintFocus(context) {
    const { seen, pinned, theme, colour } = this;
    const { Q, K } = this.sheet;
    const { cell } = this.matrix;
    const frame = (k, q, w, h, shade, width) => {
      context.strokeStyle = css(shade);
      context.lineWidth = width;
      context.strokeRect(k * cell - 0.5, q * cell - 0.5, w * cell + 1.5, h * cell + 1.5);
    };
    if (pinned.query !== null && pinned.query !== seen.query) frame(0, pinned.query, K, 1, theme.quiet, 1);
    if (pinned.key !== null && pinned.key !== seen.key) frame(pinned.key, 0, 1, Q, theme.quiet, 1);
    if (seen.query !== null) frame(0, seen.query, K, 1, colour, 1.5);
    if (seen.key !== null) frame(seen.key, 0, 1, Q, colour, seen.query === null ? 1.5 : 1);
    if (seen.key !== null && seen.query !== null) frame(seen.key, seen.query, 1, 1, theme.ink, 2);
  }

  // ---------------------------------------------------------------- the legend

  drawScale() {
    const causes = this.causes;
    const width = 170 + (this.sheet.best ? 200 : 0) + causes.reduce((sum, cause) => sum + 42 + this.rulerOf(12).width(CAUSES[cause]), 0);
    const signed = this.sheet.signed;
    this.scale.setAttribute("aria-label", `Scale from ${signed ? "−1" : "0"} to 1. ${causes.length ? `Hatched: ${causes.map((cause) => CAUSES[cause]).join(", ")}.` : ""}`);
    this.paintScale(surface(this.scale, width, 26));
  }

  /** Why cells of the matrix are masked, each cause once. */
  get causes() {
    return (this.sheet.causes ??= Object.keys(CAUSES).map(Number).filter((cause) => this.sheet.masked.includes(cause)));
  }

  paintScale(context) {
    const { theme, sheet } = this;
    const [wide, left] = [140, 6];
    const ramp = this.ramp(sheet.best ? theme.quiet : this.colour);
    for (let x = 0; x < wide; x++) {
      const weight = sheet.signed ? (2 * x) / (wide - 1) - 1 : x / (wide - 1);
      const shade = this.pixelOf(weight, ramp);
      context.fillStyle = css([0, 8, 16].map((shift) => (shade >> shift) & 255));
      context.fillRect(left + x, 1, 1.5, 9);
    }
    Object.assign(context, { strokeStyle: css(theme.line), lineWidth: 1, font: `11px ${theme.font}`, textBaseline: "middle", textAlign: "center" });
    context.strokeRect(left - 0.5, 0.5, wide + 1, 10);
    context.fillStyle = css(theme.quiet);
    for (const tick of sheet.signed ? [-1, -0.5, 0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]) {
      context.fillText(String(tick).replace("-", "−"), left + (sheet.signed ? (tick + 1) / 2 : tick) * wide, 20);
    }
    let x = left + wide + 24;
    context.textAlign = "left";
    context.font = `12px ${theme.font}`;
    if (sheet.best) {
      context.fillStyle = css(theme.quiet);
      context.fillText("colour: the head that gives it", x, 6);
      x += 200;
    }
    for (const cause of this.causes) {
      if (!shut(cause)) Object.assign(context, { strokeStyle: css(changeColours(theme)[1]), lineWidth: 1.5 }).strokeRect(x, 1, 18, 9);
      else {
        context.fillStyle = this.hatch(context, cause);
        context.fillRect(x, 1, 18, 9);
      }
      context.fillStyle = css(theme.quiet);
      context.fillText(CAUSES[cause], x + 24, 6);
      x += 42 + this.rulerOf(12).width(CAUSES[cause]);
    }
  }
}
