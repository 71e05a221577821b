// Fetches the exact weights of a head for an attention view that has only bytes: it has no picture, and the view's large message need not go again.

const desks = (globalThis.orreryDesks ??= new Map());

export default function ({ data, setStateValue }) {
  const { view, of } = data.meta;
  if (!desks.has(view)) desks.set(view, {});
  const desk = desks.get(view);
  desk.ask = (head) => setStateValue("ask", { of: head });
  if (of.length) desk.tell?.(of, column(data.floats));
}
