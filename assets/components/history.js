// A run over time: one head moves the map, a word's neighbours, the loss and the samples together. All moments are here: nothing is asked while it plays.

class History extends View {
  constructor(parent) {
    super(parent, "history");
    const panes = element("div", "panes", this.root);
    this.map = new WordMap(element("div", "left", panes));
    const right = element("div", "right", panes);
    this.title = element("div", "title", right);
    this.list = element("div", "near", right, { "aria-live": "polite" });
    this.bump = new Bump(right, (word) => this.send("word", { word }));
    this.timeline = new Timeline(element("div", "time", panes), (t, resting) => this.go(t, resting));
    this.sample = element("div", "sample", this.root);
    this.map.layers.push((context) => this.drawTrails(context));
    this.map.send = (name, value) => this.hear(name, value);
    Object.assign(this, { send: () => {}, layouts: [], t: 0, meta: null });
  }

  update(meta) {
    const first = !this.meta;
    this.meta = meta;
    const points = shelved(meta.map.points, meta.map.version);
    if (!points) return;
    this.takeLayouts(points);
    this.map.update(meta.map);
    this.bump.steps = meta.steps;
    this.bump.take(meta.near.map((rows) => rows.map((each) => each.word)), meta.word);
    this.timeline.take({ steps: meta.steps, curve: meta.curve });
    const wanted = meta.steps.indexOf(meta.step);
    if (first && wanted >= 0) this.timeline.go(wanted, false);
    this.go(this.timeline.t, false);
  }

  /** The layouts of all moments, one after the other in a column. The map is given the one that is shown. */
  takeLayouts({ version, columns }) {
    if (version === this.version) return;
    this.version = version;
    const all = column(columns.layouts);
    const size = all.length / this.meta.steps.length || 0;
    this.layouts = this.meta.steps.map((_, t) => normalised(all.subarray(t * size, (t + 1) * size)));
    columns.xy = { getChildAt: () => ({ toArray: () => this.layouts[Math.min(this.layouts.length - 1, Math.round(this.t))] ?? NOWHERE }) };
  }

  /** Shows a moment; `resting`: and tells the page of it. */
  go(t, resting) {
    const { layouts, meta, map } = this;
    this.t = t;
    if (!layouts.length) return;
    const [a, b] = [Math.floor(t), Math.min(layouts.length - 1, Math.ceil(t))];
    map.since = undefined; // the head says where points are, not a glide of the map's own
    if (a === b) map.places.between(layouts[a], layouts[a], 1);
    else map.places.between(layouts[a], layouts[b], t - a);
    this.showMoment(Math.round(t));
    this.bump.go(t);
    map.torn = null;
    map.redraw();
    if (resting) this.send("moment", { step: meta.steps[Math.round(t)] });
  }

  /** The neighbours and the sample of a snapshot. */
  showMoment(at) {
    if (at === this.moment && this.shownOf === this.meta) return;
    Object.assign(this, { moment: at, shownOf: this.meta });
    const { meta, map } = this;
    const near = meta.near[at] ?? [];
    map.neighbours = near.map((each) => each.row).filter((row) => row >= 0 && row < map.n);
    map.repaint();
    this.title.textContent = meta.word ? `Nearest to “${plain(meta.word)}” at step ${meta.steps[at].toLocaleString("en")}` : "Click a word, and see when its neighbours arrive.";
    this.list.replaceChildren();
    for (const { word, cosine } of near.slice(0, RANKS)) {
      const row = element("button", "one", this.list, { type: "button" });
      element("span", "word", row).textContent = visible(word);
      element("span", "bar", element("span", "whole", row)).style.width = `${Math.max(0, Math.min(1, cosine)) * 100}%`;
      element("span", "number", row).textContent = cosine.toFixed(3);
      row.addEventListener("click", () => this.send("word", { word }));
    }
    const sample = meta.samples[at] ?? "";
    this.sample.textContent = sample;
    this.sample.classList.toggle("some", Boolean(sample));
  }

  /** Where the words that are followed have been: thin at first, thick towards the moment that is shown. */
  drawTrails(context) {
    const { map, layouts, t, meta } = this;
    if (layouts.length < 2) return;
    const { theme } = map;
    meta.trails.forEach((row, k) => {
      const shade = row === map.selected ? theme.ink : theme.categories[k % theme.categories.length];
      const places = layouts.map((xy) => map.at(xy[2 * row], xy[2 * row + 1]));
      const here = map.project(row);
      for (let i = 0; i < Math.ceil(t); i++) {
        const to = i + 1 > t ? here : places[i + 1];
        Object.assign(context, { strokeStyle: css(shade, 0.15 + (0.6 * (i + 1)) / layouts.length), lineWidth: 1 + (1.6 * (i + 1)) / layouts.length });
        line(context, places[i], to);
      }
    });
  }

  hear(name, value) {
    if (name === "click") this.send("word", { word: value.index === null ? "" : this.map.word(value.index) });
    else this.send(name, value);
  }

  draw() {}

  close() {
    super.close();
    for (const view of [this.map, this.bump, this.timeline]) view.close();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => {
    const view = new History(parentElement);
    window.addEventListener(SHELF_NEWS, ({ detail }) => detail === view.meta?.map.points && view.update(view.meta), { signal: view.off.signal });
    return view;
  }, (view) => {
    view.send = setTriggerValue;
    view.update(data.meta);
  });
}
