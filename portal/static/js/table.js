/* The keys of the review table. Whatever a key does, a button or a link of the page does as well; this
   file moves the focus, presses, and picks ranges of rows. What was decided is said by the server. */

const SHEET = "#items_table";
const ROW = "tr[id^=item_row]";
const TYPING = "input:not([type=checkbox]), select, textarea";
const MOST_ROWS = 300;  // in one page, which a browser minds at each change; then the next is a page of its own
const AHEAD = 10;  // rows before the last, more are fetched
const $ = (selector, within = document) => within.querySelector(selector);
const rows = () => [...document.querySelectorAll(`${SHEET} ${ROW}`)];
const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: text }));
const nameOf = (row) => $(".person-name", row)?.textContent.trim() ?? "";
const isUndecided = (row) => Boolean($("form.decide:not(.decided)", row));

/* One row has the place in the order of tabs; the arrows move it. */

let current = "";

function here() {
  const row = document.activeElement?.closest(`${SHEET} ${ROW}`) ?? document.getElementById(current);
  if (row) window.htmx?.process(row);  // one that came this very moment may not be wired yet
  return row;
}

function focusRow(row) {
  if (!row || (row.id === current && row === document.activeElement && row.tabIndex === 0)) return;
  for (const other of document.querySelectorAll(`${SHEET} ${ROW}[tabindex="0"]`)) other.tabIndex = -1;
  row.tabIndex = 0;
  current = row.id;
  row.focus({ preventScroll: true });
  reveal(row);
  const all = rows();
  if (!wanted && all.length < MOST_ROWS && all.length - all.indexOf(row) < AHEAD) $("#more_rows a")?.click();
}

/** Scroll no more than it takes, and never under the head of the table. */
function reveal(row) {
  const frame = row.closest(".table-scroll");
  if (frame.scrollHeight <= frame.clientHeight) return row.scrollIntoView({ block: "nearest" });
  const head = $("thead", frame).offsetHeight;
  const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
  if (top < frame.scrollTop) frame.scrollTop = top;
  else if (bottom > frame.scrollTop + frame.clientHeight) frame.scrollTop = bottom - frame.clientHeight;
}

/** The row next to this one, in a direction, that is as asked; more are fetched where they end. */
function neighbour(row, step, fits = () => true) {
  const all = rows();
  let at = row ? all.indexOf(row) + step : 0;
  while (all[at] && !fits(all[at])) at += step;
  return all[at];
}

/** Where the columns begin that stay beside the account. */
function placePins(table) {
  const pinned = ["pin-1", "pin-2"].map((name) => $(`thead .${name}`, table)).filter(Boolean);
  table.toggleAttribute("data-pins", pinned.length > 0);
  let start = $("thead th", table).offsetWidth;
  pinned.forEach((head, nth) => {
    table.style.setProperty(`--pin-${nth + 1}`, `${start}px`);
    start += head.offsetWidth;
  });
}

/* Measured when the browser has laid the columns out anyway, not at each decision. */
let watched = null;
const watcher = new ResizeObserver(() => placePins(watched));

function watch(table) {
  if (table === watched) return;
  watcher.disconnect();
  watched = table;
  for (const head of table.querySelectorAll("thead th")) watcher.observe(head);
}

let wanted = null;  // what to focus once more rows are there

function move(step, fits, otherwise) {
  const row = here();
  const next = neighbour(row, step, fits);
  if (next) return focusRow(next);
  const more = step > 0 && $("#more_rows a");
  if (!more) return otherwise && say(otherwise);
  wanted = { after: row?.id, fits, otherwise };
  more.click();
}

const NO_MORE = "No undecided account further down.";
const nextUndecided = () => move(1, isUndecided, NO_MORE);

/* Picking rows: each by its box, a range with Shift. */

const PAUSE = 1500;  // ms after a letter, in which another is text as well
let typed = -PAUSE;
const isTyping = () => performance.now() - typed < PAUSE;
let anchor = "";
let answered = false;  // then the server's sentence is what is said

const boxOf = (row) => row && $("input[name=pick]", row);
const picked = () => [...document.querySelectorAll(`${SHEET} ${ROW} input[name=pick]:checked`)].map((box) => box.closest(ROW));

function pick(row, on) {
  const box = boxOf(row);
  if (!box) return;
  box.checked = on;
  row.toggleAttribute("data-picked-row", on);
  row.setAttribute("aria-selected", String(on));
}

function pickTo(row) {
  const all = rows();
  const ends = [all.findIndex((each) => each.id === anchor), all.indexOf(row)].sort((a, b) => a - b);
  all.forEach((each, at) => at >= Math.max(0, ends[0]) && at <= ends[1] && pick(each, true));
}

function extend(step) {
  const row = here();
  if (!row) return move(step);
  anchor ||= row.id;
  if (!boxOf(row)?.checked) anchor = row.id;
  const next = neighbour(row, step);
  const shrinks = next && boxOf(next)?.checked && boxOf(row)?.checked && next.id !== anchor && row.id !== anchor;
  if (shrinks || (next && next.id === anchor)) pick(row, false);
  else pickTo(next ?? row);
  if (next) focusRow(next);
  tell();
}

/** Whatever is ticked shows, by whomever: a browser that goes back ticks by itself. */
function mark() {
  const chosen = picked();
  for (const row of chosen) row.toggleAttribute("data-picked-row", true);
  $("#selection_form")?.toggleAttribute("data-any", chosen.length > 0);
  return chosen;
}

function tell() {
  const chosen = mark();
  const all = $("[data-pick-all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === rows().length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  const count = $("[data-picked]");
  if (!count) return;
  const privileged = chosen.filter((row) => $(".flags", row)?.textContent.includes("Privileged")).length;
  count.textContent = `${chosen.length.toLocaleString("en")} selected`;
  $("[data-picked-privileged]").textContent = privileged ? `${privileged} privileged` : "";
  if (!answered) say(`${count.textContent}${privileged ? `, ${privileged} privileged` : ""}`);
}

function clear() {
  for (const row of picked()) pick(row, false);
  anchor = "";
  tell();
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const box = target.closest("input[name=pick]");
  const row = target.closest(`${SHEET} ${ROW}`);
  if (target.closest("[data-pick-all]")) {
    rows().forEach((each) => pick(each, target.checked));
    return tell();
  }
  if (box) {
    pick(row, box.checked);
    if (event.shiftKey && anchor && box.checked) pickTo(row);
    anchor = row.id;
    current = row.id;
    return tell();
  }
  if (row && !target.closest("a, button, summary, input, label, details") && !String(getSelection())) focusRow(row);
});
document.addEventListener("reset", ({ target }) => target.id === "selection_form" && setTimeout(() => {
  clear();
  answered = false;
  focusRow(here());
}));

/* Closed and empty, the field for a comment is kept aside: a browser that minds what could be filled
   in reads every field anew at each change, of hundreds of rows. */

const aside = new WeakMap();

function putAside() {
  for (const details of document.querySelectorAll(`${SHEET} .comment:not([open])`)) {
    const box = $(".comment-box", details);
    if (!box || $("[name=comment]", box).value) continue;
    aside.set(details, box);
    box.remove();
  }
}

function unfold(details) {
  if (aside.has(details)) details.append(aside.get(details));
  aside.delete(details);
  details.open = true;
}

document.addEventListener("click", ({ target }) => {
  const details = target.closest(`${SHEET} .comment > summary`)?.parentElement;
  if (aside.has(details)) details.append(aside.get(details));
}, true);

/* Keys. */

function press(letter, verb) {
  if (picked().length) return $(`#selection_form [value="${verb}"]`).click();
  const row = here();
  const control = row && $(`[data-key="${letter}"]`, row);
  if (!control) return say(row ? `${nameOf(row)}: that is not open to you, or stands already.` : "Move to an account first, with J.");
  if (row.dataset.sent || wanted) return;  // it is on its way; or the next rows are
  row.dataset.sent = verb;
  control.click();
  if (letter === "a" || letter === "r") moveOn(row);
}

/** On to the next undecided one; where there is none, the focus stays, whatever is swapped. */
function moveOn(row) {
  if (neighbour(row, 1, isUndecided) || $("#more_rows a")) return move(1, isUndecided, NO_MORE);
  focusRow(row);
  setTimeout(say, 1200, NO_MORE);  // after what the server says of this one
}

function openComment() {
  if (picked().length) return $("#selection_form [name=comment]").focus();
  const summary = here() && $("[data-key=c]", here());
  if (!summary) return;
  unfold(summary.closest("details"));
  typed = performance.now();
  $("[data-open-focus]", summary.closest("details")).focus();  // at once: the next key is text already
}

function openDetails() {
  const link = here() && $("[data-key=d]", here());
  if (link) link.click();
}

function filter() {
  const form = $(`${SHEET} .filters`);
  const closed = form?.closest("details:not([open])");
  if (closed) closed.open = true;
  $("select, input:not([type=hidden])", form ?? document)?.focus();
}

const KEYS = {
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
  J: () => extend(1), K: () => extend(-1),
  Home: () => focusRow(rows()[0]), End: () => focusRow(rows().at(-1)),
  a: () => press("a", "approved"), r: () => press("r", "rejected"), u: () => press("u", "undecided"),
  c: openComment, d: openDetails, o: openDetails, n: nextUndecided, "/": filter, f: filter,
  x: () => { const row = here(); if (row) { pick(row, !boxOf(row)?.checked); anchor = row.id; tell(); } },
  z: () => ($("#undo_last") ?? { click: () => say("There is nothing of yours to undo.") }).click(),
  s: () => $("#sign_off")?.click(),
  "?": () => $("#shortcuts")?.showModal(),
};
const ON_ROW = { Enter: openDetails, " ": KEYS.x };

function actionFor(event) {
  const { key, target, shiftKey } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return null;
  if (target.matches(TYPING) || !(target === document.body || target.closest(SHEET) || target.id === "main")) return null;
  if (key === "Escape") return picked().length && !target.closest("details[open]") ? clear : null;
  if (shiftKey && key === "ArrowDown") return KEYS.J;
  if (shiftKey && key === "ArrowUp") return KEYS.K;
  const own = /^[a-z]$/.test(key) && here() && $(`[data-key="${key}"]`, here());
  return KEYS[key] ?? (target.matches(ROW) ? ON_ROW[key] : null) ?? (own ? () => own.click() : null);
}

const MAY_REPEAT = new Set(["j", "k", "J", "K", "ArrowDown", "ArrowUp"]);
const LEAVING = new Set(["Enter", "Escape", "Tab"]);
document.addEventListener("keydown", (event) => {
  if (event.target.matches(TYPING)) typed = LEAVING.has(event.key) ? -PAUSE : performance.now();
  const act = actionFor(event);
  if (!act) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.key.length === 1 && isTyping()) {  // meant as text, whose field is gone
    typed = performance.now();
    return say("Nothing was decided by what you typed. Press C to write the comment.");
  }
  if (!event.repeat || MAY_REPEAT.has(event.key)) act();
}, true);

/* After a swap: rows can be focused, the focus is where it was, and goes on where more came. */

function ready() {
  const table = $(`${SHEET} table`);
  if (!table) return;
  table.setAttribute("role", "grid");  // so that a screen reader passes the keys on
  if ($(`${SHEET} input[name=pick]`)) table.setAttribute("aria-multiselectable", "true");
  watch(table);
  putAside();
  mark();
  const all = rows();
  for (const row of all) if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  if (all.length && !all.some((row) => row.tabIndex === 0)) (document.getElementById(current) ?? all[0]).tabIndex = 0;
  if (!wanted) return;
  const { after, fits, otherwise } = wanted;
  wanted = null;
  const next = neighbour(document.getElementById(after), 1, fits);
  if (next) focusRow(next);
  else if (otherwise) say(otherwise);
}

/* The row of what is undone may be on another page: then the form is sent as without htmx. */
document.addEventListener("submit", (event) => {
  const place = event.target.getAttribute("hx-target");
  if (!$("#undo_last", event.target) || !place) return;
  if ($(place)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  event.target.submit();
}, true);

let held = null;  // where the focus was; and the comment, where more was written than is answered now
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const active = document.activeElement;
  const { elt, parameters } = detail.requestConfig;
  const undone = Boolean($("#undo_last", elt));
  const row = active?.closest(`${SHEET} ${ROW}`);
  const writing = active?.matches("[data-open-focus]") && (isTyping() || active.value !== parameters.comment);
  if (undone) held = { id: detail.target.id, undone };
  else if (row && detail.target.contains(row) && (active === row || active.closest(".comment-box")))
    held = { id: row.id, text: writing ? active.value : null };
});
/** At once, so that the next key finds it, and once more when the new attributes stand. */
function putBack() {
  const row = document.getElementById(held.id);
  const active = document.activeElement;
  const field = held.text != null && row && $("[data-open-focus]", row);
  if (field && field !== active) {
    unfold(field.closest("details"));
    field.value = held.text;
    field.focus();
  } else if (!field && (held.undone || !active || active === document.body || row?.contains(active))) focusRow(row);
}
document.addEventListener("htmx:afterSwap", () => held && putBack());
let settling = false;  // each row that came says so by itself; once is enough for all of them
document.addEventListener("htmx:afterSettle", () => {
  if (settling) return;
  settling = true;
  queueMicrotask(() => {
    settling = false;
    ready();
    if (held) putBack();
    held = null;
  });
});
/* A long page is left only when all is answered that was decided on it, and taken. */
let turning = "";
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  delete detail.elt.closest(ROW)?.dataset.sent;  // what did not arrive can be pressed again
  if (!(detail.xhr?.status < 400)) turning = wanted = null;
  if (turning && !$(`${SHEET} [data-sent]`)) location.assign(turning);
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id !== "selection_form" || !detail.successful) return;
  answered = true;
  detail.elt.reset();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target.closest("#more_rows a");
  if (!link || rows().length < MOST_ROWS) return;
  event.preventDefault();
  if (event.detail.requestConfig?.triggeringEvent?.type !== "click") return;
  turning = link.href + (wanted?.fits === isUndecided ? "#undecided" : "#first");
  if (!$(`${SHEET} [data-sent]`)) location.assign(turning);
});

ready();
if (location.hash.startsWith("#item_row-")) focusRow($(location.hash));
if (location.hash === "#first" || location.hash === "#undecided")
  focusRow((location.hash === "#undecided" && neighbour(null, 1, isUndecided)) || rows()[0]);
