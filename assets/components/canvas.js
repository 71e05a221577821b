// Placed before each view: what they share. One instance per mounted component; the theme's colours as canvas colours; text that is safe to look at.

const instances = new WeakMap();

/** Feed the view that lives in `parent`, made by `make` on the first call. Returns what Streamlit calls when the view goes.
 *  Streamlit may run the cleanup of an outdated call while a newer one is at work, so only the latest call may close. */
function feed(parent, make, feedIt) {
  let view = instances.get(parent);
  if (!view) instances.set(parent, (view = make()));
  const turn = (view.turn = (view.turn ?? 0) + 1);
  feedIt(view);
  return () => {
    if (view.turn !== turn || instances.get(parent) !== view) return;
    instances.delete(parent);
    view.close();
  };
}

function element(tag, className, parent, attributes = {}) {
  const made = document.createElement(tag);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent?.append(made);
  return made;
}

/** The typed array of a column, empty when it was not sent; in a page without Streamlit it comes as it is. */
const column = (table) => table?.getChildAt?.(0)?.toArray() ?? table ?? [];

/** A root element that draws itself once a frame at most, and again when its size or the screen's resolution changes. */
class View {
  constructor(parent, className) {
    this.root = element("div", `orrery ${className}`, parent);
    this.root.view = this; // a handle for tests and the console
    this.frame = 0;
    this.off = new AbortController(); // takes every listener away at once
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.root);
    window.addEventListener("resize", () => this.redraw(), { signal: this.off.signal });
  }

  redraw() {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      if (!this.root.clientWidth) return;
      const start = performance.now();
      this.draw(now);
      this.paintMs = performance.now() - start;
      this.paints = (this.paints ?? 0) + 1;
    });
  }

  listen(target, events) {
    for (const [name, act] of Object.entries(events)) target.addEventListener(name, act, { signal: this.off.signal, passive: false });
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.off.abort();
    this.root.remove();
  }
}

/** Give a canvas its size in CSS pixels at the screen's resolution, and return its context, cleared. */
function surface(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) {
    [canvas.width, canvas.height] = [w, h];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// ------------------------------------------------------------------ colours, as [r, g, b]

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function rgb(css) {
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = css;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
const mix = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));
const css = (colour, alpha = 1) => `rgba(${colour[0]},${colour[1]},${colour[2]},${alpha})`;

function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.04 ? v / 3295 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

// Okabe and Ito's colours, told apart by colour-blind eyes, for a theme that names none; the accent goes before them.
const OKABE_ITO = ["#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f"];
// Categories of points: of any two, colour-blind eyes see a difference of 14 at least (CIEDE2000); tests/test_colours.py measures it.
const CATEGORIES = {
  light: ["#2a6f97", "#caac3a", "#a93857", "#4aa98a", "#292875", "#a4afd0", "#5a2418", "#927715"],
  dark: ["#6fb3d9", "#e8cf63", "#df8464", "#9af4c8", "#7a7ce8", "#ab819b", "#286d9d", "#ac604c"],
};
// Viridis at nine places: even in lightness, safe for colour-blind eyes.
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

const themes = new Map();

/** The theme in force at `root`, read from Streamlit's variables; the same object until they change. */
function themeOf(root) {
  const style = getComputedStyle(root);
  const names = ["background-color", "text-color", "primary-color", "chart-categorical-colors"];
  const id = [...names.map((name) => style.getPropertyValue(`--st-${name}`)), style.fontFamily].join("|");
  if (!themes.has(id)) themes.set(id, themeFrom(style));
  return themes.get(id);
}

function themeFrom(style) {
  const read = (name, fallback) => rgb(style.getPropertyValue(`--st-${name}`).trim() || fallback);
  const [ground, ink, chosen] = [read("background-color", "#fff"), read("text-color", "#222"), read("primary-color", "#2f6f8f")];
  const legible = (colour, least) => {
    let shown = colour;
    for (let i = 1; i <= 10 && contrast(shown, ground) < least; i++) shown = mix(colour, ink, i / 12);
    return shown;
  };
  const accent = legible(chosen, 3.6);
  const named = style.getPropertyValue("--st-chart-categorical-colors").split(/,(?![^(]*\))/).map((one) => one.trim()).filter(Boolean);
  const others = named.length > 5 ? named.slice(1) : OKABE_ITO;
  return {
    ground, ink, accent,
    dark: luminance(ground) < 0.3,
    quiet: mix(ground, ink, 0.62), // text that steps back
    faint: mix(ground, ink, 0.3),
    line: mix(ground, ink, 0.13), // grid lines
    categories: CATEGORIES[luminance(ground) < 0.3 ? "dark" : "light"].map(rgb),
    palette: [accent, ...others.map((colour) => legible(rgb(colour), 2.9))],
    font: style.fontFamily || "sans-serif",
  };
}

/** `n` colours along viridis, without the end that drowns in the background. */
function sequential(theme, n) {
  const stops = VIRIDIS.map(rgb);
  const [from, to] = theme.dark ? [0.22, 1] : [0, 0.86];
  return Array.from({ length: n }, (_, i) => {
    const place = (from + ((to - from) * i) / Math.max(1, n - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return mix(stops[low], stops[low + 1], place - low);
  });
}

// ------------------------------------------------------------------ text and numbers

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g; // would be unseen, or turn the text around
const NAMED = { "\n": "⏎", "\t": "⇥", "\r": "␍" };

/** A text without what would be unseen. */
const plain = (text) => text.replace(CONTROL, (c) => NAMED[c] ?? "\ufffd");
/** A token with its blanks made visible. */
const visible = (token) => (token === "" ? "∅" : plain(token.replace(/[ \u00a0]/g, "␣")));

/** A measuring of text in one font, remembered; `fit` cuts at whole characters. */
class Ruler {
  constructor(font) {
    this.font = font;
    this.known = new Map();
  }
  width(text) {
    let width = this.known.get(text);
    if (width === undefined) {
      probe.font = this.font;
      this.known.set(text, (width = probe.measureText(text).width));
      if (this.known.size > 50000) this.known.clear();
    }
    return width;
  }
  fit(text, most) {
    if (text.length < 200 && this.width(text) <= most) return text;
    const letters = Array.from(text.slice(0, 200));
    while (letters.length > 1 && this.width(letters.join("") + "…") > most) letters.pop();
    return letters.join("") + "…";
  }
}

const trim = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** A number for an axis or a legend: four digits at most. */
function short(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "–";
  if (size >= 1e9) return trim((value / 1e9).toPrecision(3)) + "G";
  if (size >= 1e6) return trim((value / 1e6).toPrecision(3)) + "M";
  if (size >= 1e5) return trim((value / 1e3).toPrecision(3)) + "k";
  if (size >= 1e3) return Math.round(value).toLocaleString("en");
  if (size === 0) return "0";
  return size < 1e-3 ? value.toExponential(1) : trim(value.toPrecision(4));
}
