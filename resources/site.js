// The page of a site. Every text of the data becomes a text node: nothing of it is ever markup.
// Addresses: #/  #/layer/NETWORK/LAYER  #/unit/NETWORK/ADDRESS  #/search/WORDS
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const title = document.title;
  const MOST_IMAGES = 64; // of a record before "show all"
  let site = null;
  let units = []; // every unit in the order of the data: {number, network, layer, address, label, ...}
  let grid = null;
  const chunks = new Map(); // number -> promise of its units
  const arrived = new Map(); // number -> function that keeps it
  const scrolled = new Map(); // hash -> how far it was scrolled
  let shownHash = null;

  window.dgnExplorer = {
    index(data) { site = data; collect(); show(); },
    units(data) { arrived.get(data.number)?.(data.units); },
  };

  function collect() {
    for (const network of site.networks) {
      for (const layer of network.layers) {
        layer.network = network;
        layer.first = units.length;
        for (const [address, label, notes, images, picture] of layer.units) {
          const words = `${address} ${label} ${notes}`.toLowerCase();
          units.push({ number: units.length, network, layer, address, label, notes, images, picture, words });
        }
        layer.units = units.slice(layer.first);
      }
    }
  }

  // ---- making elements

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value; else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  const path = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");
  const layerPath = (layer) => path("layer", layer.network.id, layer.path);
  const unitPath = (unit) => path("unit", unit.network.id, unit.address);
  const nameOf = (unit) => unit.label || unit.address;
  const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

  function tile(unit) {
    const side = site.tile, perSheet = site.across * site.across;
    const place = unit.number % perSheet;
    const element = make("span", { className: "tile" });
    if (unit.picture) {
      element.style.backgroundImage = `url("sprites/${Math.floor(unit.number / perSheet)}.webp")`;
      element.style.backgroundPosition = `${-side * (place % site.across)}px ${-side * Math.floor(place / site.across)}px`;
    }
    element.setAttribute("aria-hidden", "true"); // the link around it says what it is
    return element;
  }

  function linkOf(unit) {
    const link = make("a", { href: unitPath(unit) }, tile(unit), make("span", { className: "label" }, nameOf(unit)),
      make("span", { className: "label quiet" }, unit.notes || (unit.label ? unit.address : "")));
    link.title = `${unit.address} ${unit.label}`;
    const notes = unit.notes ? `, ${unit.notes}` : "";
    link.setAttribute("aria-label", `${nameOf(unit)}, ${unit.address}${notes}, ${count(unit.images, "image", "images")}`);
    return link;
  }

  // ---- pages

  function show() {
    if (!site || location.hash === "#main") return;
    if (shownHash !== null) scrolled.set(shownHash, scrollY);
    const hash = location.hash || "#/";
    const typing = document.activeElement === byId("search");
    const [, kind = "", ...rest] = hash.split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
    grid = null;
    let view;
    if (kind === "") view = home();
    else if (kind === "layer") view = layerPage(rest);
    else if (kind === "unit") view = unitPage(rest);
    else if (kind === "search") view = searchPage(rest.join("/"));
    view ??= { name: "Not here", trail: [], body: [make("p", {}, "This site has no such page.")] };
    if (kind !== "search" && !typing) byId("search").value = "";
    document.title = kind === "" ? title : `${view.name} · ${title}`;
    byId("trail").replaceChildren(trail(view));
    byId("main").replaceChildren(make("h1", {}, kind === "" ? title : view.name), ...view.body);
    shownHash = hash;
    grid?.draw();
    if (!typing) {
      scrollTo(0, scrolled.get(hash) ?? 0);
      byId("main").focus({ preventScroll: true });
    }
    grid?.draw();
    byId("said").textContent = view.said ?? "";
  }

  function trail(view) {
    const list = make("ol");
    for (const [name, address] of [["All layers", "#/"], ...view.trail]) list.append(make("li", {}, make("a", { href: address }, name)));
    const here = make("li", {}, view.name);
    here.setAttribute("aria-current", "page");
    if (location.hash !== "" && location.hash !== "#/") list.append(here);
    return list;
  }

  function home() {
    const body = [];
    for (const network of site.networks) {
      const list = make("ul", { className: "layers" });
      for (const layer of network.layers) {
        const strip = make("span", { className: "strip" });
        strip.append(...layer.units.filter((unit) => unit.picture).slice(0, 4).map((unit) => tile(unit)));
        list.append(make("li", {}, make("a", { href: layerPath(layer) }, strip, make("strong", {}, layer.path), " ",
          make("span", {}, count(layer.units.length, "unit", "units")))));
      }
      body.push(make("h2", {}, network.name), list);
    }
    return { name: title, trail: [], body, said: count(units.length, "unit", "units") };
  }

  function listOf(list) {
    grid = new DgnList(list.length, (place) => linkOf(list[place]));
    return grid.element;
  }

  function layerPage([id, layerName]) {
    const layer = site.networks.find((network) => network.id === id)?.layers.find((one) => one.path === layerName);
    if (!layer) return null;
    const many = count(layer.units.length, "unit", "units");
    return { name: layer.path, trail: [], said: many,
      body: [make("p", { className: "quiet" }, `${many} of ${layer.network.name}. Arrow keys move, Enter opens.`), listOf(layer.units)] };
  }

  function searchPage(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = units.filter((unit) => words.every((word) => unit.words.includes(word)));
    if (document.activeElement !== byId("search")) byId("search").value = text;
    const many = count(found.length, "unit", "units");
    return { name: `Search: ${text}`, trail: [], said: `${many} found`,
      body: [make("p", { className: "quiet" }, `${many} found.`), listOf(found)] };
  }

  function unitPage([id, address]) {
    const unit = units.find((one) => one.network.id === id && one.address === address);
    if (!unit) return null;
    const place = unit.number - unit.layer.first;
    const before = unit.layer.units[place - 1], after = unit.layer.units[place + 1];
    const steps = make("p", { className: "steps" },
      before ? make("a", { href: unitPath(before), rel: "prev" }, `← ${nameOf(before)}`) : null,
      after ? make("a", { href: unitPath(after), rel: "next" }, `${nameOf(after)} →`) : null);
    const body = make("div", {}, make("p", {}, "Loading …"));
    const hash = location.hash;
    load(unit.number).then((detail) => {
      if (location.hash === hash) body.replaceChildren(...details(unit, detail));
    }, (problem) => body.replaceChildren(make("p", { role: "alert" }, problem.message)));
    const about = `${unit.address} of ${unit.network.name}${unit.notes ? ` · ${unit.notes}` : ""}`;
    return { name: nameOf(unit), trail: [[unit.layer.path, layerPath(unit.layer)]], said: about,
      body: [make("p", { className: "quiet" }, about), steps, body] };
  }

  function load(number) {
    const chunk = Math.floor(number / site.chunk);
    if (!chunks.has(chunk)) {
      chunks.set(chunk, new Promise((resolve, reject) => {
        arrived.set(chunk, resolve);
        const script = make("script", { src: `data/units-${chunk}.js` });
        script.addEventListener("error", () => {
          chunks.delete(chunk);
          reject(new Error(`data/units-${chunk}.js is missing from this site.`));
        });
        document.head.append(script);
      }));
    }
    return chunks.get(chunk).then((loaded) => loaded[number % site.chunk]);
  }

  function details(unit, detail) {
    const parts = [];
    let method = null;
    for (const one of detail.shown) {
      if (one.title !== method) parts.push(make("h2", {}, one.title));
      method = one.title;
      parts.push(record(unit, one));
    }
    for (const table of detail.tables) parts.push(make("h2", {}, table.title), tableOf(table));
    parts.push(make("h2", {}, "Open in dgn-explorer"), ...command(detail.open));
    return parts;
  }

  function record(unit, one) {
    const list = make("ul", { className: "images" });
    const figures = one.images.map((file, number) => () => make("li", {}, figure(unit, one, file, number)));
    list.append(...figures.slice(0, MOST_IMAGES).map((draw) => draw()));
    const section = make("div", {}, list);
    if (figures.length > MOST_IMAGES) {
      const all = make("button", { type: "button" }, `Show all ${figures.length}`);
      all.addEventListener("click", () => { list.append(...figures.slice(MOST_IMAGES).map((draw) => draw())); all.remove(); });
      section.append(all);
    }
    const facts = make("table", {}, make("caption", {}, "How it was made"));
    for (const [name, value] of one.facts) facts.append(make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)));
    section.append(make("details", {}, make("summary", {}, "Recipe and command"), facts, make("p", {}, "To make it again:"),
      ...command(one.make), make("p", {}, "Recipe:"), ...command(one.recipe)));
    return section;
  }

  function figure(unit, one, file, number) {
    const what = one.label || one.address;
    const many = one.images.length > 1 ? `, ${number + 1} of ${one.images.length}` : "";
    const image = make("img", { src: file, alt: `Synthesised image that ${what} wants to see (${one.title}${many})`,
      width: one.size[0], height: one.size[1], loading: "lazy", decoding: "async" });
    const words = [];
    if (number in one.values) words.push(`activation ${Number(one.values[number].toPrecision(3))}`);
    const best = one.classes[number]?.[0];
    if (best) words.push(`seen as ${best[0]}, ${(100 * best[1]).toFixed(0)} %`);
    return make("figure", {}, image, make("figcaption", {}, words.join(" · ")));
  }

  function tableOf(table) {
    const section = make("div");
    if (table.pictures.length) {
      const list = make("ul", { className: "images" });
      table.pictures.forEach((file, number) => list.append(make("li", {}, make("img",
        { src: file, alt: `Photograph ${number + 1} of ${table.pictures.length}: ${table.title}`, loading: "lazy" }))));
      section.append(list);
    }
    if (!table.names.length) return section;
    const head = make("tr", {}, ...table.names.map((name) => make("th", { scope: "col" }, name)));
    const rows = table.rows.map((row) => make("tr", {}, ...row.map((value) => make("td", {}, value))));
    section.append(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    return section;
  }

  function command(text) {
    const block = make("pre", {}, make("code", {}, text));
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); byId("said").textContent = "Copied."; button.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(block); byId("said").textContent = "Selected; copy it with the keyboard."; }
    });
    return [block, button];
  }

  // ---- events

  let waiting = false;
  function redraw() {
    if (waiting || !grid) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; grid?.draw(); });
  }
  history.scrollRestoration = "manual";
  addEventListener("hashchange", show);
  addEventListener("scroll", redraw, { passive: true });
  addEventListener("resize", redraw);
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
  let typed = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(typed);
    typed = setTimeout(() => {
      const text = event.target.value.trim();
      const address = text ? path("search", text) : "#/";
      // One step back leaves the search, however many letters it had.
      if (location.hash.startsWith("#/search/")) location.replace(address); else location.hash = address;
    }, 150);
  });
})();
