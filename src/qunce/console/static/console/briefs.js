// The lines of a brief: arrows and dragging move one, the cross takes it out; the phones beside are drawn anew.
const moved = (list) => list.closest("form").dispatchEvent(new Event("moved"));

document.addEventListener("click", (event) => {
  const copies = event.target.closest("[data-copies]");
  if (copies) {
    const field = document.getElementById(copies.dataset.copies);
    field.select();
    navigator.clipboard?.writeText(field.value);
    return;
  }
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const row = button.closest("li");
  const list = row.parentElement;
  if (button.dataset.move === "up") row.previousElementSibling?.before(row);
  else if (button.dataset.move === "down") row.nextElementSibling?.after(row);
  else {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    next?.querySelector("input:not([type=hidden])").focus();
    moved(list);
    return;
  }
  button.focus();
  moved(list);
});

let dragged = null;
document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[data-sortable] > li");
  if (!row || event.target !== row) return;
  dragged = row;
  row.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-sortable] > li");
  if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  moved(dragged.parentElement);
  dragged = null;
});
