// A beam search as a tree: each column a step, each branch a token; what was kept is joined on, what was dropped ends there.

const COLUMN = 96; // px between two steps
const ROW = 24; // px between two branches
const NAME = 84; // px, the longest token

class Beam extends View {
  constructor(parent) {
    super(parent, "beam");
    this.scroll = element("div", "scroll", this.root, { tabindex: "0", role: "img" });
    this.canvas = element("canvas", "", this.scroll);
    this.tip = element("div", "tip", this.root);
    this.listen(this.canvas, { pointermove: (event) => this.point(event), pointerleave: () => this.look(null) });
  }

  update(meta) {
    this.meta = meta;
    this.seen = null;
    this.scroll.setAttribute("aria-label", meta.said);
    this.place();
    this.redraw();
  }

  /** A row for each leaf; a branch stands in the middle of what grows from it. */
  place() {
    const { nodes } = this.meta; // parents stand before their children
    const children = nodes.map(() => []);
    nodes.forEach((node, i) => node.parent >= 0 && children[node.parent].push(i));
    let row = 0;
    const put = (i) => {
      const own = children[i].sort((a, b) => nodes[b].best - nodes[a].best || nodes[b].kept - nodes[a].kept || nodes[b].p - nodes[a].p);
      own.forEach(put);
      nodes[i].y = own.length ? (nodes[own[0]].y + nodes[own.at(-1)].y) / 2 : row++;
    };
    nodes.forEach((node, i) => node.parent < 0 && put(i));
    this.rows = row;
    this.steps = 1 + Math.max(0, ...nodes.map((node) => node.step));
  }

  point(event) {
    const { nodes } = this.meta;
    const [x, y] = [event.offsetX, event.offsetY];
    const near = nodes.findIndex((node) => Math.abs(node.y * ROW + ROW / 2 - y) < ROW / 2 && x >= node.step * COLUMN && x < (node.step + 1) * COLUMN);
    this.look(near < 0 ? null : near, event);
  }

  look(seen, event) {
    if (seen !== this.seen) {
      this.seen = seen;
      this.redraw();
    }
    const node = this.meta.nodes[seen];
    this.tip.classList.toggle("shown", !!node && node.parent >= 0);
    if (!node || node.parent < 0) return;
    this.tip.textContent = `“${visible(node.text)}” ${(100 * node.p).toFixed(1)} %, so far ${node.total.toFixed(2)} nats${node.kept ? "" : ", dropped"}`;
    const box = this.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 12, box.width - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - box.top + 14}px)`;
  }

  draw() {
    const theme = themeOf(this.root);
    const context = surface(this.canvas, this.steps * COLUMN + 8, this.rows * ROW + 4);
    const ruler = new Ruler(`13px ${theme.font}`);
    const { nodes } = this.meta;
    const lit = new Set();
    for (let i = this.seen ?? -1; i >= 0; i = nodes[i].parent) lit.add(i);
    const y = (node) => node.y * ROW + ROW / 2;
    const colour = (node, i) => (lit.has(i) ? theme.palette[1] : node.best ? theme.accent : node.kept ? theme.quiet : theme.faint);
    context.textBaseline = "middle";
    nodes.forEach((node, i) => {
      const parent = nodes[node.parent];
      if (!parent) return;
      const from = parent.step * COLUMN + 4 + ruler.width(ruler.fit(visible(parent.text), NAME)) + 4;
      const to = node.step * COLUMN;
      context.strokeStyle = css(colour(node, i), node.kept || lit.has(i) ? 0.9 : 0.5);
      context.lineWidth = lit.has(i) || node.best ? 2 : 0.8 + 2 * node.p * (node.kept ? 1 : 0);
      context.setLineDash(node.kept ? [] : [2, 3]);
      context.beginPath();
      context.moveTo(from, y(parent));
      context.bezierCurveTo((from + to) / 2, y(parent), (from + to) / 2, y(node), to, y(node));
      context.stroke();
    });
    context.setLineDash([]);
    nodes.forEach((node, i) => {
      context.font = `${node.best ? "600 " : ""}13px ${theme.font}`;
      context.fillStyle = css(node.best || lit.has(i) ? colour(node, i) : node.kept ? theme.ink : theme.quiet);
      context.fillText(ruler.fit(visible(node.text), NAME), node.step * COLUMN + 4, y(node));
    });
  }
}

export default function ({ data, parentElement }) {
  return feed(parentElement, () => new Beam(parentElement), (view) => view.update(data.meta));
}
