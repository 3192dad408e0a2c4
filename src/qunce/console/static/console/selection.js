// Choosing rows of a list, or all that match. Inside [data-selection]:
//   input[data-one]    a row            input[data-page]   all rows of this page
//   input[data-all]    all that match, on other pages too
//   [data-bar]         shown while something is chosen; [data-count] in it says how much, in the words of data-words
(() => {
  const rows = (form) => [...form.querySelectorAll("input[data-one]")];
  const show = (form) => {
    const all = form.querySelector("input[data-all]");
    const chosen = rows(form).filter((row) => row.checked).length;
    const whole = form.querySelector("input[data-page]");
    const everything = all?.checked ?? false;
    whole.checked = chosen > 0 && chosen === rows(form).length;
    whole.indeterminate = chosen > 0 && !whole.checked;
    form.querySelector("[data-bar]").hidden = !chosen && !everything;
    const count = form.querySelector("[data-count]");
    count.textContent = count.dataset.words.replace("{}", everything ? all.dataset.all : chosen);
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-selection]");
    if (!form) return;
    if (event.target.matches("[data-page]")) for (const row of rows(form)) row.checked = event.target.checked;
    if (event.target.matches("[data-one], [data-page]")) {
      const all = form.querySelector("input[data-all]");
      if (all && !event.target.checked) all.checked = false;
    }
    if (event.target.matches("[data-all]")) for (const row of rows(form)) row.checked = event.target.checked;
    if (event.target.matches("[data-one], [data-page], [data-all]")) show(form);
  });
  // What was chosen survives the browser's way back.
  addEventListener("pageshow", () => document.querySelectorAll("[data-selection]").forEach(show));
})();
