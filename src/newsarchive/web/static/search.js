// What may be meant, as one types into the search field (ARIA Authoring Practices, combobox with a listbox).
const QUIET = 120, LEAST = 2;

function suggesting(input) {
  const list = document.createElement("ul");
  const count = document.createElement("span");
  list.id = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.name);
  list.hidden = true;
  count.className = "vh";
  count.setAttribute("aria-live", "polite");
  input.after(list, count);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let found = [], asked = "", chosen = -1, waiting = 0, asking = new AbortController();

  function show(suggestions, typed = "") {
    found = suggestions;
    asked = typed;
    chosen = -1;
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    count.textContent = found.length ? input.dataset.count.replace("{n}", found.length) : "";
  }

  function option({ label, text, lang }, place) {
    const made = document.createElement("li"), said = document.createElement("span"), kind = document.createElement("span");
    made.id = `suggestion-${place}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    said.textContent = text;
    if (lang) said.lang = lang;
    kind.className = "kind";
    kind.textContent = label;
    made.append(said, " ", kind);
    made.addEventListener("click", () => take(place));
    return made;
  }

  function choose(place) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const made = list.children[chosen];
    made?.setAttribute("aria-selected", "true");
    made?.scrollIntoView({ block: "nearest" });
    if (made) input.setAttribute("aria-activedescendant", made.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function take(place) {
    const { url, value } = found[place];
    close();
    if (url) return location.assign(url);
    input.value = `${value} `;
    input.focus();
  }

  function close() {
    clearTimeout(waiting);
    asking.abort();
    show([]);
  }

  async function ask() {
    const typed = input.value.trim();
    asking.abort();
    if (typed.length < LEAST) return show([]);
    const mine = asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: mine.signal });
      const suggestions = answer.ok ? await answer.json() : [];
      if (!mine.signal.aborted) show(suggestions, typed);
    } catch { /* suggestions are no more than that */ }
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    choose(-1);
    waiting = setTimeout(ask, QUIET);
  });
  input.addEventListener("blur", close);
  // the field keeps the focus
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    // none of what was suggested before the last letter is taken
    if (step && (list.hidden || asked !== input.value.trim())) {
      if (!event.altKey && step > 0) ask();
    } else if (step) {
      event.preventDefault();
      // beyond either end is the field
      const places = found.length + 1;
      choose((chosen + 1 + step + places) % places - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
}

const field = document.querySelector("[data-suggest]");
if (field) suggesting(field);

// how long the search took, as the server measured it
const timing = document.querySelector("[data-timing]");
const told = performance.getEntriesByType("navigation")[0]?.serverTiming?.find((each) => each.name === "search");
if (timing && told) {
  const number = Math.max(1, Math.round(told.duration)).toLocaleString(document.documentElement.lang);
  timing.textContent = ` · ${timing.dataset.timing.replace("{n}", number)}`;
}
