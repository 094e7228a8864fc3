// The places on a map: a shape and a colour for each state, names where something fails.
//
// Leaflet draws; tiles come only from the server that the settings name. What works is drawn on one
// canvas; what fails stands above it, can be reached by the keyboard, and bears its name as far as
// names leave each other room, the worst first.
"use strict";
(() => {
  if (!window.L) return;
  const FAILING = new Set(["down", "degraded"]);

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  window.socleMap = (element, { tiles, credit }, isWall) => {
    element.hidden = false;
    const still = isWall || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(element, {
      attributionControl: Boolean(tiles), zoomControl: false, keyboard: !isWall, dragging: !isWall,
      scrollWheelZoom: false, doubleClickZoom: !isWall, boxZoom: !isWall, touchZoom: !isWall,
      zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
      zoomSnap: 0.25, maxZoom: 17,
    }).setView([47, 2.5], 5);
    if (!isWall) L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
    if (tiles) {
      map.attributionControl.setPrefix(false);
      L.tileLayer(tiles, { attribution: text(credit) }).addTo(map);
    }
    const markers = new Map(), canvas = L.canvas({ padding: 0.2 });
    const beside = isWall ? 18 : 10;
    let extent = "", isMoved = false;
    map.on("dragstart", () => { isMoved = true; });

    function text(words) {
      const shown = document.createElement("span");
      shown.textContent = words;
      return shown.innerHTML;
    }

    function tip(place) {
      const shown = document.createElement("span");
      shown.textContent = FAILING.has(place.state) ? place.name : `${place.name} : ${place.word}`;
      return shown;
    }

    function put(place) {
      const isFailing = FAILING.has(place.state);
      const marker = isFailing ? shape(place) : dot(place);
      marker.bindTooltip(tip(place), {
        permanent: isFailing, direction: "right", offset: [beside, 0], className: `tip ${place.state}`, opacity: 1,
      });
      const go = () => document.querySelector(`.place[data-code="${CSS.escape(place.code)}"] a`)?.click();
      if (!isWall) marker.on("click", go).on("keypress", (event) => event.originalEvent.key === "Enter" && go());
      return marker.addTo(map);
    }

    function shape(place) {
      const size = isWall ? 40 : 24;
      return L.marker(place.at, {
        keyboard: !isWall, interactive: !isWall, zIndexOffset: place.rank * 1000,
        icon: L.divIcon({ className: `spot ${place.state}`, html: "<i></i>", iconSize: [size, size] }),
      });
    }

    // A full disc where all is well; a ring where nothing is known, or nothing is due.
    function dot(place) {
      const isWell = place.state === "up";
      const color = colour(isWell ? "--good" : "--soft");
      return L.circleMarker(place.at, {
        renderer: canvas, interactive: !isWall, radius: isWall ? 11 : 6, weight: isWall ? 4 : 2, color,
        fillColor: isWell ? color : colour("--paper"), fillOpacity: 1,
      });
    }

    function frame(found) {
      const bounds = L.latLngBounds(found.map((place) => place.at));
      const wanted = bounds.toBBoxString();
      if (wanted === extent || isMoved) return;
      extent = wanted;
      const edge = isWall ? 32 : 20;
      map.fitBounds(bounds, { paddingTopLeft: [edge, edge], paddingBottomRight: [edge * 9, edge], maxZoom: 14, animate: false });
    }

    // Names, and places to press, that would cover one another stand aside: the worst comes first.
    function part() {
      const taken = [...element.querySelectorAll(".leaflet-bar")].map((bar) => bar.getBoundingClientRect());
      const worst = [...markers.values()].filter(({ place }) => FAILING.has(place.state));
      worst.sort((a, b) => b.place.rank - a.place.rank);
      for (const { marker, place } of worst) reach(marker.getElement(), place, taken);
      for (const { marker } of worst) name(marker.getTooltip(), taken);
    }

    // A name stands to the right of its place, or to the left where the map ends.
    function name(tooltip, taken) {
      const { left, right } = element.getBoundingClientRect(), shown = tooltip.getElement();
      turn(tooltip, "right", 1);
      if (shown.getBoundingClientRect().right > right) turn(tooltip, "left", -1);
      const isInside = shown.getBoundingClientRect().left >= left;
      shown.classList.toggle("aside", !isInside || !room(shown, taken));
    }

    function turn(tooltip, direction, sign) {
      if (tooltip.options.direction === direction) return;
      Object.assign(tooltip.options, { direction, offset: [sign * beside, 0] });
      tooltip.update();
    }

    function reach(shape, place, taken) {
      const isReached = room(shape, taken) && !isWall;
      const said = { role: "link", tabindex: "0", "aria-label": `${place.name} : ${place.word}` };
      for (const [attribute, value] of Object.entries(said)) {
        if (isReached) shape.setAttribute(attribute, value);
        else shape.removeAttribute(attribute);
      }
      shape.removeAttribute("aria-describedby");
      shape.toggleAttribute("inert", !isReached);
      shape.classList.toggle("aside", !isReached);
    }

    // Whether an element leaves all those before it room; if so, it is one of them.
    function room(element, taken) {
      const box = element.getBoundingClientRect();
      const isFree = !taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
      if (isFree) taken.push(box);
      return isFree;
    }

    function show(places) {
      const found = places.filter((place) => place.at);
      const wanted = new Map(found.map((place) => [place.code, place]));
      for (const [code, { marker, told }] of markers) {
        if (wanted.has(code) && told === key(wanted.get(code))) continue;
        marker.remove();
        markers.delete(code);
      }
      for (const place of found) {
        if (!markers.has(place.code)) markers.set(place.code, { place, told: key(place), marker: put(place) });
      }
      if (found.length) frame(found);
      part();
    }

    function refit() {
      map.invalidateSize({ animate: false });
      extent = "";
      show([...markers.values()].map(({ place }) => place));
    }

    const key = (place) => JSON.stringify([place.at, place.state, place.name]);
    map.on("zoomend moveend", part);
    new ResizeObserver(refit).observe(element);
    return { show };
  };
})();
