// The day as curves: sites that failed, sessions, and a small one for each site.
//
// uPlot draws on a canvas that no screen reader can see: what matters of it is also given in words.
"use strict";
(() => {
  if (!window.uPlot) return;
  const drawn = new WeakMap();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (seconds) => new Intl.DateTimeFormat("fr", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" }).format(seconds * 1000).replace(":", " h ");
  const steps = uPlot.paths.stepped({ align: 1 });
  const paris = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Europe/Paris");

  // Every moment of the day has a value or a hole: a line is never drawn over what was not sampled.
  function filled(told, series, names) {
    const first = Math.ceil(told.from / told.every) * told.every;
    const at = [];
    for (let moment = first; moment <= told.until; moment += told.every) at.push(moment);
    const index = new Map((series?.at || []).map((moment, position) => [moment, position]));
    const column = (name) => at.map((moment) => (index.has(moment) ? series[name][index.get(moment)] : null));
    return [at, ...names.map(column)];
  }

  const sum = (one, other) => one.map((value, at) => (value === null ? null : value + other[at]));

  function base(told, height, isWall) {
    const font = `${isWall ? 24 : 12}px system-ui, "DejaVu Sans", sans-serif`;
    const axis = { stroke: colour("--soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    return {
      height, tzDate: paris, legend: { show: false }, cursor: { show: false }, padding: [6, isWall ? 24 : 10, 0, 0],
      scales: { x: { time: true, min: told.from, max: told.until }, y: { range: (_, __, most) => [0, Math.max(1, Math.ceil((most || 0) * 1.1))] } },
      axes: [
        { ...axis, space: isWall ? 84 : 60, size: isWall ? 40 : 24, values: (_, splits) => splits.map((at) => clock(at).slice(0, 4)) },
        { ...axis, size: isWall ? 64 : 34, space: isWall ? 44 : 24, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], values: (_, splits) => splits.map((value) => value || "") },
      ],
    };
  }

  function put(element, options, data) {
    const before = drawn.get(element);
    if (before) before.destroy();
    const width = Math.floor(element.getBoundingClientRect().width);
    if (width) drawn.set(element, new uPlot({ ...options, width }, data, element));
  }

  function figure(element, name, words) {
    const known = element.querySelector(`[data-figure=${name}]`);
    if (known) return known.lastElementChild;
    const made = document.createElement("figure"), caption = document.createElement("figcaption"), box = document.createElement("div");
    made.dataset.figure = name;
    caption.textContent = words;
    made.append(caption, box);
    element.append(made);
    return box;
  }

  function day(element, told, isWall) {
    const series = told.days[""];
    const [at, down, degraded, sessions] = filled(told, series, ["down", "degraded", "sessions"]);
    const height = isWall ? 170 : 88;
    const bad = { stroke: colour("--bad"), fill: colour("--bad"), width: 1, paths: steps, points: { show: false } };
    const warn = { stroke: colour("--warn"), fill: colour("--warn-tint"), width: 1, paths: steps, points: { show: false } };
    const online = { stroke: colour("--accent"), fill: colour("--tint"), width: 2, points: { show: false } };
    put(figure(element, "failing", isWall ? "En panne et dégradés" : "Lieux en panne et dégradés"), { ...base(told, height, isWall), series: [{}, warn, bad] }, [at, sum(down, degraded), down]);
    put(figure(element, "sessions", "Sessions ouvertes"), { ...base(told, height, isWall), series: [{}, online] }, [at, sessions]);
    return inWords(at, down, sessions);
  }

  function inWords(at, down, sessions) {
    const highest = (column) => column.reduce((best, value, position) => (value !== null && (best < 0 || value > column[best]) ? position : best), -1);
    const worst = highest(down), busiest = highest(sessions);
    if (worst < 0) return "Aucun relevé encore sur les 24 dernières heures.";
    const broken = down[worst] ? `Au plus fort, ${down[worst]} ${down[worst] < 2 ? "lieu" : "lieux"} en panne à ${clock(at[worst])}.` : "Aucun lieu en panne dans les relevés des 24 dernières heures.";
    return sessions[busiest] ? `${broken} Jusqu'à ${sessions[busiest].toLocaleString("fr")} ${sessions[busiest] < 2 ? "session" : "sessions"}, à ${clock(at[busiest])}.` : broken;
  }

  function spark(element, told, code) {
    const [at, sessions, down] = filled(told, told.days[code], ["sessions", "down"]);
    if (sessions.every((value) => value === null)) return;
    const most = Math.max(1, ...sessions);
    const options = {
      height: Math.floor(element.getBoundingClientRect().height) || 32, legend: { show: false }, cursor: { show: false }, padding: [2, 0, 2, 0],
      scales: { x: { time: true, min: told.from, max: told.until }, y: { range: [0, most] } }, axes: [{ show: false }, { show: false }],
      series: [
        {},
        { fill: colour("--bad-tint"), stroke: colour("--bad"), width: 1, paths: steps, points: { show: false } },
        { stroke: colour("--accent"), width: 1.5, points: { show: false } },
      ],
    };
    put(element, options, [at, down.map((value) => (value ? most : null)), sessions]);
  }

  window.socleCurves = { day, spark };
})();
