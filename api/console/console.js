// The open alerts, live. The token is kept for this tab only and travels in a header only.
import { text, language } from "./words.js";

const API = "/api/v1";
const QUIET_MS = 40000; // the server says something every 15 s; after two misses it is gone
const byId = (id) => document.getElementById(id);

let token = sessionStorage.getItem("token");
let me = null;
let names = new Map();
let alerts = new Map();
let following = null; // AbortController of the open feed
let lastId = null;

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(method, path, body) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem.detail || answer.statusText);
}

// -- logging in ------------------------------------------------------------------------------

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  say("");
  try {
    const login = { username: form.username.value, password: form.password.value };
    token = (await call("POST", "/session", login)).token;
    sessionStorage.setItem("token", token);
    form.reset();
    await begin();
  } catch (error) {
    say(error instanceof Refused ? error.message : text("unreachable"));
  }
});

byId("logout").addEventListener("click", async () => {
  await call("DELETE", "/session").catch(() => {});
  end();
});

async function begin() {
  me = await call("GET", "/me");
  byId("who").textContent = `${me.name || me.username} · ${text(`role.${me.role}`)}`;
  byId("login").hidden = true;
  byId("logout").hidden = false;
  if (me.role === "vendor") return say(text("vendor"));
  byId("board").hidden = false;
  await learnNames();
  following = new AbortController();
  follow(following.signal);
}

function end(why = "") {
  following?.abort();
  following = me = token = lastId = null;
  sessionStorage.removeItem("token");
  alerts.clear();
  names.clear();
  draw();
  connected(true);
  byId("login").hidden = false;
  byId("board").hidden = byId("logout").hidden = true;
  byId("who").textContent = "";
  say(why);
}

async function learnNames() {
  let cursor = "";
  do {
    const page = await call("GET", `/residents?limit=500${cursor}`);
    for (const resident of page.items) names.set(resident.id, resident.name);
    cursor = page.next && `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor);
}

// -- the feed --------------------------------------------------------------------------------

async function follow(signal) {
  for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 15000)) {
    try {
      await listen(signal, () => { wait = 500; });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status === 401) return end(text("over"));
    }
    if (signal.aborted) return;
    connected(false);
    await new Promise((resume) => setTimeout(resume, wait));
  }
}

// One connection, until it ends or falls silent.
async function listen(signal, heard) {
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener("abort", stop);
  let watchdog = setTimeout(stop, QUIET_MS);
  try {
    const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
    if (lastId !== null) headers["Last-Event-ID"] = lastId;
    const answer = await fetch(`${API}/feed`, { headers, signal: attempt.signal });
    if (!answer.ok) throw new Refused(answer.status, answer.statusText);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    if (lastId !== null) connected(true);
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, QUIET_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) take(parse(block));
      heard();
    }
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
  }
}

function parse(block) {
  const fields = { data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  return fields;
}

function take({ event, id, data }) {
  if (!event) return;
  const said = JSON.parse(data);
  lastId = id;
  connected(true);
  if (event === "snapshot") alerts = new Map(said.alerts.map((alert) => [alert.id, alert]));
  else if (said.state === "resolved") alerts.delete(said.id);
  else alerts.set(said.id, said);
  draw();
}

function connected(yes) {
  byId("connection").hidden = yes;
  byId("connection").textContent = yes ? "" : text("lost");
  document.body.classList.toggle("stale", !yes);
}

// -- drawing ---------------------------------------------------------------------------------

const RANK = { high: 0, medium: 1, low: 2 };

function draw() {
  const inOrder = [...alerts.values()].sort((one, other) =>
    RANK[one.priority] - RANK[other.priority] || one.raised_at.localeCompare(other.raised_at));
  byId("alerts").replaceChildren(...inOrder.map(item));
  byId("count").textContent = inOrder.length || "";
  byId("quiet").hidden = inOrder.length > 0;
  document.title = inOrder.length ? `(${inOrder.length}) carewatch` : "carewatch";
}

function item(alert) {
  const node = byId("alert").content.cloneNode(true).firstElementChild;
  const put = (name, words) => { node.querySelector(`.${name}`).textContent = words; };
  node.classList.add(alert.priority);
  put("what", text(`kind.${alert.kind}`, alert.kind));
  put("whom", names.get(alert.resident) || alert.resident || alert.device || "");
  put("state", [text(`state.${alert.state}`), alert.accepted_by].filter(Boolean).join(" · "));
  node.querySelector(".since").dataset.since = alert.since;
  const button = node.querySelector("button");
  button.textContent = text("accept");
  button.hidden = alert.state !== "open";
  button.addEventListener("click", () => accept(alert, button));
  age(node.querySelector(".since"));
  return node;
}

async function accept(alert, button) {
  button.disabled = true;
  say("");
  try {
    const after = await call("POST", `/alerts/${alert.id}/accept`, {});
    if ((alerts.get(alert.id)?.sequence ?? 0) < after.sequence) alerts.set(alert.id, after);
    draw();
  } catch (error) {
    button.disabled = false;
    say(error instanceof Refused ? error.message : text("unreachable"));
  }
}

function age(node) {
  const seconds = Math.round((Date.parse(node.dataset.since) - Date.now()) / 1000);
  const [unit, size] = Math.abs(seconds) < 90 ? ["second", 1]
    : Math.abs(seconds) < 5400 ? ["minute", 60] : Math.abs(seconds) < 129600 ? ["hour", 3600] : ["day", 86400];
  node.textContent = new Intl.RelativeTimeFormat(language, { numeric: "auto" })
    .format(Math.min(0, Math.round(seconds / size)), unit);
}

function say(words) {
  byId("message").textContent = words;
}

setInterval(() => document.querySelectorAll("[data-since]").forEach(age), 1000);
window.addEventListener("offline", () => token && connected(false));
document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
byId("logout").textContent = text("logout");
if (token) begin().catch((error) => end(error instanceof Refused ? text("over") : text("unreachable")));
