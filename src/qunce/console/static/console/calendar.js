// Planned broadcasts are dragged to another day; the agenda has a field for the same.
dragging({
  things: "[data-moves-schedule]",
  places: ".calendar-grid td[data-day], .agenda-day[data-day]",
  drop: (entry, place) => {
    if (place === entry.closest("[data-day]")) return;
    const form = document.getElementById("calendar-move");
    form.action = form.dataset.moves.replace(/0\/$/, `${entry.dataset.movesSchedule}/`);
    form.elements.day.value = place.dataset.day;
    form.submit();
  },
});
