// Placed before map.js and store.js: where a map's points lie between the message that brings them and the views that draw them.

const SHELF_NEWS = "orrery-points";
const shelf = (globalThis.orreryShelf ??= new Map());

/** Points {version, columns} by the name they were sent under; undefined until those of that version are there. */
const shelved = (name, version) => (shelf.get(name)?.version === version ? shelf.get(name) : undefined);

function put(name, points) {
  shelf.set(name, points);
  window.dispatchEvent(new CustomEvent(SHELF_NEWS, { detail: name }));
}
