// Attention of all layers and heads: thumbnails, one head as a matrix, its tokens joined by lines. Hover previews, click pins, Esc frees; arrows move.
// One state, {layer, head, query, key}, hovered over pinned; every pane (panes.js) shows it. Weights are bytes: 255 is 1.

// What was pinned in the views of this tab, by key: a view that was away for a while comes back as it was, and Python need not send it all again.
const remembered = new Map();

class Attention extends Panes {
  constructor(parent) {
    super(parent, "attention");
    this.panes = element("div", "panes focusable", this.root, { tabindex: "0", role: "application", "aria-roledescription": "attention viewer" });
    const pane = (name) => {
      const box = element("div", name, this.panes);
      const title = element("div", "title quiet", box);
      const canvas = element("canvas", "", element("div", "scroll", box), { "aria-hidden": "true" });
      return { box, title, canvas, scroll: canvas.parentElement };
    };
    [this.overview, this.matrix, this.lines] = ["overview", "matrix", "lines"].map(pane);
    const key = element("div", "key quiet", this.root);
    this.scale = element("canvas", "", key);
    element("span", "", key).textContent = "Row (query) attends to column (key).";
    this.reading = element("div", "reading", this.root, { "aria-live": "polite" });
    this.tip = element("div", "tip", this.root);
    this.pin = { layer: 0, head: 0, query: null };
    this.hover = {};
    this.listenToHands();
  }

  // ---------------------------------------------------------------- data

  update({ meta, weights, allowed, exact }) {
    this.meta = meta;
    [this.L, this.H, this.Q, this.K] = meta.shape;
    [this.weights, this.allowed, this.exact] = [column(weights), column(allowed), column(exact)];
    [this.queries, this.keys] = [meta.queries.map(visible), meta.keys.map(visible)];
    if (meta.command !== this.command) {
      const known = this.command === undefined ? remembered.get(meta.key) : undefined;
      const told = { layer: meta.pin[0], head: meta.pin[1], query: meta.pin[2] };
      this.command = meta.command; // Python speaks only when this number changes; otherwise what is pinned here stays
      this.pin = known?.command === meta.command ? known.pin : told;
    }
    this.pin = this.within(this.pin);
    const inside = (name, n) => (this.hover[name] < n ? this.hover[name] : undefined);
    this.hover = { layer: inside("layer", this.L), head: inside("head", this.H), query: inside("query", this.Q), key: inside("key", this.K) };
    this.panes.classList.toggle("single", this.L * this.H === 1);
    this.panes.style.setProperty("--least", `${30 + 14 * this.H}px`); // thumbnails of eleven pixels at the least
    this.thumbs = null;
    this.redraw();
  }

  within({ layer, head, query }) {
    const held = (value, n) => Math.max(0, Math.min(n - 1, value));
    return { layer: held(layer, this.L), head: held(head, this.H), query: query === null || query >= this.Q ? null : query };
  }

  /** What is looked at: the hovered before the pinned. */
  get seen() {
    const { pin, hover } = this;
    const query = hover.query ?? (hover.key === undefined ? pin.query : null);
    return { layer: hover.layer ?? pin.layer, head: hover.head ?? pin.head, query: query ?? null, key: hover.key ?? null };
  }

  start(layer, head) {
    return (layer * this.H + head) * this.Q * this.K;
  }
  may(q, k) {
    return this.allowed[q * this.K + k] > 0;
  }

  /** The weight in 0..1, from the page's floats where they are of this head. */
  weight(layer, head, q, k) {
    if (this.isExact(layer, head)) return this.exact[q * this.K + k];
    return this.weights[this.start(layer, head) + q * this.K + k] / 255;
  }
  isExact(layer, head) {
    return this.exact.length > 0 && layer === this.meta.exact_of[0] && head === this.meta.exact_of[1];
  }
  said(layer, head, q, k) {
    if (!this.may(q, k)) return "masked";
    const weight = this.weight(layer, head, q, k);
    return this.isExact(layer, head) ? weight.toFixed(3) : `≈ ${weight.toFixed(2)}`;
  }

  /** Keys of a row, strongest first, masked ones left out. */
  ranked(layer, head, q) {
    const keys = Array.from({ length: this.K }, (_, k) => k).filter((k) => this.may(q, k));
    return keys.sort((a, b) => this.weight(layer, head, q, b) - this.weight(layer, head, q, a) || a - b);
  }

  /** What is seen, in words. */
  say() {
    const { layer, head, query, key } = this.seen;
    const name = (token) => `“${Array.from(token).slice(0, 40).join("")}”`;
    const parts = [];
    if (query === null && key !== null) {
      const asking = Array.from({ length: this.Q }, (_, q) => q).filter((q) => this.may(q, key));
      const best = asking.sort((a, b) => this.weight(layer, head, b, key) - this.weight(layer, head, a, key))[0];
      parts.push(best === undefined ? `${name(this.keys[key])} is masked for every query` : `${name(this.keys[key])} is attended to most by ${name(this.queries[best])} (${this.said(layer, head, best, key)})`);
    } else if (query !== null) {
      const order = this.ranked(layer, head, query);
      if (!order.length) parts.push(`${name(this.queries[query])} may attend to nothing`);
      else parts.push(`${name(this.queries[query])} attends most to ${name(this.keys[order[0]])} (${this.said(layer, head, query, order[0])})`);
      const share = order.slice(0, 3).reduce((sum, k) => sum + this.weight(layer, head, query, k), 0);
      if (order.length > 3) parts.push(`its first 3 keys hold ${Math.min(100, Math.round(share * 100))} % of it`);
      if (key !== null) parts.push(`to ${name(this.keys[key])}: ${this.said(layer, head, query, key)}${this.may(query, key) ? `, rank ${order.indexOf(key) + 1} of ${order.length}` : ""}`);
    } else parts.push("hover over a token or a cell; a click pins it, Esc frees it");
    const text = `Layer ${layer + 1}, head ${head + 1}: ${parts.join("; ")}.`;
    if (this.reading.textContent !== text) this.reading.textContent = text;
    this.panes.setAttribute("aria-label", `Attention of ${this.Q} tokens. ${text} Up and down move the token, left and right the head, page up and down the layer.`);
  }

  // ---------------------------------------------------------------- hands

  look(hover, event) {
    const same = JSON.stringify(hover) === JSON.stringify(this.hover);
    this.hover = hover;
    const box = this.root.getBoundingClientRect();
    this.pointer = [event.clientX - box.left, event.clientY - box.top];
    if (same) this.placeTip();
    else this.redraw();
  }

  placeTip() {
    const { query: q, key: k } = this.hover;
    const both = q !== undefined && k !== undefined;
    this.tip.classList.toggle("shown", both);
    if (!both) return;
    const { layer, head } = this.seen;
    const ruler = this.rulerOf(12);
    this.tip.textContent = `${ruler.fit(this.queries[q], 120)} → ${ruler.fit(this.keys[k], 120)}  ${this.said(layer, head, q, k)}`;
    const left = Math.min(this.pointer[0] + 14, this.root.clientWidth - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${left}px, ${this.pointer[1] + 18}px)`;
  }

  choose(change, wait = 0) {
    this.pin = this.within({ ...this.pin, ...change });
    this.hover = {};
    this.redraw();
    clearTimeout(this.later); // a key held down is told to Python once, when it rests
    const { pin, command } = this;
    remembered.set(this.meta.key, { pin, command });
    this.later = setTimeout(() => this.send("pin", { layer: pin.layer, head: pin.head, token: pin.query, command }), wait);
  }

  /** What lies under the pointer in each pane. */
  overviewAt({ offsetX: x, offsetY: y }) {
    const { left, top, wide, high } = this.overview;
    const [head, layer] = [Math.floor((x - left) / wide), Math.floor((y - top) / high)];
    return head >= 0 && head < this.H && layer >= 0 && layer < this.L ? { layer, head } : {};
  }
  matrixAt({ offsetX: x, offsetY: y }) {
    const { left, top, cell } = this.matrix;
    const [k, q] = [Math.floor((x - left) / cell), Math.floor((y - top) / cell)];
    const found = {};
    if (q >= 0 && q < this.Q && k < this.K) found.query = q;
    if (k >= 0 && k < this.K && q < this.Q) found.key = k;
    return found;
  }
  linesAt({ offsetX: x, offsetY: y }) {
    const { a, b, from, to, above } = this.lines;
    const [q, k] = [Math.floor((y - above) / a), Math.floor((y - above) / b)];
    if (x < (from + to) / 2) return q >= 0 && q < this.Q ? { query: q } : {};
    return k >= 0 && k < this.K ? { key: k } : {};
  }

  listenToHands() {
    for (const [pane, at] of [[this.overview, "overviewAt"], [this.matrix, "matrixAt"], [this.lines, "linesAt"]]) {
      this.listen(pane.canvas, {
        pointermove: (event) => this.look(this[at](event), event),
        pointerleave: (event) => this.look({}, event),
        click: (event) => {
          const { layer, head, query } = this[at](event);
          if (layer !== undefined) this.choose({ layer, head });
          else if (query !== undefined) this.choose({ query });
        },
      });
    }
    this.listen(this.panes, { keydown: (event) => this.press(event) });
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { layer, head, query } = this.pin;
    const changes = {
      ArrowDown: { query: query === null ? 0 : Math.min(this.Q - 1, query + 1) },
      ArrowUp: { query: query === null ? this.Q - 1 : Math.max(0, query - 1) },
      ArrowLeft: { head: head - 1 },
      ArrowRight: { head: head + 1 },
      PageUp: { layer: layer - 1 },
      PageDown: { layer: layer + 1 },
      Escape: { query: null },
    };
    if (!changes[event.key]) return;
    event.preventDefault();
    this.choose(changes[event.key], event.key === "Escape" ? 0 : 250);
  }

  close() {
    super.close();
    clearTimeout(this.later);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  return feed(parentElement, () => new Attention(parentElement), (view) => {
    view.send = setStateValue;
    view.update(data);
  });
}
