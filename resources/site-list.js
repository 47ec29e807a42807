// A list of any length of which only what is in sight is there: rows of cells of one size, which the
// arrow keys move through and of which one takes the Tab key.
"use strict";

const DGN_CELL = { width: 120, height: 152 }; // as in site.css

class DgnList {
  // `link` makes the link of the cell at a place.
  constructor(count, link) {
    this.count = count;
    this.link = link;
    this.element = document.createElement("ul");
    this.element.className = "grid";
    this.cells = new Map();
    this.active = 0;
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusin", (event) => {
      const cell = event.target.closest("li");
      if (cell) this.activate(Number(cell.dataset.place));
    });
  }

  get columns() { return Math.max(1, Math.floor(this.element.clientWidth / DGN_CELL.width)); }

  draw() {
    const columns = this.columns;
    this.element.style.height = `${Math.ceil(this.count / columns) * DGN_CELL.height}px`;
    const top = -this.element.getBoundingClientRect().top;
    const first = Math.min(this.count, Math.max(0, Math.floor(top / DGN_CELL.height) - 2) * columns);
    const last = Math.min(this.count, (Math.ceil((top + innerHeight) / DGN_CELL.height) + 2) * columns);
    const focused = this.element.contains(document.activeElement) ? this.active : -1;
    for (const [place, cell] of this.cells) {
      if ((place < first || place >= last) && place !== focused) { cell.remove(); this.cells.delete(place); }
    }
    for (let place = first; place < last; place++) this.cell(place);
    for (const [place, cell] of this.cells) this.put(cell, place, columns);
    if (focused < 0 && first < last && !this.cells.has(this.active)) this.activate(first);
  }

  cell(place) {
    let cell = this.cells.get(place);
    if (cell) return cell;
    const link = this.link(place);
    link.tabIndex = place === this.active ? 0 : -1;
    cell = document.createElement("li");
    cell.append(link);
    cell.dataset.place = place;
    cell.setAttribute("aria-setsize", this.count);
    cell.setAttribute("aria-posinset", place + 1);
    this.cells.set(place, cell);
    // In the order of the list, for whoever hears it read. New cells mostly come last.
    let before = this.element.lastElementChild;
    while (before && Number(before.dataset.place) > place) before = before.previousElementSibling;
    if (before) before.after(cell); else this.element.prepend(cell);
    return cell;
  }

  put(cell, place, columns) {
    const left = (place % columns) * DGN_CELL.width, top = Math.floor(place / columns) * DGN_CELL.height;
    cell.style.transform = `translate(${left}px, ${top}px)`;
  }

  activate(place) {
    const before = this.cells.get(this.active);
    if (before) before.firstChild.tabIndex = -1;
    this.active = place;
    const cell = this.cells.get(place);
    if (cell) cell.firstChild.tabIndex = 0;
  }

  key(event) {
    const columns = this.columns;
    const page = columns * Math.max(1, Math.floor(innerHeight / DGN_CELL.height) - 1);
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
      PageDown: page, PageUp: -page, Home: -this.count, End: this.count };
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.focus(Math.min(this.count - 1, Math.max(0, this.active + moves[event.key])));
  }

  focus(place) {
    const cell = this.cell(place);
    this.put(cell, place, this.columns);
    this.activate(place);
    cell.firstChild.focus({ preventScroll: true });
    const box = cell.getBoundingClientRect(), head = document.querySelector("header").offsetHeight;
    if (box.top < head) scrollBy(0, box.top - head - 8);
    else if (box.bottom > innerHeight) scrollBy(0, box.bottom - innerHeight + 8);
    this.draw();
  }
}
