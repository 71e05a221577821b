// The map as a view of its own: it draws when both its points and what the page says of them are there.

export default function ({ data, parentElement, setTriggerValue }) {
  return feed(parentElement, () => {
    const view = new WordMap(parentElement);
    window.addEventListener(SHELF_NEWS, ({ detail }) => detail === view.meta.points && view.update(view.meta), { signal: view.off.signal });
    return view;
  }, (view) => {
    view.send = setTriggerValue;
    view.update(data.meta);
  });
}
