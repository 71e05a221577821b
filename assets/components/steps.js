// A text as it was written, token by token, with what else each token could have been. An alternative that is pressed is taken in its place.

const write = (tag, className, parent, text) => {
  const made = element(tag, className, parent);
  made.textContent = text;
  return made;
};

class Steps extends View {
  constructor(parent) {
    super(parent, "steps");
    this.root.tabIndex = 0;
    this.root.classList.add("focusable");
    this.root.setAttribute("role", "group");
    this.flow = element("div", "flow", this.root);
    this.side = element("div", "side", this.root, { "aria-live": "polite" });
    this.listen(this.flow, {
      pointerover: (event) => this.over(event),
      pointerleave: () => this.look(this.pinned),
      click: (event) => {
        const at = this.boxes.indexOf(event.target.closest?.(".token"));
        if (at < 0 || this.meta.tokens[at].given) return;
        this.pinned = this.pinned === at ? null : at;
        this.look(this.pinned);
      },
    });
    this.listen(this.root, { keydown: (event) => this.press(event) });
  }

  update(meta, trigger) {
    this.meta = meta;
    this.trigger = trigger;
    this.root.setAttribute("aria-label", meta.title);
    this.flow.replaceChildren();
    this.boxes = meta.tokens.map((token) => {
      const box = write("span", `token ${token.given ? "given" : ""} ${token.taken ? "taken" : ""}`, this.flow, visible(token.text));
      if (!token.given) {
        box.style.setProperty("--p", token.p);
        box.title = `${(100 * token.p).toFixed(1)} %`;
      }
      return box;
    });
    const first = meta.tokens.findIndex((token) => !token.given);
    this.pinned = meta.look ?? null;
    this.start = first < 0 ? null : first;
    this.look(this.pinned);
  }

  over(event) {
    const at = this.boxes.indexOf(event.target.closest?.(".token"));
    if (at >= 0 && !this.meta.tokens[at].given) this.look(at);
  }

  press(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.target.closest?.("button")) return;
    if (event.key === "Escape") this.pinned = null;
    else if (step && !event.altKey && !event.ctrlKey && !event.metaKey && this.start !== null) {
      let at = this.pinned === null ? this.start - (step > 0 ? 1 : 0) : this.pinned;
      do at += step;
      while (this.meta.tokens[at]?.given);
      if (this.meta.tokens[at]) this.pinned = at;
    } else return;
    event.preventDefault();
    this.look(this.pinned);
  }

  look(at) {
    const shown = at ?? this.start;
    this.boxes.forEach((box, i) => box.classList.toggle("looks", i === at));
    if (this.shown === shown && this.drawn === this.meta) return;
    [this.shown, this.drawn] = [shown, this.meta];
    this.side.replaceChildren();
    if (shown === null) return void write("div", "quiet", this.side, this.meta.empty);
    const token = this.meta.tokens[shown];
    write("div", "quiet title", this.side, this.meta.asked.replace("{}", visible(token.text)));
    const list = element("div", "list", this.side);
    for (const other of token.alternatives) {
      const row = element(this.meta.takes ? "button" : "div", `row ${other.id === token.id ? "this" : ""}`, list);
      write("span", "text", row, visible(other.text));
      const bar = element("span", "bar", row);
      element("span", "model", bar).style.width = `${100 * other.p}%`;
      if (other.q !== null) element("span", "drawn", bar).style.width = `${100 * other.q}%`;
      write("span", "number", row, `${(100 * other.p).toFixed(1)} %`);
      if (this.meta.takes && other.id !== token.id) row.addEventListener("click", () => this.trigger("take", { at: token.at, id: other.id }));
    }
    write("div", "quiet note", this.side, this.meta.note);
  }

  draw() {}
}

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => new Steps(parentElement), (view) => view.update(data.meta, setTriggerValue));
}
