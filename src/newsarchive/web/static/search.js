// Suggests words as one types (ARIA Authoring Practices, combobox with a list).
const input = document.getElementById("q");
const list = document.createElement("ul");
list.id = "suggestions";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", input.labels[0].textContent);
list.hidden = true;
input.after(list);
input.setAttribute("role", "combobox");
input.setAttribute("aria-autocomplete", "list");
input.setAttribute("aria-controls", list.id);
input.setAttribute("aria-expanded", "false");

let turn = 0;
let chosen = -1;

function close() {
  list.hidden = true;
  chosen = -1;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function choose(place) {
  const options = list.children;
  if (!options.length) return;
  if (chosen >= 0) options[chosen].setAttribute("aria-selected", "false");
  chosen = (place + options.length) % options.length;
  options[chosen].setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", options[chosen].id);
}

function take(word) {
  input.value = input.value.replace(/\S*$/, word) + " ";
  close();
  input.focus();
}

async function suggest() {
  const mine = ++turn;
  const typed = /\S*$/.exec(input.value)[0];
  if (typed.length < 2) return close();
  let words = [];
  try {
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`);
    if (answer.ok) words = await answer.json();
  } catch { /* suggestions are no more than that */ }
  if (mine !== turn) return;
  list.replaceChildren(...words.map((word, place) => {
    const option = document.createElement("li");
    option.id = `suggestion-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = word;
    option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(word); });
    return option;
  }));
  chosen = -1;
  list.hidden = !words.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
}

input.addEventListener("input", suggest);
input.addEventListener("blur", close);
input.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(chosen + (event.key === "ArrowDown" ? 1 : -1 - (chosen < 0 ? -1 : 0)));
  } else if (event.key === "Enter" && chosen >= 0) {
    event.preventDefault();
    take(list.children[chosen].textContent);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close();
  }
});

// how long the search took, as the server measured it
const timing = document.querySelector("[data-timing]");
const told = performance.getEntriesByType("navigation")[0]?.serverTiming?.find((each) => each.name === "search");
if (timing && told) {
  const number = Math.max(1, Math.round(told.duration)).toLocaleString(document.documentElement.lang);
  timing.textContent = ` · ${timing.dataset.timing.replace("{n}", number)}`;
}
