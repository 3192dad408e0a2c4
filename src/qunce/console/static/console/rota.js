// The order in which people take turns: arrows move a row, and it keeps the focus.
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-rota-all]");
  if (all) {
    for (const box of all.form.querySelectorAll('input[name="people"]')) box.checked = true;
    return;
  }
  const button = event.target.closest("[data-rota-move]");
  if (!button) return;
  const row = button.closest("li");
  if (button.dataset.rotaMove === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  button.focus();
});
