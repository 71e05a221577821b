// Placed before history.js: a word's neighbours over time as a bump chart: a line a word, its height the word's rank among the nearest.

const RANKS = 10;
const SIDE = { left: 22, right: 118, top: 12, bottom: 8 }; // px around the chart; the last neighbours are named at the right

class Bump extends View {
  /** `chosen(word)`: what a click on a line does. */
  constructor(parent, chosen) {
    super(parent, "bump");
    this.stage = element("div", "chart focusable", this.root, { tabindex: "0", role: "img" });
    this.canvas = element("canvas", "", this.stage, { "aria-hidden": "true" });
    this.tip = element("div", "tip", this.stage);
    Object.assign(this, { t: 0, ranks: [], lines: [], over: null });
    this.listen(this.stage, {
      pointermove: (event) => this.point(event),
      pointerleave: () => this.point(null),
      click: () => this.over && chosen(this.over.word),
    });
  }

  /** `ranks`: for each snapshot the nearest words, the nearest first. */
  take(ranks, of) {
    Object.assign(this, { ranks, over: null });
    const lines = new Map();
    ranks.forEach((words, t) => words.slice(0, RANKS).forEach((word, rank) => {
      if (!lines.has(word)) lines.set(word, { word, ranks: new Array(ranks.length).fill(null) });
      lines.get(word).ranks[t] = rank;
    }));
    // The last neighbours have colours, the nearest first; the others are grey and lie beneath.
    const last = ranks.at(-1)?.slice(0, RANKS) ?? [];
    this.lines = [...lines.values()].map((each) => Object.assign(each, { place: last.indexOf(each.word) })).sort((a, b) => (b.place < 0) - (a.place < 0));
    const arrived = last.map((word) => `${word} since snapshot ${lines.get(word).ranks.findIndex((rank) => rank !== null) + 1}`);
    this.stage.setAttribute("aria-label", of ? `Neighbours of “${of}” over time. Now: ${arrived.join(", ")}.` : "No word is chosen.");
    this.redraw();
  }

  go(t) {
    this.t = t;
    this.redraw();
  }

  x(t) {
    return SIDE.left + (t / Math.max(1, this.ranks.length - 1)) * (this.width - SIDE.left - SIDE.right);
  }

  y(rank) {
    return SIDE.top + ((rank + 0.5) / RANKS) * (this.height - SIDE.top - SIDE.bottom);
  }

  draw() {
    const theme = themeOf(this.root);
    [this.width, this.height] = [this.stage.clientWidth, this.stage.clientHeight];
    const context = surface(this.canvas, this.width, this.height);
    if (!this.ranks.length) return;
    Object.assign(context, { font: `11px ${theme.font}`, textBaseline: "middle", textAlign: "right", fillStyle: css(theme.quiet), lineJoin: "round", lineCap: "round" });
    for (const rank of [0, 4, 9]) context.fillText(String(rank + 1), SIDE.left - 8, this.y(rank));
    context.strokeStyle = css(theme.ink, 0.45);
    context.lineWidth = 1;
    line(context, [this.x(this.t), 2], [this.x(this.t), this.height - 2]);
    for (const each of [...this.lines, ...(this.over ? [this.over] : [])]) this.drawLine(context, theme, each);
    const ruler = (this.ruler ??= new Ruler(`12px ${theme.font}`));
    context.textAlign = "left";
    for (const { word, place } of this.lines) {
      if (place < 0) continue;
      context.font = `${this.over?.word === word ? "600 " : ""}12px ${theme.font}`;
      context.fillStyle = css(theme.ink, !this.over || this.over.word === word ? 1 : 0.45);
      context.fillText(ruler.fit(visible(word), SIDE.right - 16), this.x(this.ranks.length - 1) + 10, this.y(place));
    }
  }

  drawLine(context, theme, each) {
    const chosen = this.over === each;
    const shade = each.place < 0 ? theme.quiet : theme.categories[each.place % theme.categories.length];
    const alpha = chosen ? 1 : this.over ? 0.18 : each.place < 0 ? 0.28 : 0.9;
    Object.assign(context, { strokeStyle: css(shade, alpha), fillStyle: css(shade, alpha), lineWidth: chosen ? 3 : each.place < 0 ? 1.2 : 2 });
    each.ranks.forEach((rank, t) => {
      if (rank === null) return;
      const [x, y, next] = [this.x(t), this.y(rank), each.ranks[t + 1]];
      if (next !== null && next !== undefined) {
        const [x1, y1] = [this.x(t + 1), this.y(next)];
        context.beginPath();
        context.moveTo(x, y);
        context.bezierCurveTo((x + x1) / 2, y, (x + x1) / 2, y1, x1, y1);
        context.stroke();
      }
      context.beginPath();
      context.arc(x, y, chosen ? 3.5 : each.place < 0 ? 1.6 : 2.6, 0, 7);
      context.fill();
    });
  }

  /** The line under the pointer. */
  point(event) {
    let [over, least, at] = [null, 12, 0];
    if (event && this.ranks.length) {
      const box = this.stage.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const t = Math.max(0, Math.min(this.ranks.length - 1, Math.round(((px - SIDE.left) / (this.width - SIDE.left - SIDE.right)) * (this.ranks.length - 1))));
      for (const each of this.lines) {
        const away = each.ranks[t] === null ? Infinity : Math.abs(this.y(each.ranks[t]) - py);
        if (away < least) [over, least, at] = [each, away, t];
      }
    }
    if (over) {
      const since = over.ranks.findIndex((rank) => rank !== null);
      this.tip.textContent = `${visible(over.word)}, rank ${over.ranks[at] + 1} at step ${this.steps[at].toLocaleString("en")}\nfirst among the ${RANKS} nearest at step ${this.steps[since].toLocaleString("en")}`;
      const left = Math.max(2, Math.min(this.width - this.tip.offsetWidth - 2, this.x(at) - this.tip.offsetWidth / 2));
      this.tip.style.transform = `translate(${left}px, ${Math.max(2, this.y(over.ranks[at]) - this.tip.offsetHeight - 10)}px)`;
    }
    this.tip.classList.toggle("shown", Boolean(over));
    if (over !== this.over) this.redraw();
    this.over = over;
  }
}
