/* What the pages gain when scripts run. Every form and link works without this file.
   No state is kept here but the choice of colours and row height. */

const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const waitingLine = $(".waiting-line");

/** Say something to screen readers, without moving anything. */
function announce(text) {
  const region = $("#announce");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

document.addEventListener("say", ({ detail }) => announce(detail));

/** Show a notice at the top of the page; the words are text, never markup. */
function notify(kind, title, text = "") {
  const notice = document.createElement("div");
  notice.className = `notice notice-${kind}`;
  const body = document.createElement("div");
  body.className = "notice-body";
  for (const [name, words] of [["title", title], ["", text]]) {
    if (!words) continue;
    const line = document.createElement("p");
    line.className = name;
    line.textContent = words;
    body.append(line);
  }
  notice.append(body);
  const region = $("#notices");
  if (!region) return announce(`${title} ${text}`);
  region.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

/* Colours and row height, remembered on this device. */

function remember(name, value) {
  root.dataset[name] = value;
  try { localStorage.setItem(name, value); } catch { /* lasts for this page only */ }
}

function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  remember("theme", next);
  announce(next === "dark" ? "Dark colours" : "Light colours");
}

function toggleDensity() {
  const next = root.dataset.density === "comfortable" ? "dense" : "comfortable";
  remember("density", next);
  announce(next === "dense" ? "Dense rows" : "Comfortable rows");
}

/* Paper says when it was printed. */
addEventListener("beforeprint", () => {
  root.dataset.printedAt = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
});

/* Dialogs: one for questions, and any <dialog> that a link names with data-dialog. */

function ask(question, label) {
  const dialog = $("#confirm");
  const [title, ...rest] = question.split("\n");
  $("#confirm-title").textContent = title;
  const text = $("[data-confirm-text]", dialog);
  text.textContent = rest.join(" ");
  text.hidden = rest.length === 0;
  const yes = $("[value=yes]", dialog);
  yes.textContent = label || "Continue";
  dialog.showModal();
  return new Promise((resolve) => {
    const answered = (event) => {
      const pressed = event.target.closest("button");
      if (pressed) dialog.close(pressed.value);
    };
    dialog.addEventListener("click", answered);
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("click", answered);
      const agreed = dialog.returnValue === "yes";
      dialog.returnValue = "";
      resolve(agreed);
    }, { once: true });
  });
}

async function askBeforeSubmit(event, form) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  if (!(await ask(form.dataset.confirm, form.dataset.confirmLabel))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
}

/* Clicks: one listener, told apart by data attributes. */

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const use = $("use", button);
  const was = use?.getAttribute("href");
  use?.setAttribute("href", was.replace(/#.*/, "#check"));
  announce("Copied");
  setTimeout(() => use?.setAttribute("href", was), 1500);
}

const CLICKS = {
  "[data-theme-toggle]": toggleTheme,
  "[data-density-toggle]": toggleDensity,
  "[data-copy]": copy,
  "[data-dismiss]": (button) => button.closest(".notice").remove(),
  "[data-print]": () => window.print(),
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  for (const [selector, act] of Object.entries(CLICKS)) {
    const hit = event.target.closest(selector);
    if (hit) act(hit);
  }
});

/* In a table, J and K (or the arrows) go to the same control in the next or the previous row, and
   the letter in a control's data-key presses it in the row that has the focus. */

const STEPS = { j: "nextElementSibling", ArrowDown: "nextElementSibling", k: "previousElementSibling", ArrowUp: "previousElementSibling" };
const CONTROLS = "a[href], button:not(:disabled), summary";
const controlsIn = (row) => [...row.querySelectorAll(CONTROLS)].filter((control) => control.checkVisibility());

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!target.closest(".table") || target.closest("[data-keys]") || target.matches("input, select, textarea")) return;
  const here = target.closest("tbody tr");
  const own = /^[a-z]$/.test(key) && here?.querySelector(`[data-key="${key}"]`);
  if (own && !event.repeat) own.click();
  if (!STEPS[key]) return;
  let row = here ? here[STEPS[key]] : $("tbody tr", target.closest(".table"));
  while (row && !controlsIn(row).length) row = row[STEPS[key]];
  if (!row) return;
  const controls = controlsIn(row);
  const same = here && target.name
    ? controls.find((control) => control.name === target.name && control.value === target.value)
    : controls[here ? controlsIn(here).indexOf(target) : 0];
  (same || controls[0]).focus();
  event.preventDefault();
});

/* What opens in place takes the focus; Escape or a click elsewhere closes a menu again. */

document.addEventListener("toggle", ({ target }) => {
  if (target.open) $("[data-open-focus]", target)?.focus();
}, true);

document.addEventListener("keydown", ({ key, target }) => {
  const open = key === "Escape" && target.closest("details.menu[open], details.comment[open]");
  if (!open) return;
  open.open = false;
  $("summary", open).focus();
});

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = menu.contains(target);
});

/* Submitting: ask first where the form says so, then never twice. */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  if (form.dataset.confirm && !form.dataset.confirmed) return askBeforeSubmit(event, form);
  delete form.dataset.confirmed;
  if (form.dataset.sending || (form.method === "post" && form.ariaBusy === "true")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (event.submitter?.formTarget) return;  // a preview: the page stays
  if (form.matches("[hx-get], [hx-post], [data-download]") || form.method === "get") return;
  form.dataset.sending = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  waitingLine.classList.add("is-waiting");
}, true);

addEventListener("pageshow", () => {
  waitingLine.classList.remove("is-waiting");
  for (const form of document.querySelectorAll("[data-sending]")) delete form.dataset.sending;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

/* htmx: the token, the questions, the wait, the focus, the errors. */

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = $("meta[name=csrf-token]")?.content;
  if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
});

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const label = event.target.dataset.confirmLabel;
  ask(event.detail.question, label).then((yes) => yes && event.detail.issueRequest(true));
});

let waiting = 0;
const byItself = (detail) => detail.requestConfig?.triggeringEvent?.type === "live";
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (byItself(detail)) return;
  waiting += 1;
  waitingLine.classList.add("is-waiting");
  detail.elt.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (byItself(detail)) return;
  waiting = Math.max(0, waiting - 1);
  if (!waiting) waitingLine.classList.remove("is-waiting");
  detail.elt.removeAttribute("aria-busy");
});

/* A swapped block keeps the focus: on the same control if it is still there, else on a neighbour. */
function placesOf(control) {
  const { id, name, value, rel } = control;
  const head = control.closest("thead th");
  return [
    id && `#${CSS.escape(id)}`,
    name && value && `[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`,
    name && `[name="${CSS.escape(name)}"]`,
    rel && `[rel="${rel}"]`,
    rel && ".pager a",
    control.closest("details.menu") && "details.menu > summary",
    head && `thead th:nth-child(${head.cellIndex + 1}) a`,
    "a[href], button, input, select, textarea, summary",
  ].filter(Boolean);
}

let held = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const active = document.activeElement;
  if (!detail.target.contains(active)) return;
  held = { target: detail.target.id, places: placesOf(active), scroll: detail.target.scrollTop };
});
document.addEventListener("htmx:afterSettle", () => {
  if (!held) return;
  const { target, places, scroll } = held;
  held = null;
  const block = document.getElementById(target);
  const active = document.activeElement;
  if (!block || (active && active !== document.body)) return;  // it went elsewhere meanwhile
  const found = places.flatMap((place) => [...block.querySelectorAll(place)]).find((control) => control.checkVisibility());
  (found || block).focus({ preventScroll: true });
  block.scrollTop = scroll;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const said = detail.xhr?.getResponseHeader("X-Announce");
  if (said) announce(decodeURIComponent(said));
  $("[data-focus]", detail.target)?.focus();
});

/* A refusal comes as a sentence to show (X-Notice); nothing is swapped then. */
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr?.getResponseHeader("X-Notice")) notify("error", detail.xhr.responseText);
});
document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  if (byItself(detail)) return;
  if (detail.xhr.getResponseHeader("X-Notice")) return;
  const texts = {
    403: ["You may not do that", "Nothing was changed. Reload the page to see what is open to you."],
    404: ["That is not there any more", "Nothing was changed. Reload the page to see what is."],
    413: ["The file is too large", "Nothing was changed."],
    429: ["Too many requests", "Nothing was changed. Wait a minute, then try again."],
  };
  const [title, text] = texts[status] || ["Something went wrong", "Nothing was changed. Try again, or reload the page."];
  notify("error", title, text);
});
document.addEventListener("htmx:sendError", ({ detail }) => {
  if (byItself(detail)) return;
  notify("error", "The portal cannot be reached", "Your last step was not saved; everything before it was. Check your connection and try again.");
});

/* A block with data-live="15" asks for itself so often, by the event "live", while the page is seen
   and nobody works in it; where nothing is new it stays as it is. */

setInterval(() => {
  if (document.hidden) return;
  for (const block of document.querySelectorAll("[data-live]")) {
    block.livedSince ??= Date.now();
    const busy = block.matches("[aria-busy]") || $("details[open], input:focus, select:focus, textarea:focus", block) || $("dialog[open]");
    if (busy || Date.now() - block.livedSince < block.dataset.live * 1000) continue;
    block.livedSince = Date.now();
    block.dispatchEvent(new Event("live"));
  }
}, 1000);

const withoutTokens = (html) => html.replace(/name="csrf_token" value="[^"]*"/g, "");
let lastSeen = "";
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!byItself(detail)) return;
  const seen = withoutTokens(detail.xhr.responseText);
  detail.shouldSwap = detail.shouldSwap && seen !== lastSeen;
  lastSeen = seen;
});

/* Uploads show how much has gone. */
document.addEventListener("htmx:xhr:progress", ({ detail, target }) => {
  const bar = $(".upload-progress", target);
  if (!bar || !detail.lengthComputable) return;
  bar.hidden = false;
  const share = Math.round((100 * detail.loaded) / detail.total);
  $("progress", bar).value = share;
  $("output", bar).textContent = share < 100 ? `${share} % sent` : "Sent. Reading the file…";
});

$("[data-focus]")?.focus();

/* Where tabs do not fit, as on a phone, the one that is open is the one that is seen. */
$(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/* A letter is drawn anew while it is written. Each time in a new frame: its first page leaves no
   trace in the history, so that "back" leads to the page before. */

function drawLetter(form) {
  const name = form.dataset.livePreview;
  const frame = $(`iframe[name="${name}"]`);
  const next = frame.cloneNode(false);
  next.removeAttribute("src");
  frame.replaceWith(next);
  form.requestSubmit($(`[formtarget="${name}"]`, form));
}

let drawing = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live-preview]");
  if (!form) return;
  clearTimeout(drawing);
  drawing = setTimeout(drawLetter, 400, form);
});
