// Takes a map's points and puts them on the shelf: they are sent apart, so that a click, which changes little, sends little.

export default function ({ data, parentElement }) {
  const { meta, ...columns } = data;
  const points = { version: meta.version, columns };
  put(meta.name, points);
  return () => {
    if (shelf.get(meta.name) === points && !parentElement.isConnected) shelf.delete(meta.name);
  };
}
