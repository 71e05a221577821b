// Placed before attention.js: how the three panes are drawn. What is drawn (weights, tokens, what is seen) is the business of attention.js.

const LEAST = 4; // px, the smallest cell of the matrix
const MOST = 44; // px, the largest
const LABEL = 104; // px, the longest label beside a row
const HEAD = 76; // px, the longest label above a column
const LINE = 12; // px between two labels
const STRONGEST = 6; // keys named beside the pinned query

/** Places of labels that keep LINE px apart: those in `first` in their order, then every n-th of the rest. */
function thinned(n, step, first) {
  const stride = Math.max(1, Math.ceil(LINE / step));
  const taken = [];
  const add = (i) => taken.every((j) => Math.abs(i - j) * step >= LINE - 0.01) && taken.push(i);
  first.forEach(add);
  for (let i = 0; i < n; i += stride) add(i);
  return taken;
}

class Panes extends View {
  draw() {
    const theme = themeOf(this.root);
    if (JSON.stringify(theme) !== this.themeText) this.dress(theme);
    this.drawOverview();
    this.drawMatrix();
    this.drawLines();
    this.drawScale();
    this.say();
    this.placeTip();
  }

  /** Everything that follows from the theme: the ramp from the background over the accent, and the hatching. */
  dress(theme) {
    this.theme = theme;
    this.themeText = JSON.stringify(theme);
    const deep = theme.dark ? mix(theme.accent, [255, 255, 255], 0.78) : mix(theme.accent, [0, 0, 0], 0.62);
    this.ramp = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      const strength = Math.sqrt(i / 255); // most weights are small: the root of the weight is what the eye gets
      const [r, g, b] = strength < 0.7 ? mix(theme.ground, theme.accent, strength / 0.7) : mix(theme.accent, deep, (strength - 0.7) / 0.3);
      this.ramp[i] = 0xff000000 | (b << 16) | (g << 8) | r;
    }
    const [r, g, b] = mix(theme.ground, theme.ink, 0.1);
    this.maskedPixel = 0xff000000 | (b << 16) | (g << 8) | r;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const context = tile.getContext("2d");
    context.fillStyle = css(mix(theme.ground, theme.ink, 0.035));
    context.fillRect(0, 0, 6, 6);
    context.strokeStyle = css(mix(theme.ground, theme.ink, 0.24));
    context.lineWidth = 1;
    for (const shift of [-6, 0, 6]) line(context, shift - 1, 7, shift + 7, -1);
    this.hatch = context.createPattern(tile, "repeat");
    this.thumbs = null;
  }

  drawOverview() {
    const { L, H, Q, K, theme, seen } = this;
    const { canvas, scroll, title } = this.overview;
    const ratio = window.devicePixelRatio || 1;
    const [left, top, gap] = [L > 9 ? 28 : 24, 18, H > 8 ? 3 : 6];
    const room = this.overview.box.clientWidth;
    if (L * H === 1 || !room) return;
    const wide = Math.max(10, Math.min(72, Math.floor((room - left) / H) - gap));
    const high = Math.max(10, Math.min(72, Math.round((wide * Q) / K), Math.floor((this.meta.height - top) / L) - gap));
    Object.assign(this.overview, { left, top, wide: wide + gap, high: high + gap });
    scroll.style.maxHeight = `${this.meta.height}px`;
    const [w, h] = [left + H * (wide + gap), top + L * (high + gap)];
    const context = surface(canvas, w, h);
    title.textContent = `${L} ${L > 1 ? "layers" : "layer"} × ${H} ${H > 1 ? "heads" : "head"}`;
    const size = `${wide}x${high}@${ratio}`;
    if (!this.thumbs || this.thumbs.size !== size) this.thumbs = { size, image: this.thumbnails(Math.round(wide * ratio), Math.round(high * ratio)) };
    context.font = `11px ${theme.font}`;
    context.textBaseline = "middle";
    const label = (text, x, y, chosen) => {
      context.fillStyle = css(chosen ? theme.ink : theme.quiet);
      context.fillText(text, x, y);
    };
    context.textAlign = "center";
    for (let head = 0; head < H; head++) {
      const narrow = wide + gap < 25 && head % 2 && head !== seen.head;
      const crowded = wide + gap < 25 && head !== seen.head && Math.abs(head - seen.head) < 2;
      if (!narrow && !crowded) label(`H${head + 1}`, left + head * (wide + gap) + wide / 2, 8, head === seen.head);
    }
    context.textAlign = "left";
    for (let layer = 0; layer < L; layer++) label(`L${layer + 1}`, 0, top + layer * (high + gap) + high / 2, layer === seen.layer);
    for (let layer = 0; layer < L; layer++) {
      for (let head = 0; head < H; head++) {
        const [x, y] = [left + head * (wide + gap), top + layer * (high + gap)];
        context.putImageData(this.thumbs.image[layer * H + head], Math.round(x * ratio), Math.round(y * ratio));
        const state = layer === seen.layer && head === seen.head ? 2 : layer === this.pin.layer && head === this.pin.head ? 1 : 0;
        context.strokeStyle = css(state === 2 ? theme.accent : state ? theme.quiet : theme.line);
        context.lineWidth = state ? 2 : 1;
        context.strokeRect(x - 0.5 * (state || 1), y - 0.5 * (state || 1), wide + (state || 1), high + (state || 1));
      }
    }
  }

  /** One small picture a head; where several cells fall on a pixel it shows the largest, so that a thin line is not averaged away. */
  thumbnails(w, h) {
    const { L, H, Q, K, weights, allowed, ramp } = this;
    const span = (i, n, cells) => [Math.floor((i * cells) / n), Math.max(Math.floor((i * cells) / n) + 1, Math.floor(((i + 1) * cells) / n))];
    const rows = Array.from({ length: h }, (_, i) => span(i, h, Q));
    const columns = Array.from({ length: w }, (_, i) => span(i, w, K));
    return Array.from({ length: L * H }, (_, place) => {
      const image = new ImageData(w, h);
      const pixels = new Uint32Array(image.data.buffer);
      const start = place * Q * K;
      let at = 0;
      for (const [q0, q1] of rows) {
        for (const [k0, k1] of columns) {
          let [most, open] = [0, 0];
          for (let q = q0; q < q1; q++) {
            for (let cell = q * K + k0; cell < q * K + k1; cell++) {
              open |= allowed[cell];
              if (weights[start + cell] > most) most = weights[start + cell];
            }
          }
          pixels[at++] = open ? ramp[most] : this.maskedPixel;
        }
      }
      return image;
    });
  }

  drawMatrix() {
    const { Q, K, theme, seen } = this;
    const { canvas, scroll, title, box } = this.matrix;
    const ruler = this.rulerOf(11);
    title.replaceChildren();
    element("b", "", title).textContent = `L${seen.layer + 1} H${seen.head + 1}`;
    const most = Math.min(LABEL, box.clientWidth * 0.22);
    const left = Math.ceil(Math.max(...this.queries.map((token) => ruler.width(ruler.fit(token, most))))) + 9;
    const longest = Math.max(...this.keys.map((token) => ruler.width(ruler.fit(token, HEAD))));
    const fits = Math.min((box.clientWidth - left - 2) / K, (this.meta.height - longest - 12) / Q);
    const cell = fits >= 12 ? Math.min(MOST, Math.floor(fits)) : Math.max(LEAST, fits);
    const level = longest + 6 <= cell; // labels fit their columns as they are: no need to turn them
    const top = Math.ceil(level ? 18 : longest + 9);
    Object.assign(this.matrix, { left, top, cell });
    const context = surface(canvas, left + K * cell + 2, top + Q * cell + 2);
    scroll.style.maxHeight = `${this.meta.height}px`;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.picture(seen.layer, seen.head), left, top, K * cell, Q * cell);
    this.drawMask(context, left, top, cell);
    if (cell >= 12) this.drawGrid(context, left, top, cell);
    if (cell >= 30) this.drawNumbers(context, left, top, cell);
    this.drawAxes(context, ruler, { left, top, cell, level });
    this.drawFocus(context, left, top, cell);
  }

  rulerOf(size) {
    const font = `${size}px ${this.theme.font}`;
    this.rulers ??= new Map();
    if (!this.rulers.has(font)) this.rulers.set(font, new Ruler(font));
    return this.rulers.get(font);
  }

  /** The head as a picture of a pixel a cell. */
  picture(layer, head) {
    this.sheet ??= document.createElement("canvas");
    [this.sheet.width, this.sheet.height] = [this.K, this.Q];
    const image = new ImageData(this.K, this.Q);
    const pixels = new Uint32Array(image.data.buffer);
    const start = this.start(layer, head);
    for (let i = 0; i < pixels.length; i++) pixels[i] = this.ramp[this.weights[start + i]];
    this.sheet.getContext("2d").putImageData(image, 0, 0);
    return this.sheet;
  }

  /** Masked cells, run by run, filled with hatching: a masked cell is something else than a weight of zero. */
  drawMask(context, left, top, cell) {
    context.beginPath();
    for (let q = 0; q < this.Q; q++) {
      for (let k = 0; k < this.K; k++) {
        const from = k;
        while (k < this.K && !this.may(q, k)) k++;
        if (k > from) context.rect(left + from * cell, top + q * cell, (k - from) * cell, cell);
      }
    }
    context.fillStyle = this.hatch;
    context.fill();
  }

  drawGrid(context, left, top, cell) {
    context.strokeStyle = css(this.theme.line);
    context.lineWidth = 1;
    for (let q = 0; q <= this.Q; q++) line(context, left, top + q * cell + 0.5, left + this.K * cell, top + q * cell + 0.5);
    for (let k = 0; k <= this.K; k++) line(context, left + k * cell + 0.5, top, left + k * cell + 0.5, top + this.Q * cell);
  }

  drawNumbers(context, left, top, cell) {
    const { layer, head } = this.seen;
    context.font = `${cell >= 38 ? 11 : 10}px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let q = 0; q < this.Q; q++) {
      for (let k = 0; k < this.K; k++) {
        const weight = this.weight(layer, head, q, k);
        if (!this.may(q, k) || weight < 0.005) continue;
        context.fillStyle = css(weight > 0.2 ? this.theme.ground : this.theme.ink, 0.9);
        context.fillText(weight.toFixed(2).replace(/^0/, ""), left + (k + 0.5) * cell, top + (q + 0.5) * cell);
      }
    }
  }

  drawAxes(context, ruler, { left, top, cell, level }) {
    const { theme, seen, pin } = this;
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const q of thinned(this.Q, cell, [seen.query, pin.query].filter((i) => i !== null))) {
      context.fillStyle = css(q === seen.query ? theme.accent : q === pin.query ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(this.queries[q], left - 9), left - 6, top + (q + 0.5) * cell);
    }
    for (const k of thinned(this.K, cell, [seen.key].filter((i) => i !== null))) {
      context.fillStyle = css(k === seen.key ? theme.accent : theme.quiet);
      context.save();
      context.translate(left + (k + 0.5) * cell, top - 6);
      if (!level) context.rotate(-Math.PI / 2);
      context.textAlign = level ? "center" : "left";
      context.fillText(ruler.fit(this.keys[k], HEAD), 0, level ? -5 : 0);
      context.restore();
    }
  }

  drawFocus(context, left, top, cell) {
    const { seen, pin, theme } = this;
    const frame = (x, y, w, h, colour, width) => {
      context.strokeStyle = css(colour);
      context.lineWidth = width;
      context.strokeRect(left + x * cell - 0.5, top + y * cell - 0.5, w * cell + 1.5, h * cell + 1.5);
    };
    if (pin.query !== null && pin.query !== seen.query) frame(0, pin.query, this.K, 1, theme.quiet, 1);
    if (seen.query !== null) frame(0, seen.query, this.K, 1, theme.accent, 1.5);
    if (seen.key !== null) frame(seen.key, 0, 1, this.Q, theme.accent, seen.query === null ? 1.5 : 1);
    if (seen.key !== null && seen.query !== null) frame(seen.key, seen.query, 1, 1, theme.ink, 2);
  }

  /** Two columns of tokens, joined by lines as strong as the weights: of the token looked at, or of all where none is. */
  drawLines() {
    const { Q, K, theme, seen } = this;
    const { canvas, scroll, title, box } = this.lines;
    const ruler = this.rulerOf(12);
    title.textContent = "query → key";
    const width = Math.min(440, box.clientWidth);
    const above = 6; // half a label, for the first and the last token
    const room = this.meta.height - 2 * above;
    const step = (n) => Math.max(LEAST, Math.min(24, room / n));
    const [a, b] = [step(Q), step(K)];
    const label = Math.min(LABEL, width * 0.3);
    const [from, to] = [label + 6, width - label - 38];
    Object.assign(this.lines, { a, b, from, to, above });
    scroll.style.maxHeight = `${this.meta.height}px`;
    const context = surface(canvas, width, Math.max(Q * a, K * b) + 2 * above);
    const top = seen.query === null ? [] : this.ranked(seen.layer, seen.head, seen.query).slice(0, STRONGEST);
    context.translate(0, above);
    this.drawStrokes(context, (q) => (q + 0.5) * a, (k) => (k + 0.5) * b);
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const q of thinned(Q, a, [seen.query, this.pin.query].filter((i) => i !== null))) {
      context.fillStyle = css(q === seen.query ? theme.accent : theme.quiet);
      context.fillText(ruler.fit(this.queries[q], label), label, (q + 0.5) * a);
    }
    context.textAlign = "left";
    const first = [...(seen.key === null ? [] : [seen.key]), ...top];
    for (const k of thinned(K, b, first)) {
      const named = first.includes(k) && seen.query !== null;
      const text = ruler.fit(this.keys[k], label);
      context.fillStyle = css(k === seen.key ? theme.accent : named || (seen.query === null && seen.key === null) ? theme.ink : theme.quiet, seen.query !== null && !this.may(seen.query, k) ? 0.4 : 1);
      context.fillText(text, to + 6, (k + 0.5) * b);
      if (!named || !this.may(seen.query, k)) continue;
      context.fillStyle = css(theme.quiet);
      context.fillText(this.weight(seen.layer, seen.head, seen.query, k).toFixed(2), to + 12 + ruler.width(text), (k + 0.5) * b);
    }
  }

  drawStrokes(context, yFrom, yTo) {
    const { seen, lines, theme } = this;
    const { from, to } = lines;
    const stroke = (q, k, strength) => {
      const weight = this.weight(seen.layer, seen.head, q, k);
      if (!this.may(q, k) || weight < 0.01) return;
      context.strokeStyle = css(theme.accent, Math.min(1, weight ** 0.6 * strength));
      context.lineWidth = 0.6 + 2.2 * weight * strength;
      const bend = (to - from) * 0.4;
      context.beginPath();
      context.moveTo(from, yFrom(q));
      context.bezierCurveTo(from + bend, yFrom(q), to - bend, yTo(k), to, yTo(k));
      context.stroke();
    };
    const all = seen.query === null && seen.key === null;
    for (let q = 0; q < this.Q; q++) {
      if (!all && seen.query !== null && q !== seen.query) continue;
      if (all) this.ranked(seen.layer, seen.head, q).slice(0, 3).forEach((k) => stroke(q, k, 0.5));
      else for (let k = 0; k < this.K; k++) if (seen.query !== null || k === seen.key) stroke(q, k, 1);
    }
  }

  drawScale() {
    const [width, left] = [128, 6];
    const context = surface(this.scale, width + 100, 24);
    const { theme } = this;
    for (let x = 0; x < width; x++) {
      const pixel = this.ramp[Math.round((x / (width - 1)) ** 2 * 255)];
      context.fillStyle = css([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]);
      context.fillRect(left + x, 0, 1.5, 8);
    }
    context.strokeStyle = css(theme.line);
    context.strokeRect(left - 0.5, 0.5, width + 1, 8);
    context.font = `10px ${theme.font}`;
    context.fillStyle = css(theme.quiet);
    context.textAlign = "center";
    for (const tick of [0, 0.1, 0.3, 0.6, 1]) context.fillText(String(tick), left + Math.sqrt(tick) * width, 20);
    context.fillStyle = this.hatch;
    context.fillRect(left + width + 24, 0, 18, 9);
    context.fillStyle = css(theme.quiet);
    context.textAlign = "left";
    context.font = `12px ${theme.font}`;
    context.fillText("masked", left + width + 47, 9);
  }
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
