// Placed before attention.js: what can be done with the hands: controls, pointer, keys. All of it changes `look`, which the address keeps.

// What was chosen in the views of this tab, by key: a view that was away for a while comes back as it was, and Python need not send it all again.
const remembered = new Map();

const LOOK = {
  layer: 0, head: 0, query: null, key: null, mode: "head", heads: null, gamma: 0.5, cover: 100, sinks: false, words: false, line: false, sort: "layer", step: 0, from: null,
};
const MODES = {
  head: ["Head", "The weights of one head."],
  mean: ["Mean", "The mean of the chosen heads. Shift-click a head to take it in or out, a layer's name for all of it."],
  max: ["Max", "The largest weight among the chosen heads; the colour says which head's. Rows do not sum to 1."],
  rollout: ["Rollout", "How much of each input token arrives at each place after all layers, if each passes on half of what it gets unchanged (Abnar and Zuidema 2020)."],
};
// Of two steps that are compared, as a mask before and after it was edited.
const STATES = {
  before: ["Before", "As it was.", { step: 0, from: null }],
  after: ["After", "As it is now.", { step: 1, from: null }],
  change: ["Difference", "After less before: orange fell, blue rose.", { step: 1, from: 0 }],
};
const HELP = `Hover shows, click pins, Esc lets go.
↑ ↓  token (Shift: the key)    ← →  head    Page ↑ ↓  layer
Shift-click heads to take them together; a layer's name takes all of it.
+ − 0  zoom the matrix    [ ]  step back and forth in training`;


class Hands extends Exports {
  constructor(parent) {
    super(parent, "attention");
    this.bar = element("div", "bar", this.root);
    this.time = element("div", "time", this.root);
    const said = element("div", "said", this.root, { "aria-live": "polite" });
    [this.headline, this.detail] = ["headline", "detail quiet"].map((name) => element("div", name, said));
    this.panes = element("div", "panes focusable", this.root, { tabindex: "0", role: "application", "aria-roledescription": "attention viewer" });
    [this.overview, this.matrix, this.lines] = ["overview", "matrix", "lines"].map((name) => this.pane(name));
    this.foot = element("div", "foot quiet", this.root);
    this.tip = element("div", "tip", this.root);
    Object.assign(this, { look: { ...LOOK }, hover: {}, zoom: 1 });
    this.buildControls();
    this.listenToHands();
  }

  // ---------------------------------------------------------------- controls

  buildControls() {
    const { bar, time, foot } = this;
    const change = (name) => (value) => this.choose({ [name]: value });
    this.controls = {
      state: segments(bar, "Which state", STATES, (name) => this.choose(STATES[name][2], 0)),
      mode: segments(bar, "What the matrix shows", MODES, change("mode")),
      words: segments(bar, "Unit", { false: ["Pieces", "Every token of the model."], true: ["Words", "Pieces of a word together: its keys are summed, its queries' rows averaged."] }, (value) => this.choose({ words: value === "true" })),
      line: segments(bar, "Layout of the text", { false: ["Columns", "Queries on the left, keys on the right."], true: ["One line", "The text as it is read, with arcs."] }, (value) => this.choose({ line: value === "true" })),
      sinks: tick(bar, "Hide sinks", "Leaves out [CLS], [SEP] and the first token as keys, and divides each row by what is left.", change("sinks")),
      sort: choice(bar, "Heads by", "In which order the heads stand.", change("sort")),
    };
    this.saving = fold(bar, "Save", "What is seen, as a file");
    for (const [kind, told] of Object.entries({ svg: "SVG, for a paper", png: "PNG, twice as fine", csv: "CSV, of the matrix", html: "HTML, a page that stands alone" })) {
      const button = element("button", "", this.saving.inside, { type: "button" });
      button.textContent = told;
      button.dataset.kind = kind;
      button.onclick = () => (this.saving.close(), this.saveAs(kind));
    }
    const help = fold(bar, "?", "Keys and clicks");
    help.inside.classList.add("help");
    help.inside.textContent = HELP;
    this.play = element("button", "play", time, { type: "button", title: "Through training" });
    this.play.onclick = () => this.togglePlay();
    this.controls.step = slider(time, "Step", "The moment of the training that is shown.", [0, 1, 1], (at) => (this.weights.steps[at] ?? 0).toLocaleString("en"), (step, rests) => (this.stop(), this.choose({ step }, rests ? 0 : 400)));
    this.controls.from = choice(time, "Change since", "Shows what has changed since another step.", (value) => this.choose({ from: value === "" ? null : Number(value) }));
    this.scale = element("canvas", "", foot, { role: "img" });
    this.controls.gamma = slider(foot, "Contrast", "How strong a weight looks: its power of this. The scale stays 0 to 1.", [0.2, 1, 0.05], (gamma) => gamma.toFixed(2), change("gamma"));
    this.controls.cover = slider(foot, "Show", "Of each row only the strongest keys that together hold so much of it.", [10, 100, 1], (cover) => (cover === 100 ? "all" : `top ${cover} % of each row`), change("cover"));
    this.zooms = element("div", "zooms segments", this.matrix.box, { role: "group", "aria-label": "Zoom" });
    for (const [sign, factor, told] of [["−", 1 / 1.5, "Zoom out"], ["+", 1.5, "Zoom in"]]) {
      const button = element("button", "", this.zooms, { type: "button", title: told, "aria-label": told });
      button.textContent = sign;
      button.onclick = () => this.zoomBy(factor);
    }
  }

  showControls() {
    const { controls, look, weights, meta } = this;
    const { S, L, H } = weights;
    this.panes.classList.toggle("line", look.line);
    this.zooms.hidden = (this.matrix.cell ?? 20) >= 12 && this.zoom === 1;
    const shown = JSON.stringify([look, meta.scores, weights.steps, weights.square, L, H, Boolean(weights.words), Boolean(this.playing)]);
    if (shown === this.controlsShown) return; // what is written anew has to be laid out anew
    this.controlsShown = shown;
    controls.state.box.hidden = !meta.compared;
    controls.state.show(look.from !== null ? "change" : look.step ? "after" : "before");
    controls.mode.box.hidden = L * H === 1;
    controls.mode.show(look.mode, weights.square ? [] : ["rollout"]);
    controls.words.box.hidden = !weights.words;
    controls.words.show(look.words);
    controls.line.show(look.line);
    controls.sinks.show(look.sinks);
    controls.sinks.box.classList.toggle("warned", look.sinks);
    controls.sort.box.hidden = L * H === 1 || !Object.keys(meta.scores).length;
    controls.sort.show(["layer", ...Object.keys(meta.scores)].map((name) => [name, name]), look.sort);
    this.saving.inside.querySelector("[data-kind=html]").hidden = Boolean(meta.standing);
    this.time.hidden = S < 2 || Boolean(meta.compared);
    this.play.textContent = this.playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", this.playing ? "Pause" : "Play through training");
    controls.step.show(look.step, S - 1);
    controls.from.show([["", "nothing"], ...weights.steps.map((step, i) => [i, `step ${step.toLocaleString("en")}`])], String(look.from ?? ""));
    controls.from.box.classList.toggle("warned", look.from !== null);
    controls.gamma.show(look.gamma);
    controls.cover.show(look.cover);
  }

  togglePlay() {
    if (this.playing) return this.stop();
    if (this.look.step === this.weights.S - 1) this.choose({ step: 0 }, 600);
    this.playing = setInterval(() => (this.look.step === this.weights.S - 1 ? this.stop() : this.choose({ step: this.look.step + 1 }, 600)), 450);
    return this.redraw();
  }
  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.redraw();
  }

  // ---------------------------------------------------------------- choosing

  /** Change the look. Python is told when it has rested for `wait` ms. */
  choose(change, wait = 120) {
    Object.assign(this.look, change);
    const { weights, look } = this;
    for (const [name, n] of [["layer", weights.L], ["head", weights.H]]) look[name] = Math.max(0, Math.min(n - 1, look[name]));
    if (!("step" in change)) this.hover = {};
    this.redraw();
    clearTimeout(this.later); // a key held down is told to Python once, when it rests
    const { command } = this;
    remembered.set(this.meta.key, { told: this.told(), command });
    this.later = setTimeout(() => this.send("look", { command, told: this.told() }), wait);
  }

  /** Take a head into those that are looked at together, or out; one that is left is looked at alone. */
  take(places) {
    const { mode, heads } = this.look;
    const before = mode === "head" ? [this.look.layer * this.weights.H + this.look.head] : heads ?? this.chosen;
    const all = places.every((place) => before.includes(place));
    const after = all ? before.filter((place) => !places.includes(place)) : [...new Set([...before, ...places])].sort((a, b) => a - b);
    if (after.length) this.choose({ heads: after.length === this.weights.L * this.weights.H ? null : after, mode: mode === "head" ? "mean" : mode });
  }

  /** Pin a place of the sheet, or let it go where it is pinned already. */
  pin({ query, key }) {
    const { words } = this.look;
    const first = (i, groups) => (i === undefined ? null : words ? groups.indexOf(i) : i);
    const next = { query: first(query, this.weights.words?.queries), key: first(key, this.weights.words?.keys) };
    const same = next.query === this.look.query && next.key === this.look.key;
    this.choose(same ? { query: null, key: null } : next);
  }

  // ---------------------------------------------------------------- pointer

  peek(hover, event) {
    const same = JSON.stringify(hover) === JSON.stringify(this.hover);
    this.hover = hover;
    const box = this.root.getBoundingClientRect();
    this.pointer = [event.clientX - box.left, event.clientY - box.top];
    if (same) this.placeTip();
    else this.redraw();
  }

  placeTip() {
    const { query: q, key: k } = this.hover;
    const both = q !== undefined && k !== undefined && q < this.sheet.Q && k < this.sheet.K;
    this.tip.classList.toggle("shown", both);
    if (!both) return;
    const ruler = this.rulerOf(12);
    const by = this.sheet.best ? `  ${this.placeSaid(this.sheet.best[q * this.sheet.K + k])}` : "";
    this.tip.textContent = `${ruler.fit(this.sheet.queries[q], 120)} → ${ruler.fit(this.sheet.keys[k], 120)}  ${this.cellSaid(q, k)}${by}`;
    const left = Math.max(0, Math.min(this.pointer[0] + 14, this.root.clientWidth - this.tip.offsetWidth - 4));
    this.tip.style.transform = `translate(${left}px, ${this.pointer[1] + 18}px)`;
  }

  /** What lies under the pointer in each pane. */
  overviewAt({ offsetX: x, offsetY: y }) {
    const { spots, wide, high, gap, under, left, top, labelled, x0, y0 } = this.overview;
    const [px, py] = [x + x0, y + y0];
    const found = spots.find(([, sx, sy]) => px >= sx - gap / 2 && px < sx + wide + gap / 2 && py >= sy - gap / 2 && py < sy + high + under + gap / 2);
    if (found) return { layer: Math.floor(found[0] / this.weights.H), head: found[0] % this.weights.H };
    const row = Math.floor((py - top) / (high + gap));
    return labelled && px < left && row >= 0 && row < this.weights.L ? { row } : {};
  }
  matrixAt({ offsetX: x, offsetY: y }) {
    const { left, top, cell, x0, y0 } = this.matrix;
    const { Q, K } = this.sheet;
    const [k, q] = [Math.floor((x - left + x0) / cell), Math.floor((y - top + y0) / cell)];
    const found = {};
    if (y >= top && q >= 0 && q < Q && (x < left || k < K)) found.query = q;
    if (x >= left && k >= 0 && k < K && (y < top || q < Q)) found.key = k;
    return found;
  }
  linesAt({ offsetX, offsetY }) {
    const { lines, sheet } = this;
    const [x, y] = [offsetX + lines.x0, offsetY + lines.y0];
    if (this.look.line) {
      const on = (spots) => spots.findIndex(([left, wide]) => x >= left - 5 && x < left + wide + 5);
      const [q, k] = [on(lines.queries), on(lines.keys)];
      if (lines.square) return q < 0 ? {} : { query: q };
      if (y > (lines.keyY + lines.queryY) / 2) return q < 0 ? {} : { query: q };
      return k < 0 ? {} : { key: k };
    }
    const [q, k] = [Math.floor((y - lines.above) / lines.a), Math.floor((y - lines.above) / lines.b)];
    if (x < (lines.from + lines.to) / 2) return q >= 0 && q < sheet.Q ? { query: q } : {};
    return k >= 0 && k < sheet.K ? { key: k } : {};
  }

  listenToHands() {
    for (const [pane, at] of [[this.overview, "overviewAt"], [this.matrix, "matrixAt"], [this.lines, "linesAt"]]) {
      this.listen(pane.canvas, {
        pointermove: (event) => this.peek(this[at](event), event),
        pointerleave: (event) => this.peek({}, event),
        click: (event) => this.click(this[at](event), event),
      });
    }
    this.listen(this.matrix.scroll, { wheel: (event) => event.ctrlKey && (event.preventDefault(), this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15)) });
    this.listen(this.root, { keydown: (event) => this.press(event) });
  }

  click({ layer, head, row, query, key }, event) {
    const { H } = this.weights;
    if (row !== undefined) this.take(Array.from({ length: H }, (_, h) => row * H + h));
    else if (layer !== undefined && (event.shiftKey || event.ctrlKey || event.metaKey)) this.take([layer * H + head]);
    else if (layer !== undefined) this.choose({ layer, head, mode: "head" });
    else if (query !== undefined || key !== undefined) this.pin({ query, key });
  }

  /** Zoom the matrix about its middle. */
  zoomBy(factor) {
    const { scroll, cell, w, h } = this.matrix;
    const middle = [(scroll.scrollLeft + w / 2) / cell, (scroll.scrollTop + h / 2) / cell];
    this.zoom = factor ? Math.max(1, Math.min(MOST, this.zoom * factor)) : 1;
    this.draw();
    [scroll.scrollLeft, scroll.scrollTop] = [middle[0] * this.matrix.cell - w / 2, middle[1] * this.matrix.cell - h / 2];
    this.redraw();
  }

  // ---------------------------------------------------------------- keys

  press(event) {
    const elsewhere = !this.panes.contains(event.target) || event.target.closest("button"); // there only Esc is ours
    if (event.ctrlKey || event.metaKey || event.altKey || (elsewhere && event.key !== "Escape")) return;
    const act = this.actions(event.shiftKey)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    this.reveal();
  }

  actions(shifted) {
    const { look, weights } = this;
    const held = (change) => this.choose(change, 250);
    const token = (by) => () => {
      const side = shifted || (look.query === null && look.key !== null) ? "key" : "query";
      held({ [side]: this.moved(side, by) });
    };
    return {
      ArrowDown: token(1),
      ArrowUp: token(-1),
      ArrowLeft: () => held({ head: look.head - 1, mode: "head" }),
      ArrowRight: () => held({ head: look.head + 1, mode: "head" }),
      PageUp: () => held({ layer: look.layer - 1, mode: "head" }),
      PageDown: () => held({ layer: look.layer + 1, mode: "head" }),
      Escape: () => this.choose({ query: null, key: null }, 0),
      "[": () => held({ step: Math.max(0, look.step - 1) }),
      "]": () => held({ step: Math.min(weights.S - 1, look.step + 1) }),
      "+": () => this.zoomBy(1.5),
      "-": () => this.zoomBy(1 / 1.5),
      0: () => this.zoomBy(0),
    };
  }

  /** The next token, or the next word where pieces are merged; from nothing the first, or the last. */
  moved(side, by) {
    const groups = this.look.words ? this.weights.words[side === "query" ? "queries" : "keys"] : null;
    const n = side === "query" ? this.sheet.Q : this.sheet.K;
    const from = this.pinned[side];
    const to = from === null ? (by > 0 ? 0 : n - 1) : Math.max(0, Math.min(n - 1, from + by));
    return groups ? groups.indexOf(to) : to;
  }

  /** Scroll so that what is pinned can be seen. */
  reveal() {
    const { scroll, left, top, cell } = this.matrix;
    const { query, key } = this.pinned;
    const into = (side, at, room, edge) => at !== null && (scroll[side] = Math.min(Math.max(scroll[side], (at + 2) * cell - room + edge), Math.max(0, (at - 1) * cell)));
    into("scrollTop", query, scroll.clientHeight, top);
    into("scrollLeft", key, scroll.clientWidth, left);
  }

  close() {
    super.close();
    clearTimeout(this.later);
    clearInterval(this.playing);
  }
}
