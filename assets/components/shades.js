// Placed before map.js: the colour of each point by a column of numbers or of categories, and the legend that says what the colours mean.

const STEPS = 64; // of a sequential scale
const TOLD_APART = 16; // categories told apart: eight colours, as discs and then as rings; the rest share a grey

/** What colours the points: `of(i)` is the colour of one, `legend` its entries. meta: {kind, label, names, log}; values: a number a point. */
function shading(theme, meta, values) {
  if (!values.length || !meta) return { of: () => theme.accent, legend: null, plain: true };
  return meta.kind === "categories" ? byCategory(theme, meta, values) : byNumber(theme, meta, values);
}

function byCategory(theme, meta, values) {
  const { categories } = theme;
  const own = (value) => (value < 0 ? theme.faint : value < TOLD_APART ? categories[value % categories.length] : theme.quiet);
  const ring = (value) => value >= categories.length && value < TOLD_APART;
  const entries = meta.names.slice(0, TOLD_APART).map((name, value) => ({ name, value, colour: own(value), ring: ring(value) }));
  if (meta.names.length > TOLD_APART) entries.push({ name: `${meta.names.length - TOLD_APART} others`, value: null, colour: own(TOLD_APART) });
  return { of: (i) => own(values[i]), ring: (i) => ring(values[i]), legend: { label: meta.label, entries } };
}

function byNumber(theme, meta, values) {
  const ramp = sequential(theme, STEPS);
  const size = (value) => (meta.log ? Math.log(Math.max(value, 1e-9)) : value);
  const [low, high] = meta.range ?? extremes(values, meta.log);
  const unit = (STEPS - 1e-6) / (size(high) - size(low) || 1);
  const of = (i) => {
    const value = values[i];
    return Number.isFinite(value) && (value > 0 || !meta.log) ? ramp[Math.max(0, Math.min(STEPS - 1, Math.floor((size(value) - size(low)) * unit)))] : theme.faint;
  };
  return { of, legend: { label: meta.label, ramp, low: short(low), high: short(high), log: meta.log } };
}

function extremes(values, positive) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

/** Fills `parent` with the legend; a category is a button that calls `choose(value)`. */
function drawLegend(parent, legend, choose) {
  parent.replaceChildren();
  if (!legend) return;
  if (legend.label) element("span", "", parent).textContent = legend.label;
  for (const { name, value, colour, ring } of legend.entries ?? []) {
    const entry = value === null ? element("span", "", parent) : element("button", "entry", parent, { type: "button", title: `Choose: ${name}` });
    element("span", ring ? "dot ring" : "dot", entry).style.color = css(colour);
    entry.append(plain(String(name)).slice(0, 40));
    if (value !== null) entry.addEventListener("click", () => choose(value));
  }
  if (!legend.ramp) return;
  element("span", "", parent).textContent = legend.low;
  element("span", "ramp", parent).style.background = `linear-gradient(90deg, ${legend.ramp.map((colour) => css(colour)).join(",")})`;
  element("span", "", parent).textContent = legend.high + (legend.log ? ", by magnitude" : "");
}
