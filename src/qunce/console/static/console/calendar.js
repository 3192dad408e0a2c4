// Planned broadcasts are dragged to another day; without a pointer the agenda has a field for the same.
(() => {
  let drag = null;
  const cellAt = (event) =>
    document.elementsFromPoint(event.clientX, event.clientY).find((each) => each.matches?.(".calendar-grid td[data-day]"));
  const over = (cell) => {
    for (const each of document.querySelectorAll(".calendar-grid td.is-over")) each.classList.remove("is-over");
    cell?.classList.add("is-over");
  };
  const letGo = () => {
    over(null);
    drag?.ghost?.remove();
    drag = null;
  };
  document.addEventListener("pointerdown", (event) => {
    const entry = event.target.closest?.("[data-moves-schedule]");
    if (!entry || event.button !== 0 || event.pointerType === "touch") return;
    drag = { entry, x: event.clientX, y: event.clientY, ghost: null };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 6) return;
      drag.ghost = drag.entry.cloneNode(true);
      drag.ghost.classList.add("step-ghost");
      document.body.append(drag.ghost);
    }
    drag.ghost.style.translate = `${event.clientX - 12}px ${event.clientY - 12}px`;
    over(cellAt(event));
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag?.ghost) return letGo();
    const { entry } = drag;
    const cell = cellAt(event);
    letGo();
    const swallow = (click) => {
      click.preventDefault();
      click.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    if (!cell || cell === entry.closest("td")) return;
    const form = document.getElementById("calendar-move");
    const grid = document.querySelector("[data-calendar]");
    form.action = grid.dataset.calendar.replace(/0\/$/, `${entry.dataset.movesSchedule}/`);
    form.elements.day.value = cell.dataset.day;
    form.submit();
  });
  document.addEventListener("pointercancel", letGo);
  document.addEventListener("dragstart", (event) => event.target.closest?.("[data-moves-schedule]") && event.preventDefault());
})();
