// Attention of all layers and heads: a grid of heads, one of them (or several together) as a matrix, and the text joined by lines. Hover previews, click pins.
// One state, `look`, is what the address keeps; `hover` goes before it; every pane shows both. Numbers: weights.js. Drawing: panes.js, lines.js.

/** Where the view and what fetches its floats meet: two components of one page share nothing else. */
function deskOf(key) {
  const desks = (globalThis.orreryDesks ??= new Map());
  if (!desks.has(key)) desks.set(key, {});
  return desks.get(key);
}

class Attention extends Hands {
  // ---------------------------------------------------------------- data

  update({ meta, weights, masked, scores }) {
    const before = this.weights && this.told(); // in words, for there may be more steps now
    this.meta = meta;
    this.fed = (this.fed ?? 0) + 1;
    this.weights = new Weights(meta, column(weights), column(masked));
    this.scores = column(scores); // [name, step, layer, head]
    if (meta.command !== this.command) {
      const known = this.command === undefined ? remembered.get(meta.key) : undefined;
      const told = meta.look;
      this.command = meta.command; // Python speaks only when this number changes; otherwise what is chosen here stays
      this.look = this.read(known?.command === meta.command ? known.told : told);
    } else this.look = this.read(before);
    const { L, H } = this.weights;
    [this.hues, this.placed] = [[], []]; // how far hues are apart follows from the number of heads
    for (const [name, n] of [["layer", L], ["head", H]]) if (this.hover[name] >= n) this.hover = {};
    this.root.classList.toggle("compact", Boolean(meta.compact));
    this.panes.classList.toggle("single", L * H === 1);
    this.panes.style.setProperty("--least", `${30 + 12 * H}px`); // thumbnails of nine pixels at the least
    this.redraw();
  }

  /** From the words of an address, whatever they are, to a look that these weights have. */
  read(told) {
    const { L, H, Q, K, S, steps, words } = this.weights;
    const number = (name, least, most, fallback) => (told[name] !== undefined && Number.isFinite(Number(told[name])) ? Math.max(least, Math.min(most, Number(told[name]))) : fallback);
    const place = (name, n, fallback) => (/^\d{1,5}$/.test(told[name] ?? "") && told[name] >= 1 && (fallback !== null || told[name] <= n) ? Math.min(n, Number(told[name])) - 1 : fallback);
    const step = (name, fallback) => (steps.map(String).includes(told[name]) ? steps.map(String).indexOf(told[name]) : fallback);
    const among = (name, options, fallback) => (options.includes(told[name]) ? told[name] : fallback);
    const heads = (told.heads ?? "").split("-").map((one) => one.split(".").map(Number)).filter(([l, h]) => l >= 1 && l <= L && h >= 1 && h <= H);
    const modes = L * H === 1 ? ["head"] : this.weights.square ? Object.keys(MODES) : ["head", "mean", "max"];
    return {
      layer: place("layer", L, 0), head: place("head", H, 0), query: place("token", Q, null), key: place("key", K, null),
      mode: among("show", modes, "head"), heads: heads.length ? [...new Set(heads.map(([l, h]) => (l - 1) * H + h - 1))].sort((a, b) => a - b) : null,
      gamma: number("contrast", 0.2, 1, 0.5), cover: Math.round(number("cover", 10, 100, 100)), sinks: told.sinks === "hidden", words: Boolean(words) && told.by === "words",
      line: told.layout === "line", sort: among("sort", Object.keys(this.meta.scores), "layer"), step: step("step", S - 1), from: S > 1 ? step("from", null) : null,
    };
  }

  /** The look as words of an address; what is as usual is left out. */
  told() {
    const { layer, head, query, key, mode, heads, gamma, cover, sinks, words, line: oneLine, sort, step, from } = this.look;
    const { H, S, steps } = this.weights;
    const put = (name, value, usual) => (value === usual || value === null ? {} : { [name]: String(value) });
    return {
      layer: String(layer + 1), head: String(head + 1), ...put("token", query === null ? null : query + 1), ...put("key", key === null ? null : key + 1), ...put("show", mode, "head"),
      ...put("heads", heads && heads.map((place) => `${Math.floor(place / H) + 1}.${(place % H) + 1}`).join("-")), ...put("contrast", gamma, 0.5), ...put("cover", cover, 100),
      ...put("sinks", sinks ? "hidden" : null), ...put("by", words ? "words" : null), ...put("layout", oneLine ? "line" : null), ...put("sort", sort, "layer"),
      ...put("step", step === S - 1 ? null : steps[step]), ...put("from", from === null ? null : steps[from]),
    };
  }

  // ---------------------------------------------------------------- what is looked at

  /** The places (layer * H + head) that are taken together. */
  get chosen() {
    return this.look.heads ?? this.weights.places;
  }
  /** What the matrix is made of: a hovered head goes before what was chosen. */
  get of() {
    const { look, hover } = this;
    const { step, from, words, sinks } = look;
    const preview = hover.layer !== undefined;
    return { mode: preview ? "head" : look.mode, layer: hover.layer ?? look.layer, head: hover.head ?? look.head, chosen: this.chosen, step, from, words, sinks };
  }
  /** The pinned query and key as places of the sheet, which are words where pieces are merged. */
  get pinned() {
    const { query, key, words } = this.look;
    const place = (i, groups) => (i === null ? null : words ? groups[i] : i);
    return { query: place(query, this.weights.words?.queries), key: place(key, this.weights.words?.keys) };
  }
  /** Head, query and key that are looked at: the hovered before the pinned. */
  get seen() {
    const { hover, pinned, of } = this;
    const within = (i, n) => (i !== undefined && i < n ? i : undefined);
    const [query, key] = [within(hover.query, this.sheet.Q), within(hover.key, this.sheet.K)];
    const touched = query !== undefined || key !== undefined;
    return { layer: of.layer, head: of.head, query: (touched ? query : pinned.query) ?? null, key: (touched ? key : pinned.key) ?? null };
  }

  draw() {
    const theme = themeOf(this.root);
    if (theme !== this.theme) this.dress(theme);
    this.sheet = this.weights.sheet(this.of);
    if (this.sheet.job) this.work();
    this.showControls();
    this.drawTitle();
    this.drawOverview();
    this.drawMatrix();
    this.drawLines();
    this.drawScale();
    this.say();
    this.placeTip();
    this.askForFloats();
  }

  /** A part of what takes longer than a frame. */
  work() {
    const { sheet } = this;
    const until = performance.now() + 12;
    while (sheet.job && performance.now() < until) {
      const { value, done } = sheet.job.next();
      if (done) [sheet.job, sheet.rows, sheet.covers] = [null, new Map(), new Map()];
      sheet.done = done ? 1 : value;
    }
    if (sheet.job) this.redraw();
  }

  // ---------------------------------------------------------------- words

  /** A weight in words: to three decimals; "≈" where the page has only bytes of it. */
  number(weight) {
    const { exact, signed } = this.sheet;
    return `${exact ? "" : "≈ "}${signed && weight > 0 ? "+" : ""}${weight.toFixed(exact ? 3 : 2)}`;
  }
  cellSaid(q, k) {
    const cause = this.sheet.masked[q * this.sheet.K + k];
    return shut(cause) ? `masked (${CAUSES[cause]})` : this.number(this.weightAt(q, k));
  }
  get name() {
    const of = this.of;
    return of.mode === "head" ? `Layer ${of.layer + 1}, head ${of.head + 1}` : `${MODES[of.mode][0]} of ${this.chosen.length === 1 ? "one head" : `${this.chosen.length} heads`}`;
  }

  /** What is seen, in words: a headline in which tokens stand in brackets of their own, and what else is known. */
  say() {
    const { query, key } = this.seen;
    const [headline, rest] = query === null ? (key === null ? this.saidOfAll() : this.saidOfKey(key)) : this.saidOfQuery(query, key);
    const caveats = this.meta.compared ? [this.look.from !== null ? "after less before" : this.look.step ? "after" : "before"] : [];
    if (this.look.sinks) caveats.push("sinks are hidden, rows sum to 1 without them");
    if (this.look.words) caveats.push("of words: sums over keys, means over queries");
    if (this.sheet.job) caveats.push(`still being computed, ${Math.round((this.sheet.done ?? 0) * 100)} %`);
    const detail = [this.name, ...rest, ...caveats].join(" · ");
    const text = `${headline.map((part) => (Array.isArray(part) ? `“${part[0]}”` : part)).join("")}. ${detail}.`;
    if (this.saidText === text) return;
    this.saidText = text;
    this.headline.replaceChildren(...headline.map((part) => Object.assign(document.createElement(Array.isArray(part) ? "b" : "span"), { textContent: [part].flat()[0] })));
    this.detail.textContent = detail;
    this.panes.setAttribute("aria-label", text);
  }

  token(tokens, i) {
    return [Array.from(tokens[i]).slice(0, 40).join("")];
  }

  saidOfQuery(q, k) {
    const { sheet, weights } = this;
    const { order, entropy, total } = weights.row(sheet, q);
    const asking = this.token(sheet.queries, q);
    if (!order.length) return [[asking, " may attend to nothing: its row is empty, and so is what it gets"], []];
    const best = order[0];
    const headline = [asking, sheet.signed ? " changes most towards " : " attends most to ", this.token(sheet.keys, best), `, ${this.cellSaid(q, best)}`];
    if (k !== null && k !== best) headline.push("; to ", this.token(sheet.keys, k), ` ${this.cellSaid(q, k)}`);
    const rest = [];
    if (k !== null && !shut(sheet.masked[q * sheet.K + k])) rest.push(`rank ${order.indexOf(k) + 1} of ${order.length}`);
    if (sheet.best) rest.push(this.placeSaid(sheet.best[q * sheet.K + (k ?? best)]));
    if (sheet.signed) return [headline, rest];
    if (this.of.mode !== "max") rest.push(`entropy ${sheet.exact ? "" : "≈ "}${entropy.toFixed(2)} of ${Math.log2(order.length).toFixed(2)} bits`);
    const share = order.slice(0, 5).reduce((sum, at) => sum + this.weightAt(q, at), 0);
    if (order.length > 5 && total > 0) rest.push(`top 5 keys = ${Math.round((100 * share) / total)} %`);
    if (this.look.sinks && total < 1e-6) rest.push("all of its weight was on what is hidden");
    return [headline, rest];
  }

  placeSaid(place) {
    return `by layer ${Math.floor(place / this.weights.H) + 1}, head ${(place % this.weights.H) + 1}`;
  }

  saidOfKey(k) {
    const { sheet } = this;
    const asking = Array.from({ length: sheet.Q }, (_, q) => q).filter((q) => !shut(sheet.masked[q * sheet.K + k]));
    if (!asking.length) return [[this.token(sheet.keys, k), " is masked for every query"], []];
    const size = (q) => Math.abs(this.weightAt(q, k));
    const best = asking.reduce((a, b) => (size(b) > size(a) ? b : a));
    const sum = asking.reduce((total, q) => total + this.weightAt(q, k), 0);
    const by = sheet.signed ? " changes most for " : " is attended to most by ";
    const headline = [this.token(sheet.keys, k), by, this.token(sheet.queries, best), `, ${this.cellSaid(best, k)}`];
    return [headline, [`${this.number(sum)} in all, from ${asking.length} ${asking.length > 1 ? "queries" : "query"}`]];
  }

  /** The place of the largest weight; a query that has one key only has no choice, and is left out where others have. */
  strongestOf({ Q, K, values, masked }) {
    let [best, free] = [-1, false];
    for (let q = 0; q < Q; q++) {
      let [most, open] = [-1, 0];
      for (let i = q * K; i < (q + 1) * K; i++) {
        if (shut(masked[i])) continue;
        open++;
        if (most < 0 || Math.abs(values[i]) > Math.abs(values[most])) most = i;
      }
      if (!open || (free && open < 2)) continue;
      if (best < 0 || (!free && open > 1) || Math.abs(values[most]) > Math.abs(values[best])) best = most;
      free ||= open > 1;
    }
    return best;
  }

  saidOfAll() {
    const { sheet } = this;
    sheet.strongest ??= this.strongestOf(sheet);
    if (sheet.strongest < 0) return [["No query may attend to anything"], []];
    const [q, k] = [Math.floor(sheet.strongest / sheet.K), sheet.strongest % sheet.K];
    const headline = [sheet.signed ? "The largest change: " : "The strongest: ", this.token(sheet.queries, q), " → ", this.token(sheet.keys, k), `, ${this.cellSaid(q, k)}`];
    return [headline, ["hover shows, a click pins"]];
  }

  drawTitle() {
    const { of, weights } = this;
    const name = of.mode === "head" ? `L${of.layer + 1} H${of.head + 1}` : this.name;
    const told = of.mode === "head" ? Object.entries(this.meta.scores).filter(([score], i) => i < 2 || score === this.look.sort).map(([score, row]) => `${score} ${this.score(row, of.layer * weights.H + of.head).toFixed(2)}${row.unit ? ` ${row.unit}` : ""}`) : [];
    const text = ["", ...told].join(" · ");
    const title = this.matrix.title;
    if (title.dataset.text !== name + text) {
      title.dataset.text = name + text;
      title.replaceChildren();
      element("b", "", title).textContent = name;
      element("span", "", title).textContent = text;
    }
    title.title = of.mode === "head" ? "" : MODES[of.mode][1];
    const heads = `${weights.L} ${weights.L > 1 ? "layers" : "layer"} × ${weights.H} ${weights.H > 1 ? "heads" : "head"}${this.look.sort === "layer" ? "" : `, by ${this.look.sort}`}`;
    if (this.overview.title.textContent !== heads) this.overview.title.textContent = heads;
  }

  /** A named score of a head at the step that is seen. */
  score({ row }, place) {
    const { S, L, H } = this.weights;
    return this.scores[(row * S + this.look.step) * L * H + place];
  }
  ordered() {
    const told = this.meta.scores[this.look.sort];
    return this.weights.places.toSorted((a, b) => (told.rising ? 1 : -1) * (this.score(told, a) - this.score(told, b)) || a - b);
  }

  /** Where the page has only bytes, the floats of the head that is looked at are fetched once the eye rests on it (floats.js). */
  askForFloats() {
    const { mode, step, layer, head } = this.of;
    if (mode !== "head" || this.weights.exact(step, layer, head)) return;
    clearTimeout(this.asking);
    this.asking = setTimeout(() => deskOf(this.meta.key).ask?.([step, layer, head]), 120);
  }
  receive(of, floats) {
    if (floats.length !== this.weights.Q * this.weights.K) return;
    this.weights.floats.set(of.join("."), floats);
    this.redraw();
  }
}

export default function show({ data, parentElement, setStateValue }) {
  return feed(parentElement, () => new Attention(parentElement), (view) => {
    view.send = setStateValue;
    view.update(data);
    deskOf(data.meta.key).tell = (of, floats) => view.receive(of, floats);
  });
}
