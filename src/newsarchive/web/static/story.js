// While a story runs: tells of updates that came since the page was read.
const news = document.getElementById("news");
const known = new Set(Array.from(document.querySelectorAll("[data-id]"), (each) => each.dataset.id));
const plural = new Intl.PluralRules(document.documentElement.lang || "en");
const MINUTE = 60_000;
const LONGEST = 32 * MINUTE;
let wait = MINUTE;
let timer = 0;
let asked = Date.now();
let shown = 0;

function show(count) {
  if (count === shown) return;
  shown = count;
  const words = plural.select(count) === "one" ? news.dataset.one : news.dataset.other;
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = words.replace("{n}", count.toLocaleString(document.documentElement.lang));
  news.replaceChildren(...(count ? [link] : []));
}

async function ask() {
  asked = Date.now();
  try {
    // "no-cache" asks with If-None-Match: mostly a 304 without a body
    const answer = await fetch(news.dataset.poll, { cache: "no-cache" });
    if (!answer.ok) throw new Error(answer.statusText);
    const { updates = [] } = await answer.json();
    show(updates.filter((each) => !known.has(each.id)).length);
    wait = MINUTE;
  } catch {
    wait = Math.min(2 * wait, LONGEST);
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, Math.max(0, asked + wait - Date.now()));
}

document.addEventListener("visibilitychange", plan);
plan();
