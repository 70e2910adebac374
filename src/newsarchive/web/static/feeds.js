// Copies the address of a feed; without script the links themselves can be copied.
const told = document.querySelector("[data-done]");

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const words = button.textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = told.dataset.done;
    told.textContent = `${told.dataset.done} : ${button.dataset.copy}`;
    clearTimeout(timer);
    timer = setTimeout(() => { button.textContent = words; }, 2000);
  });
}
