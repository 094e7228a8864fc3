// The live page and the screen on a wall: a stream of events keeps what the server wrote.
//
//   picture (all) | news (some) | beat (when the database was last read) | end (nobody may look)
//       -> places, by code -> list, counts, map, curves, one quiet sentence for who cannot see
//
// The page's own templates are cloned: nothing here knows how a place is drawn.
"use strict";
(() => {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const STALE = 45e3, SAY_EVERY = 10e3, LINES = 12, DAY_EVERY = 3e5;
  const STATES = ["down", "degraded", "unknown", "asleep", "up"];
  const isWall = root.dataset.live === "wall";
  const one = (selector, from = root) => from.querySelector(selector);
  const all = (selector, from = root) => [...from.querySelectorAll(selector)];
  const hour = new Intl.DateTimeFormat("fr", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris" });
  const clock = (at) => hour.format(new Date(at)).replace(":", " h ");
  const count = (number) => number.toLocaleString("fr");
  const MOST = Number(root.dataset.most) || Infinity; // of a state that needs nobody
  const CALM = new Set(["up", "asleep"]);
  const places = new Map();
  const rows = new Map(); // of the places that the lists show
  const news = new Set(); // places whose state is another since the last event
  let source = null, readAt = null, ahead = 0, unwatched = null, isPaused = false, isOver = false;

  const now = () => Date.now() + ahead; // by the server's clock: this machine's may be wrong

  function lasting(since) {
    const minutes = Math.max(0, (now() - new Date(since)) / 6e4);
    if (minutes < 60) return `${Math.floor(minutes)} min`;
    return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} jours`;
  }

  function write(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  function clone(name) {
    return one(`template[data-template=${name}]`).content.firstElementChild.cloneNode(true);
  }

  function mark(row, state, word) {
    one("[data-mark]", row).className = `state ${state}`;
    write(one("[data-word]", row), word);
  }

  // --- One place, and where it stands in the lists -------------------------------------------

  function draw(place) {
    const row = rows.get(place.code) || watch(clone("place"), place.code);
    const link = one("[data-name] a", row);
    row.className = `place ${place.state}${news.has(place.code) ? " fresh-news" : ""}`;
    if (link) link.href = link.href.replace(/lieux(\/.*)?$/, `lieux/${place.code}`);
    write(link || one("[data-name]", row), place.name);
    write(one("[data-commune]", row), place.commune);
    write(one("[data-words]", row), place.words);
    write(one("[data-cause]", row), place.cause);
    write(one("[data-since]", row), place.since ? `depuis ${lasting(place.since)}` : "");
    write(one("[data-sessions]", row), count(place.sessions));
    write(one("[data-unit]", row), place.sessions < 2 ? "session" : "sessions");
    one("[data-planned]", row).hidden = !place.planned;
    mark(row, place.state, place.word);
    rows.set(place.code, row);
    return row;
  }

  const newest = (a, b) => (CALM.has(a.state) || !a.since || !b.since ? 0 : new Date(b.since) - new Date(a.since));
  const worstFirst = (a, b) => a.planned - b.planned || b.rank - a.rank || newest(a, b) || a.name.localeCompare(b.name, "fr");

  function arrange() {
    const byState = Object.fromEntries(STATES.map((state) => [state, []]));
    [...places.values()].sort(worstFirst).forEach((place) => byState[place.state].push(place));
    for (const state of STATES) {
      const group = one(`[data-group=${state}]`), found = byState[state];
      all(`[data-count=${state}]`).forEach((each) => {
        write(one("b", each), count(found.length));
        each.toggleAttribute("data-none", !found.length);
      });
      if (!group) continue;
      group.hidden = !found.length;
      const most = CALM.has(state) ? MOST : Infinity, rest = one("[data-rest]", group);
      settle(one("[data-places]", group), found.slice(0, most).map(draw));
      if (!rest) continue;
      rest.hidden = found.length <= most;
      write(one("span", rest), count(found.length - most));
    }
    for (const [code, row] of rows) if (!row.isConnected) rows.delete(code);
    const sessions = [...places.values()].reduce((sum, place) => sum + place.sessions, 0);
    write(one("[data-total]"), count(sessions));
    const empty = one("[data-empty]");
    if (empty) empty.hidden = places.size > 0;
    if (isWall) headline(byState);
  }

  // Rows are moved only where the order changed: focus and reading place stay.
  function settle(list, wanted) {
    wanted.forEach((row, at) => {
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
    });
    while (list.children.length > wanted.length) list.lastElementChild.remove();
  }

  function headline(byState) {
    const broken = byState.down.filter((place) => !place.planned).length;
    const bad = byState.degraded.filter((place) => !place.planned).length;
    const title = one("[data-headline]");
    const many = unwatched ? 0 : broken || bad;
    title.className = `headline ${unwatched ? "unknown" : broken ? "down" : bad ? "degraded" : "up"}`;
    write(one("b", title), many ? count(many) : "");
    const words = broken ? ["lieu en panne", "lieux en panne"] : ["lieu dégradé", "lieux dégradés"];
    const none = unwatched ? "Plus rien n'est surveillé" : "Rien en panne";
    write(one("[data-said-big]", title), many ? words[+(many > 1)] : none);
    fit();
  }

  // A wall never scrolls: it leaves causes out where they take others' room, shows whole rows, says
  // how many more fail, and fills what is left with what changed last.
  function fit() {
    const column = one("[data-column]"), floor = column.getBoundingClientRect().bottom;
    const below = (row, room) => row.getBoundingClientRect().bottom > floor - room;
    const failing = all(".place"), recent = one("[data-recent]"), more = one("[data-more]");
    [...failing, recent, ...all("[data-lines] li")].forEach((each) => { each.hidden = false; });
    column.classList.remove("dense");
    column.classList.toggle("dense", failing.some((row) => below(row, 0)));
    const room = failing.some((row) => below(row, 0)) ? 2.5 * parseFloat(getComputedStyle(document.documentElement).fontSize) : 0;
    const beyond = failing.filter((row) => below(row, room));
    beyond.forEach((row) => { row.hidden = true; });
    more.hidden = !beyond.length;
    write(more, `et ${count(beyond.length)} de plus`);
    all("[data-lines] li").filter((row) => below(row, 0)).forEach((row) => { row.hidden = true; });
    recent.hidden = beyond.length > 0 || !all("[data-lines] li:not([hidden])").length;
  }

  // --- The day's changes ---------------------------------------------------------------------

  function tell(lines) {
    const list = one("[data-lines]");
    if (!list) return;
    const known = new Set([...list.children].map((row) => row.dataset.number));
    for (const line of [...lines].reverse()) {
      if (known.has(String(line.number))) continue;
      const row = clone("line"), time = one("[data-at]", row);
      row.dataset.number = line.number;
      time.dateTime = line.at;
      write(time, clock(line.at));
      mark(row, line.state, line.word);
      write(one("[data-name]", row), line.name);
      write(one("[data-equipment]", row), line.equipment ? `, ${line.equipment}` : "");
      list.prepend(row);
    }
    while (list.children.length > LINES) list.lastElementChild.remove();
    const none = one("[data-no-lines]");
    if (none) none.hidden = list.children.length > 0;
  }

  // --- What is said aloud: politely, and seldom ------------------------------------------------

  const unsaid = new Map();
  let saidAt = 0, saying = 0;

  function say(place) {
    unsaid.set(place.code, `${place.name} : ${place.word}.`);
    if (!saying) saying = setTimeout(speak, Math.max(1e3, saidAt + SAY_EVERY - Date.now()));
  }

  function speak() {
    const sentences = [...unsaid.values()];
    const text = sentences.length > 4 ? `${sentences.length} lieux ont changé d'état.` : sentences.join(" ");
    unsaid.clear();
    saying = 0;
    saidAt = Date.now();
    write(one("[data-said]"), text);
  }

  // --- Map and curves, where they are installed ------------------------------------------------

  const ground = one("[data-map]"), chart = one("[data-curves]");
  const map = ground && window.socleMap ? window.socleMap(ground, root.dataset, isWall) : null;
  const curves = window.socleCurves || null;
  const due = new Set();
  let drawing = 0;

  async function ask(codes) {
    const address = new URL(root.dataset.day, location.href);
    codes.forEach((code) => address.searchParams.append("lieu", code));
    const answer = await fetch(address, { redirect: "error" });
    return answer.ok ? answer.json() : null;
  }

  async function drawDay() {
    if (!curves || !chart) return;
    const told = await ask([]).catch(() => null);
    if (!told) return;
    chart.hidden = false;
    write(one("[data-day-words]"), curves.day(chart, told, isWall));
  }

  async function drawSparks() {
    drawing = 0;
    const codes = [...due].slice(0, 60);
    codes.forEach((code) => due.delete(code));
    const told = codes.length && await ask(codes).catch(() => null);
    if (told) codes.forEach((code) => rows.has(code) && curves.spark(one("[data-spark]", rows.get(code)), told, code));
    if (due.size) drawing = setTimeout(drawSparks, 300);
  }

  const seen = curves && new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach((entry) => due.add(entry.target.dataset.code));
    if (due.size && !drawing) drawing = setTimeout(drawSparks, 300);
  });

  function watch(row, code) {
    row.dataset.code = code;
    if (seen) { seen.unobserve(row); seen.observe(row); }
    return row;
  }

  function redraw() {
    drawDay();
    rows.forEach(watch);
  }

  // --- Events ----------------------------------------------------------------------------------

  function take(told) {
    for (const place of told.places || []) {
      const before = places.get(place.code);
      places.set(place.code, place);
      if (!before || before.state === place.state) continue;
      news.add(place.code);
      say(place);
    }
    for (const code of told.gone || []) places.delete(code);
    tell(told.lines || []);
  }

  function hear(event) {
    const told = JSON.parse(event.data);
    readAt = told.read_at;
    ahead = new Date(told.now) - Date.now();
    if (event.type === "picture") {
      const there = new Set(told.places.map((place) => place.code));
      [...places.keys()].filter((code) => !there.has(code)).forEach((code) => places.delete(code));
    }
    const wasUnwatched = Boolean(unwatched);
    unwatched = told.unwatched_since;
    if (event.type !== "beat" || (places.size && wasUnwatched !== Boolean(unwatched))) {
      news.clear();
      take(told);
      arrange();
      if (map) map.show([...places.values()]);
    }
    age();
  }

  function trouble(text) {
    const box = one("[data-trouble]");
    box.hidden = !text;
    write(box, text);
    if (isWall) fit();
  }

  function age() {
    for (const [code, row] of rows) {
      const since = places.get(code)?.since;
      if (since) write(one("[data-since]", row), `depuis ${lasting(since)}`);
    }
    const fresh = one("[data-fresh]");
    write(one("[data-clock]"), clock(now()));
    if (!readAt || isPaused || isOver) return;
    const isOld = now() - new Date(readAt) > STALE;
    fresh.classList.toggle("old", isOld);
    write(fresh, `${isOld ? "arrêté à" : "à jour à"} ${clock(readAt)}`);
    if (isOld) trouble(`Plus de nouvelles de la base depuis ${clock(readAt)} : ce qui suit a pu changer.`);
    else trouble(unwatched ? `La surveillance ne regarde plus rien depuis ${lasting(unwatched)} : ce qui suit date de là.` : "");
  }

  function open() {
    source = new EventSource(root.dataset.stream);
    for (const name of ["picture", "news", "beat"]) source.addEventListener(name, hear);
    source.addEventListener("end", () => {
      isOver = true;
      source.close();
      trouble(isWall ? "Le lien de cet écran a été retiré ou est arrivé à sa fin." : "Votre session est fermée : rechargez la page pour en ouvrir une.");
    });
    // Refused (too many look, or no longer signed in): the page itself will say which.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED && !isOver) setTimeout(() => location.reload(), 6e4);
    });
  }

  const button = one("[data-pause]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      isPaused = !isPaused;
      write(button, isPaused ? "Reprendre" : "Suspendre");
      if (!isPaused) return open();
      source.close();
      write(one("[data-fresh]"), `suspendu à ${clock(now())}`);
    });
  }

  all(".place[data-code]").forEach((row) => rows.set(row.dataset.code, watch(row, row.dataset.code)));
  if (ground && map) ground.hidden = false;
  if (isWall) { fit(); addEventListener("resize", fit); }
  open();
  drawDay();
  setInterval(age, 1e4);
  setInterval(redraw, DAY_EVERY);
  let resizing = 0;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(redraw, 300); });
  addEventListener("pagehide", () => source.close());
})();
