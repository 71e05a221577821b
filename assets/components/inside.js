// Inside one head: queries, keys, values; one pair element by element; scores, scale, mask, softmax; the mix of values and what is written.
// One state, {i, j, c}: the query, the key and the dimension that are looked at, hovered over pinned; every matrix shows it.

const LABEL = 74; // px, the longest token beside a matrix
const ABOVE = 62; // px, the longest token above one
const FEWEST = 9; // px, the smallest cell whose column is named

const shapeOf = (...sizes) => `[${sizes.join(", ")}]`;
const signed = (x, digits = 3) => (x < 0 ? "−" : "") + Math.abs(x).toFixed(digits);

class Inside extends View {
  constructor(parent) {
    super(parent, "inside");
    const said = element("div", "said", this.root, { "aria-live": "polite" });
    [this.headline, this.detail] = ["headline", "detail quiet"].map((name) => element("div", name, said));
    this.body = element("div", "body focusable", this.root, { tabindex: "0", role: "application", "aria-roledescription": "the steps inside a head" });
    this.tip = element("div", "tip", this.root);
    Object.assign(this, { pin: { i: 0, j: 0 }, hover: {}, off_: false });
    this.listen(this.body, { keydown: (event) => this.press(event) });
  }

  update({ meta, ...columns }) {
    this.meta = meta;
    this.queries = meta.queries.map(visible);
    this.keys = meta.keys.map(visible);
    this.all = Object.fromEntries(Object.entries(columns).map(([name, table]) => [name, column(table)]));
    const place = (name, n, usual) => (meta.look[name] >= 1 && meta.look[name] <= n ? meta.look[name] - 1 : usual);
    if (meta.command !== this.command) {
      this.command = meta.command;
      this.pin = { i: place("token", this.queries.length, this.queries.length - 1), j: place("key", this.keys.length, null) };
    }
    this.pin.i = Math.min(this.pin.i, this.queries.length - 1);
    if (this.pin.j === null || this.pin.j >= this.keys.length) this.pin.j = this.strongest(this.pin.i);
    this.hover = {};
    this.build();
    this.redraw();
  }

  strongest(i) {
    const K = this.keys.length;
    const row = this.all.weights.subarray(i * K, (i + 1) * K);
    return row.indexOf(Math.max(...row));
  }

  // ---------------------------------------------------------------- the cards

  build() {
    const { batch, n_heads, d_head, d_model, factor, added, head, trained } = this.meta;
    const [Q, K, H] = [this.queries.length, this.keys.length, n_heads];
    const heads = (rows, wide) => shapeOf(batch, H, rows, wide);
    const scale = Math.abs(factor - 1) < 1e-9 ? "not scaled" : `÷ √${d_head}`;
    const told = trained && `While it trained: ${trained.batch} × ${H} products of [${trained.n} × ${d_head}] · [${d_head} × ${trained.n}] at once.`;
    this.steps = [
      ["1", "Every token becomes a query, a key and a value", "Three linear maps of the residual stream, cut into heads: the second axis says which.", [
        { title: "q", shape: heads(Q, d_head), values: this.all.q, rows: "i", columns: "c" },
        { title: "k", shape: heads(K, d_head), values: this.all.k, rows: "j", columns: "c" },
        { title: "v", shape: heads(K, d_head), values: this.all.v, rows: "j", columns: "c" },
      ]],
      ["2", "One pair, element by element", "The query times the key in each of its dimensions; their sum is the pair's score.", [{ pair: true }]],
      ["3", "All pairs at once, scaled, masked, and through a softmax", `${heads(Q, d_head)} × ${heads(d_head, K)} → ${heads(Q, K)}: batch and heads only stand side by side, ${batch * H} ${batch * H > 1 ? "products" : "product"} of [${Q} × ${d_head}] · [${d_head} × ${K}]. ${told || ""}`, [
        { title: "q · kᵀ", shape: heads(Q, K), values: this.all.products, rows: "i", columns: "j" },
        { title: added ? `${scale}, + positions` : scale, shape: heads(Q, K), values: this.all.scores, rows: "i", columns: "j" },
        { title: "mask", shape: heads(Q, K), values: this.all.scores, rows: "i", columns: "j", masked: true },
        { title: "softmax", shape: heads(Q, K), values: this.all.weights, rows: "i", columns: "j", masked: true, weights: true },
      ]],
      ["4", "The weights mix the values", `z = weights · v; the heads' z side by side, [${batch}, ${Q}, ${d_model}], go through the output projection. Shown is what head ${head + 1} alone writes.`, [
        { title: "z", shape: heads(Q, d_head), values: this.all.z, rows: "i", columns: "c" },
        { title: "z · Wₒ", shape: shapeOf(batch, Q, d_model), values: this.all.output, rows: "i", columns: "D" },
      ]],
      ["5", "How widely every head looks", "Entropy of each head's rows in bits, with the scale (dark) and without (light). Without it scores are larger, the softmax saturates, and its gradient dies.", [{ entropies: true }]],
    ];
    const key = JSON.stringify(this.steps.map(([, title, , cards]) => [title, cards.length]));
    if (key !== this.built) {
      this.built = key;
      this.body.replaceChildren();
      this.boxes = this.steps.map(([number, , , cards]) => this.buildStep(number, cards));
    }
    this.steps.forEach(([, title, told_, cards], s) => {
      [this.boxes[s].title.textContent, this.boxes[s].told.textContent] = [title, told_];
      cards.forEach((card, n) => (this.boxes[s].cards[n].card = card));
    });
  }

  buildStep(number, cards) {
    const box = element("section", "step", this.body);
    const head = element("div", "head", box);
    element("span", "number", head).textContent = number;
    const [title, told] = [element("b", "", head), element("div", "told quiet", box)];
    const row = element("div", "row", box, { style: `--n:${cards.length};--few:${cards.length === 3 ? 3 : Math.min(2, cards.length)}` });
    return {
      title,
      told,
      cards: cards.map(() => {
        const cardBox = element("div", "card", row);
        const made = { box: cardBox, title: element("div", "title quiet", cardBox), canvas: element("canvas", "", cardBox, { "aria-hidden": "true" }) };
        this.listen(made.canvas, {
          pointermove: (event) => this.look(made, event),
          pointerleave: (event) => this.look(null, event),
          click: () => this.choose({ i: this.seen.i, j: this.seen.j }),
        });
        return made;
      }),
    };
  }

  get seen() {
    return { c: null, ...this.pin, ...this.hover };
  }
  sizeOf(axis) {
    return { i: this.queries.length, j: this.keys.length, c: this.meta.d_head, D: this.meta.d_model }[axis];
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    const theme = themeOf(this.root);
    if (theme !== this.theme) this.dress(theme);
    for (const { cards } of this.boxes) {
      for (const made of cards) {
        if (made.card.pair) this.drawPair(made);
        else if (made.card.entropies) this.drawEntropies(made);
        else this.drawMatrix(made);
      }
    }
    this.say();
  }

  dress(theme) {
    this.theme = theme;
    this.ruler = new Ruler(`11px ${theme.font}`);
    const [fell, rose] = changeColours(theme);
    this.ramps = { fell: rampOf(theme, fell), rose: rampOf(theme, rose) };
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    drawTile(tile.getContext("2d"), 1, theme);
    this.tile = tile;
    this.root.style.setProperty("--line", css(mix(theme.ground, theme.ink, 0.17)));
  }
  get colour() {
    const { layer, head, n_layers, n_heads } = this.meta;
    return headColour(this.theme, layer, head, n_layers, n_heads);
  }

  /** A pixel for a number: weights from 0 to 1, everything else by its sign and its share of the largest. */
  pixelOf(x, most, ramp) {
    if (ramp) return ramp[Math.round(255 * Math.sqrt(Math.max(0, Math.min(1, x))))];
    return (x < 0 ? this.ramps.fell : this.ramps.rose)[Math.round(230 * Math.min(1, Math.abs(x) / (most || 1)))];
  }

  drawMatrix(made) {
    const { card, box, canvas, title } = made;
    const [rows, columns] = [this.sizeOf(card.rows), this.sizeOf(card.columns)];
    const { ruler, theme } = this;
    const names = card.rows === "i" ? this.queries : this.keys;
    const most = card.most ?? (card.most = card.values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0));
    title.textContent = `${card.title}  ${card.shape}${card.weights ? "  0 … 1" : `  ± ${short(Number(most.toPrecision(2)))}`}`;
    const left = Math.min(LABEL, Math.ceil(names.reduce((wide, name) => Math.max(wide, ruler.width(ruler.fit(name, LABEL - 8))), 0)) + 8);
    const room = box.clientWidth - left - 2;
    const square = card.columns === "j";
    const cellW = square ? Math.min(30, room / columns, Math.max(4, 400 / rows)) : room / columns;
    const cellH = square ? cellW : Math.max(1, Math.min(17, 300 / rows));
    const named = square && cellW >= FEWEST;
    const top = named ? Math.min(ABOVE, Math.ceil(this.keys.reduce((wide, name) => Math.max(wide, ruler.width(ruler.fit(name, ABOVE - 8))), 0)) + 8) : 2;
    Object.assign(made, { left, top, cellW, cellH, rows, columns });
    const context = surface(canvas, left + columns * cellW + 2, top + rows * cellH + 2);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.pictureOf(made, most), left, top, columns * cellW, rows * cellH);
    if (card.masked) this.drawMask(context, made);
    context.strokeStyle = css(theme.line);
    context.strokeRect(left - 0.5, top - 0.5, columns * cellW + 1, rows * cellH + 1);
    this.drawNames(context, made, names, named);
    this.drawFocus(context, made);
  }

  pictureOf(made, most) {
    const { card, rows, columns } = made;
    const id = `${card.title}${this.colour}`;
    if (made.picture?.values === card.values && made.picture.theme === this.theme && made.picture.id === id) return made.picture.canvas;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const ramp = card.weights ? rampOf(this.theme, this.colour) : null;
    for (let at = 0; at < pixels.length; at++) pixels[at] = this.pixelOf(card.values[at], most, ramp);
    canvas.getContext("2d").putImageData(image, 0, 0);
    made.picture = { values: card.values, theme: this.theme, id, canvas };
    return canvas;
  }

  drawMask(context, { left, top, cellW, cellH, rows, columns }) {
    context.beginPath();
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; ) {
        const from = j;
        while (j < columns && this.all.masked[i * columns + j]) j++;
        if (j > from) context.rect(left + from * cellW, top + i * cellH, (j - from) * cellW, cellH);
        else j++;
      }
    }
    context.fillStyle = context.createPattern(this.tile, "repeat");
    context.fill();
  }

  drawNames(context, { left, top, cellW, cellH, rows, columns, card }, names, named) {
    const { theme, ruler, seen } = this;
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const at of spread(rows, cellH, [seen[card.rows]])) {
      context.fillStyle = css(at === seen[card.rows] ? this.colour : theme.quiet);
      context.fillText(ruler.fit(names[at], LABEL - 8), left - 6, top + (at + 0.5) * cellH);
    }
    if (!named) return;
    context.textAlign = "left";
    for (const at of spread(columns, cellW, [seen.j])) {
      context.save();
      context.translate(left + (at + 0.5) * cellW, top - 6);
      context.rotate(-Math.PI / 2);
      context.fillStyle = css(at === seen.j ? this.colour : theme.quiet);
      context.fillText(ruler.fit(this.keys[at], ABOVE - 8), 0, 0);
      context.restore();
    }
  }

  drawFocus(context, { left, top, cellW, cellH, rows, columns, card }) {
    const { seen, colour, theme } = this;
    const frame = (x, y, w, h, shade, width) => {
      context.strokeStyle = css(shade);
      context.lineWidth = width;
      context.strokeRect(left + x * cellW - 0.5, top + y * cellH - 0.5, w * cellW + 1, h * cellH + 1);
    };
    const [row, across] = [seen[card.rows], card.columns === "D" ? seen.D : seen[card.columns]];
    if (row !== null) frame(0, row, columns, 1, colour, 1.5);
    if (across !== null && across !== undefined) frame(across, 0, 1, rows, colour, 1);
    if (row !== null && across !== null && across !== undefined) frame(across, row, 1, 1, theme.ink, 1.5);
  }

  /** q, k and their product in each dimension, and the sum. */
  drawPair(made) {
    const { canvas, box, title } = made;
    const { d_head } = this.meta;
    const { i, j, c } = this.seen;
    const { ruler, theme } = this;
    const q = this.all.q.subarray(i * d_head, (i + 1) * d_head);
    const k = this.all.k.subarray(j * d_head, (j + 1) * d_head);
    const product = q.map((x, at) => x * k[at]);
    const most = (values) => values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    const rows = [[`q of ${this.queries[i]}`, q, most([...q, ...k])], [`k of ${this.keys[j]}`, k, most([...q, ...k])], ["q × k", product, most(product)]];
    title.textContent = "";
    const left = 140;
    const cell = Math.min(30, (box.clientWidth - left - 110) / d_head);
    Object.assign(made, { left, top: 0, cellW: cell, cellH: 30, rows: 3, columns: d_head });
    const context = surface(canvas, box.clientWidth, 92);
    context.font = ruler.font;
    context.textBaseline = "middle";
    rows.forEach(([name, values, largest], row) => {
      context.font = ruler.font;
      context.textAlign = "right";
      context.fillStyle = css(row < 2 ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(name, left - 14), left - 8, row * 30 + 13);
      values.forEach((x, at) => {
        const shade = this.pixelOf(x, largest);
        context.fillStyle = css([0, 8, 16].map((shift) => (shade >> shift) & 255));
        context.fillRect(left + at * cell, row * 30 + 1, cell - (cell > 6 ? 1 : 0), 24);
        if (cell < 24) return;
        context.font = `${cell < 27 ? 9 : 10}px ${theme.font}`;
        context.textAlign = "center";
        context.fillStyle = css(Math.abs(x) > 0.55 * largest ? theme.ground : theme.ink, 0.85);
        context.fillText(signed(x, Math.abs(x) >= 10 ? 0 : 1), left + (at + 0.5) * cell, row * 30 + 13);
      });
    });
    context.textAlign = "left";
    context.fillStyle = css(theme.ink);
    context.font = `600 13px ${theme.font}`;
    context.fillText(`Σ = ${signed(this.all.products[i * this.keys.length + j])}`, left + d_head * cell + 12, 73);
    if (c === null || c === undefined) return;
    context.strokeStyle = css(theme.ink);
    context.lineWidth = 1.5;
    context.strokeRect(left + c * cell - 0.5, 0.5, cell, 86);
  }

  /** Two bars a head: as it is with the scale, and without. */
  drawEntropies(made) {
    const { canvas, box, title } = made;
    const { n_layers, n_heads, layer, head, scales } = this.meta;
    const { theme, ruler } = this;
    title.textContent = "";
    const own = scales[0] < 1 ? "own" : "other";
    const [withScale, without] = [this.all[`${own}_entropies`], this.all[`${own === "own" ? "other" : "own"}_entropies`]];
    const largest = Math.max(0.1, ...withScale, ...without);
    const group = Math.min(46, (box.clientWidth - 30) / (n_layers * n_heads + n_layers));
    const [high, bar] = [92, Math.max(1, group * 0.36)];
    Object.assign(made, { group, high });
    const context = surface(canvas, box.clientWidth, high + 36);
    context.font = ruler.font;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (let l = 0; l < n_layers; l++) {
      const from = 24 + l * (n_heads + 1) * group;
      context.fillStyle = css(theme.quiet);
      context.fillText(`L${l + 1}`, from + (n_heads * group) / 2, high + 28);
      for (let h = 0; h < n_heads; h++) {
        const [x, at] = [from + h * group, l * n_heads + h];
        const colour = headColour(theme, l, h, n_layers, n_heads);
        for (const [values, shift, shade] of [[withScale, 0, css(colour)], [without, bar, css(colour, 0.4)]]) {
          context.fillStyle = shade;
          context.fillRect(x + shift, high - (values[at] / largest) * (high - 16), bar - 0.5, (values[at] / largest) * (high - 16) + 0.5);
        }
        const here = l === layer && h === head;
        if (group < 18 && !here) continue;
        context.fillStyle = css(here ? theme.ink : theme.quiet);
        context.fillText(`H${h + 1}`, x + bar, high + 10);
        if (group > 34 || here) context.fillText(withScale[at].toFixed(1), x + bar, high - (Math.max(withScale[at], without[at]) / largest) * (high - 16) - 7);
      }
    }
    context.strokeStyle = css(theme.line);
    context.strokeRect(20, high + 0.5, box.clientWidth - 24, 0.01);
  }

  // ---------------------------------------------------------------- words and hands

  say() {
    const { i, j } = this.seen;
    const { factor, which, d_head, scales, added } = this.meta;
    const at = i * this.keys.length + j;
    const weight = this.all.weights[at];
    const masked = this.all.masked[at];
    const parts = [[this.queries[i]], " asks ", [this.keys[j]], `: q·k ${signed(this.all.products[at])}`];
    if (Math.abs(factor - 1) > 1e-9) parts.push(`, ÷ √${d_head} ${signed(this.all.products[at] * factor)}`);
    if (added) parts.push(`, with positions ${signed(this.all.scores[at])}`);
    parts.push(masked ? `, masked (${CAUSES[masked]})` : `, after the softmax ${weight.toFixed(3)}`);
    const of = this.meta.layer * this.meta.n_heads + this.meta.head;
    const [own, other] = ["own", "other"].map((name) => this.all[`${name}_entropies`][of]);
    const names = scales[0] < 1 ? ["with the scale", "without"] : ["as it is, without a scale", "with one"];
    const detail = `Layer ${this.meta.layer + 1}, head ${this.meta.head + 1} · entropy ${own.toFixed(2)} bits ${names[0]}, ${other.toFixed(2)} ${names[1]}${which === "other" ? " (shown)" : ""}`;
    const text = parts.map((part) => (Array.isArray(part) ? `“${part[0]}”` : part)).join("");
    if (this.saidText === text + detail) return;
    this.saidText = text + detail;
    this.headline.replaceChildren(...parts.map((part) => Object.assign(document.createElement(Array.isArray(part) ? "b" : "span"), { textContent: [part].flat()[0] })));
    this.detail.textContent = detail;
    this.body.setAttribute("aria-label", `${text}. ${detail}. Up and down move the query, left and right the key.`);
  }

  look(made, event) {
    const found = made ? this.at(made, event) : {};
    const same = JSON.stringify(found) === JSON.stringify(this.hover);
    this.hover = found;
    if (!same) this.redraw();
    this.placeTip(made, event);
  }

  at({ left, top, cellW, cellH, rows, columns, card }, { offsetX, offsetY }) {
    if (card.entropies) return {};
    const [across, down] = [Math.floor((offsetX - left) / cellW), Math.floor((offsetY - top) / cellH)];
    const inside = { row: down >= 0 && down < rows, column: across >= 0 && across < columns };
    if (card.pair) return inside.column ? { c: across } : {};
    return { ...(inside.row ? { [card.rows]: down } : {}), ...(inside.column && (inside.row || card.columns === "j") ? { [card.columns]: across } : {}) };
  }

  placeTip(made, event) {
    const { card } = made ?? {};
    const told = card && (card.pair ? this.tipOfPair() : card.values && this.tipOfCell(card));
    this.tip.classList.toggle("shown", Boolean(told));
    if (!told) return;
    this.tip.textContent = told;
    const box = this.root.getBoundingClientRect();
    const x = Math.max(0, Math.min(event.clientX - box.left + 14, this.root.clientWidth - this.tip.offsetWidth - 4));
    this.tip.style.transform = `translate(${x}px, ${event.clientY - box.top + 18}px)`;
  }
  tipOfPair() {
    const { i, j, c } = this.seen;
    if (c === null) return "";
    const [q, k] = [this.all.q[i * this.meta.d_head + c], this.all.k[j * this.meta.d_head + c]];
    return `dimension ${c + 1}: ${signed(q)} × ${signed(k)} = ${signed(q * k)}`;
  }
  tipOfCell(card) {
    const { hover } = this;
    const [row, across] = [hover[card.rows], hover[card.columns]];
    if (row === undefined || across === undefined) return "";
    const at = row * this.sizeOf(card.columns) + across;
    const name = this.ruler.fit((card.rows === "i" ? this.queries : this.keys)[row], 120);
    const other = card.columns === "j" ? this.ruler.fit(this.keys[across], 120) : `dimension ${across + 1}`;
    if (card.masked && this.all.masked[at]) return `${name} → ${other}  masked (${CAUSES[this.all.masked[at]]})`;
    return `${name} ${card.columns === "j" ? "→" : "·"} ${other}  ${signed(card.values[at])}`;
  }

  choose(change) {
    const held = (x, n) => Math.max(0, Math.min(n - 1, x));
    this.pin = { i: held(change.i ?? this.pin.i, this.queries.length), j: held(change.j ?? this.pin.j, this.keys.length) };
    this.redraw();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.send("look", { command: this.command, told: { token: String(this.pin.i + 1), key: String(this.pin.j + 1) } }), 200);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { i, j } = this.pin;
    const change = { ArrowDown: { i: i + 1 }, ArrowUp: { i: i - 1 }, ArrowRight: { j: j + 1 }, ArrowLeft: { j: j - 1 } }[event.key];
    if (!change) return;
    event.preventDefault();
    this.hover = {};
    this.choose(change);
  }

  close() {
    super.close();
    clearTimeout(this.later);
  }
}

/** Places of labels 11 px apart: those in `first`, then every n-th. */
function spread(n, step, first) {
  const stride = Math.max(1, Math.ceil(11 / step - 0.01));
  const taken = [];
  const add = (at) => at !== null && at !== undefined && taken.every((other) => Math.abs(at - other) * step >= 10.9) && taken.push(at);
  first.forEach(add);
  for (let at = 0; at < n; at += stride) add(at);
  return taken;
}

export default function ({ data, parentElement, setStateValue }) {
  return feed(parentElement, () => new Inside(parentElement), (view) => {
    view.send = setStateValue;
    view.update(data);
  });
}
