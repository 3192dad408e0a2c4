// data-insert="{name}" data-into="id": a button that writes a variable where the cursor is.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.focus();
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// data-another="name": one more field like the one before the button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-another]");
  if (!button) return;
  const fields = document.getElementsByName(button.dataset.another);
  const last = fields[fields.length - 1];
  const another = last.cloneNode();
  another.value = "";
  last.after(another);
  another.focus();
});

// data-picked="id": says in a hidden field which files were chosen, so that a preview knows before they are sent.
document.addEventListener("change", (event) => {
  const input = event.target.closest("[data-picked]");
  if (!input) return;
  const kinds = ["image", "audio", "video"];
  const chosen = [...input.files].map(({ name, size, type }) => {
    const family = type.split("/")[0];
    return { name, size, kind: kinds.includes(family) ? family : "file" };
  });
  const told = document.getElementById(input.dataset.picked);
  told.value = JSON.stringify(chosen);
  told.dispatchEvent(new Event("input", { bubbles: true }));
});
