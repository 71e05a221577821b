// Placed before attention.js: the text with its attention as lines, in two columns or as one line with arcs.

const MOST_LINES = 800; // strokes of a picture of all rows; of more the strongest
const FAINTEST = 0.01; // the smallest weight that gets a line
const TOLD = 6; // keys that are told with their weight
const SHADES = 12; // lines of about the same weight are drawn at once

class Lines extends Panes {
  /** Whether the lines are due in the next frame: a head that the pointer only passes gets its matrix first, so that neither keeps the pointer waiting. */
  late() {
    const { lined, look, hover, seen } = this;
    this.lined = [this.sheetId, look.cover, look.line].join();
    return hover.layer !== undefined && seen.query === null && seen.key === null && lined !== undefined && lined !== this.lined;
  }

  drawLines() {
    if (this.late()) return this.redraw();
    this.look.line ? this.layLine() : this.layColumns();
    const all = this.seen.query === null && this.seen.key === null;
    const { cells, left } = all ? this.lineCells(null, null) : {};
    const way = this.look.line && this.weights.square ? "arcs above look back, beneath ahead" : "query → key";
    const rest = all ? (left ? `, the ${cells.length} strongest of ${left + cells.length} lines` : `, from ${FAINTEST} up`) : this.slices && !this.look.line && this.seen.query !== null ? "; right: every head of the layer" : "";
    const { title } = this.lines;
    if (title.textContent !== way + rest) title.textContent = title.title = way + rest;
    const context = this.frameOf(this.lines, this.lines.width, this.lines.height);
    this.paintLines(context);
  }

  paintLines(context) {
    const { seen, look, lines } = this;
    const scrolled = (to, paint) => {
      to.save();
      to.translate(-lines.x0, -lines.y0);
      paint();
      to.restore();
    };
    if (seen.query === null && seen.key === null) {
      this.still(context, lines, this.lined, (to) => scrolled(to, () => this.paintStrokes(to, this.lineCells(null, null).cells, 0.55)));
    } else scrolled(context, () => this.paintStrokes(context, this.lineCells(seen.query, seen.key).cells, 1));
    scrolled(context, () => (look.line ? this.paintLine(context) : this.paintColumns(context)));
  }

  /** The cells that get a line, [query, key, weight]: of one query, else of one key, else of all rows, then the strongest; `left`: how many were too many. */
  lineCells(query, key) {
    const { sheet, look } = this;
    const id = [this.sheetId, query, key, look.cover].join("|");
    if (this.lineCache?.id === id) return this.lineCache;
    const { Q, K, values, masked } = sheet;
    const { within } = this;
    const [q0, q1] = query === null ? [0, Q] : [query, query + 1];
    const [k0, k1] = query === null && key !== null ? [key, key + 1] : [0, K];
    const each = (act) => {
      for (let q = q0; q < q1; q++) {
        for (let at = q * K + k0; at < q * K + k1; at++) {
          if ((values[at] >= FAINTEST || values[at] <= -FAINTEST) && !shut(masked[at]) && (!within || within[at])) act(q, at);
        }
      }
    };
    const sizes = new Uint32Array(1001); // how many there are of each strength, to find the weakest that is still drawn
    each((q, at) => sizes[Math.min(1000, Math.floor(Math.abs(values[at]) * 1000))]++);
    let [weakest, n] = [1000, 0];
    while (weakest > 0 && (query !== null || key !== null || n + sizes[weakest] <= MOST_LINES)) n += sizes[weakest--];
    const [cells, all] = [[], sizes.reduce((sum, some) => sum + some)];
    each((q, at) => Math.abs(values[at]) * 1000 > weakest && cells.push([q, at % K, values[at]]));
    const left = all - cells.length;
    return (this.lineCache = { id, cells, left });
  }

  paintStrokes(context, cells, force) {
    const { sheet, seen, look } = this;
    const shades = new Map();
    for (const cell of cells) {
      const shade = Math.ceil(Math.abs(cell[2]) * SHADES) * (cell[2] < 0 ? -1 : 1);
      const place = sheet.best ? sheet.best[cell[0] * sheet.K + cell[1]] : -1;
      const id = `${shade} ${place}`;
      if (!shades.has(id)) shades.set(id, { shade, place, cells: [] });
      shades.get(id).cells.push(cell);
    }
    const path = look.line ? this.arc : this.curveBetween;
    for (const { shade, place, cells: some } of [...shades.values()].sort((a, b) => Math.abs(a.shade) - Math.abs(b.shade))) {
      const weight = (Math.abs(shade) - 0.5) / SHADES;
      const colour = sheet.signed ? changeColours(this.theme)[shade < 0 ? 0 : 1] : place < 0 ? this.colour : this.colourOf(Math.floor(place / this.weights.H), place % this.weights.H);
      context.strokeStyle = css(colour, Math.min(1, weight ** 0.55 * force));
      context.lineWidth = 0.7 + 2.4 * weight * force;
      context.beginPath();
      for (const [q, k] of some) path.call(this, context, q, k);
      context.stroke();
    }
    if (seen.query === null || seen.key === null || shut(sheet.masked[seen.query * sheet.K + seen.key])) return;
    const faint = Math.abs(this.weightAt(seen.query, seen.key)) < FAINTEST;
    context.strokeStyle = css(this.theme.ink, faint ? 0.35 : 1);
    context.lineWidth = faint ? 1 : 1.5;
    context.beginPath();
    path.call(this, context, seen.query, seen.key);
    context.stroke();
  }

  /** How a key's name looks: what is seen in its colour, the strongest in ink, what may not be seen pale. */
  inkOf(key, named) {
    const { seen, sheet, theme } = this;
    if (key === seen.key) return css(this.colour);
    const closed = seen.query !== null && shut(sheet.masked[seen.query * sheet.K + key]);
    return css(named || (seen.query === null && seen.key === null) ? theme.ink : theme.quiet, closed ? 0.4 : 1);
  }
  weightAt(query, key) {
    return this.sheet.values[query * this.sheet.K + key];
  }
  /** The strength of a weight as the opacity of a tint behind its token. */
  tint(weight) {
    const colour = this.sheet.signed ? changeColours(this.theme)[weight < 0 ? 0 : 1] : this.colour;
    return css(colour, (0.42 * this.strengthOf(weight)) / 255);
  }
  get strongest() {
    return this.seen.query === null ? [] : this.weights.row(this.sheet, this.seen.query).order.slice(0, TOLD);
  }

  // ---------------------------------------------------------------- two columns

  layColumns() {
    const { sheet, lines } = this;
    const width = Math.min(460, lines.box.clientWidth);
    const above = 6; // half a label, for the first and the last token
    const room = this.meta.height - 2 * above;
    const step = (n) => Math.max(3, Math.min(24, room / n));
    const [a, b] = [step(sheet.Q), step(sheet.K)];
    const ruler = this.rulerOf(12);
    const widest = (tokens) => Math.ceil(tokens.reduce((most, token) => Math.max(most, ruler.width(ruler.fit(token, Math.min(LABEL, width * 0.28)))), 0));
    const [label, beside] = (sheet.columnWidths ??= new Map()).get(width + ruler.font) ?? [widest(sheet.queries), widest(sheet.keys)];
    sheet.columnWidths.set(width + ruler.font, [label, beside]);
    const strip = this.slices ? Math.min(6, 54 / this.weights.H) : 0; // px, one slice a head of this layer
    Object.assign(lines, { a, b, label, beside, above, strip, from: label + 6, to: width - beside - 56 - strip * this.weights.H, width });
    lines.height = Math.max(sheet.Q * a, sheet.K * b) + 2 * above;
  }

  /** Whether each key also tells how strongly every head of the layer looks at it. */
  get slices() {
    return this.weights.H > 1 && this.weights.H <= 16 && this.of.mode === "head" && !this.look.words && this.look.from === null && !this.look.sinks;
  }

  curveBetween(context, q, k) {
    const { a, b, from, to, above } = this.lines;
    const bend = (to - from) * 0.4;
    const [y0, y1] = [above + (q + 0.5) * a, above + (k + 0.5) * b];
    context.moveTo(from, y0);
    context.bezierCurveTo(from + bend, y0, to - bend, y1, to, y1);
  }

  paintColumns(context) {
    const { sheet, theme, seen, pinned } = this;
    const { a, b, label, beside, above, from, to, y0, h } = this.lines;
    const ruler = this.rulerOf(12);
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const [first, last] = [y0 / a, (y0 + h) / a].map(Math.floor);
    for (const q of thinned(Math.max(0, first - 1), Math.min(sheet.Q, last + 2), a, [seen.query, pinned.query])) {
      const text = ruler.fit(sheet.queries[q], label + 1);
      const y = above + (q + 0.5) * a;
      if (seen.key !== null && seen.query === null) this.paintTint(context, from - 10 - ruler.width(text), y, ruler.width(text) + 8, this.weightAt(q, seen.key));
      context.fillStyle = css(q === seen.query ? this.colour : q === pinned.query || (seen.query === null && seen.key === null) ? theme.ink : theme.quiet);
      context.fillText(text, label, y);
    }
    context.textAlign = "left";
    const strongest = this.strongest;
    const [k0, k1] = [y0 / b, (y0 + h) / b].map(Math.floor);
    for (const k of thinned(Math.max(0, k0 - 1), Math.min(sheet.K, k1 + 2), b, [seen.key, pinned.key, ...strongest])) {
      const y = above + (k + 0.5) * b;
      const text = ruler.fit(sheet.keys[k], beside + 1);
      const open = seen.query !== null && !shut(sheet.masked[seen.query * sheet.K + k]);
      if (open) this.paintTint(context, to + 2, y, ruler.width(text) + 8, this.weightAt(seen.query, k));
      context.fillStyle = this.inkOf(k, strongest.includes(k));
      context.fillText(text, to + 6, y);
      if (!open) continue;
      context.fillStyle = css(theme.quiet);
      if (strongest.includes(k) || k === seen.key) context.fillText(this.weightAt(seen.query, k).toFixed(sheet.exact ? 3 : 2), to + 14 + ruler.width(text), y);
      if (this.slices) this.paintSlices(context, k, y, Math.min(b - 2, 14));
    }
  }

  paintTint(context, x, y, width, weight) {
    context.fillStyle = this.tint(weight);
    context.fillRect(x, y - 8, width, 16);
  }

  /** One upright slice for each head of this layer, as strong as that head's weight. */
  paintSlices(context, key, y, high) {
    const { strip, width } = this.lines;
    const { H, K } = this.weights;
    const { layer, head, query } = this.seen;
    for (let h = 0; h < H; h++) {
      const weight = this.weights.at(this.weights.start(this.look.step, layer, h) + query * K + key);
      context.fillStyle = css(this.colourOf(layer, h), this.strengthOf(weight) / 255);
      context.fillRect(width - strip * (H - h), y - high / 2, strip - 1, high);
      if (h !== head) continue;
      context.fillStyle = css(this.theme.faint);
      context.fillRect(width - strip * (H - h), y + high / 2 + 0.5, strip - 1, 1);
    }
  }

  // ---------------------------------------------------------------- one line

  layLine() {
    const { sheet, lines } = this;
    const ruler = this.rulerOf(14);
    const places = (tokens) => {
      let x = 8;
      const spots = tokens.map((token) => {
        const wide = Math.max(10, ruler.width(ruler.fit(token, 160)));
        const spot = [x, wide];
        x += wide + 10;
        return spot;
      });
      return { spots, end: x };
    };
    const [queries, keys] = [places(sheet.queries), places(sheet.keys)];
    const square = this.weights.square;
    const room = lines.box.clientWidth;
    const shift = (side) => Math.max(0, Math.min(room, Math.max(queries.end, keys.end)) - side.end) / 2;
    const moved = (side) => side.spots.map(([x, wide]) => [x + shift(side), wide]);
    const ahead = square && (sheet.ahead ??= sheet.masked.some((cause, i) => i % sheet.K > Math.floor(i / sheet.K) && !shut(cause)));
    const tall = Math.max(60, Math.min(200, 0.26 * Math.max(queries.end, keys.end)));
    const text = tall + 20; // y of the line of text, or of the keys' where queries stand beneath
    Object.assign(lines, { queries: moved(queries), keys: moved(keys), tall, square, width: Math.max(queries.end, keys.end, Math.min(room, 200)) });
    Object.assign(lines, square ? { keyY: text, queryY: text, height: text + 18 + (ahead ? tall + 8 : 0) } : { keyY: 30, queryY: 30 + tall, height: tall + 48 });
    lines.labelBeneath = square ? null : tall;
  }

  arc(context, q, k) {
    const { queries, keys, keyY, queryY, square, tall } = this.lines;
    const middle = ([x, wide]) => x + wide / 2;
    const [a, b] = [middle(queries[q]), middle(keys[k])];
    if (!square) {
      const bend = (queryY - keyY) * 0.45;
      context.moveTo(a, queryY - 12);
      context.bezierCurveTo(a, queryY - 12 - bend, b, keyY + 12 + bend, b, keyY + 12);
      return;
    }
    const [side, edge] = k > q ? [1, queryY + 12] : [-1, queryY - 12];
    const rise = q === k ? 16 : Math.min(tall, 14 + 0.55 * Math.abs(a - b));
    const wing = q === k ? 9 : 0;
    context.moveTo(a - wing / 3, edge);
    context.bezierCurveTo(a - wing, edge + side * rise * 1.25, b + wing, edge + side * rise * 1.25, b + wing / 3, edge);
  }

  paintLine(context) {
    const { sheet, seen, pinned, theme, lines } = this;
    const ruler = this.rulerOf(14);
    const strongest = this.strongest;
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "center";
    const inView = ([x, wide]) => x + wide > lines.x0 && x < lines.x0 + lines.w;
    lines.keys.forEach((spot, k) => {
      if (!inView(spot)) return;
      const [x, wide] = spot;
      const open = seen.query !== null && !shut(sheet.masked[seen.query * sheet.K + k]);
      const asked = lines.square && seen.query === null && seen.key !== null; // the weights of the queries that look at one key
      if (open || asked) {
        context.fillStyle = this.tint(open ? this.weightAt(seen.query, k) : this.weightAt(k, seen.key));
        context.fillRect(x - 4, lines.keyY - 11, wide + 8, 22);
      }
      const self = lines.square && k === seen.query;
      context.fillStyle = self ? css(this.colour) : this.inkOf(k, strongest.includes(k));
      context.fillText(ruler.fit(sheet.keys[k], 160), x + wide / 2, lines.keyY);
      if (self || (lines.square && k === pinned.query)) {
        context.fillStyle = css(self ? this.colour : theme.quiet);
        context.fillRect(x - 2, lines.keyY + 11, wide + 4, 2);
      }
    });
    if (lines.square) return;
    lines.queries.forEach((spot, q) => {
      if (!inView(spot)) return;
      if (seen.key !== null && seen.query === null) {
        context.fillStyle = this.tint(this.weightAt(q, seen.key));
        context.fillRect(spot[0] - 4, lines.queryY - 11, spot[1] + 8, 22);
      }
      context.fillStyle = css(q === seen.query ? this.colour : q === pinned.query || seen.query === null ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(sheet.queries[q], 160), spot[0] + spot[1] / 2, lines.queryY);
    });
  }
}
