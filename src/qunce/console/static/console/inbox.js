// The inbox by keyboard: j k Enter r a e u / Esc ? — each key presses what it names (data-key) in the open message.
// A row that is chosen but not open is opened first; what the list shows anew keeps the place of whoever is in it.
(() => {
  const inbox = document.getElementById("inbox");
  const pane = document.getElementById("pane");
  const stream = document.getElementById("stream");
  const rows = () => [...stream.querySelectorAll(".inbox-row")];
  const opened = () => pane.querySelector("[data-message]")?.dataset.message;
  let place = -1; // of the row that was chosen last
  let then = ""; // the key to press once the message is open

  const chosen = () => {
    const row = document.activeElement?.closest?.(".inbox-row");
    return row ?? rows().find((each) => each.hasAttribute("aria-current"));
  };
  const choose = (index) => {
    const row = rows()[Math.min(Math.max(index, 0), rows().length - 1)];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  const mark = () => {
    for (const row of rows()) {
      if (row.id === `row-${opened()}`) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    inbox.classList.toggle("is-open", Boolean(opened()));
  };
  const press = (key) => {
    const control = pane.querySelector(`[data-key="${key}"]`);
    if (control?.matches("textarea, select")) control.focus();
    else control?.click();
  };
  const act = (key) => {
    const row = chosen();
    if (row && row.id !== `row-${opened()}`) {
      then = key;
      row.click();
    } else press(key);
  };
  const toMeant = () => {
    const thread = pane.querySelector(".inbox-thread");
    const meant = thread?.querySelector(".inbox-meant");
    if (meant) thread.scrollTop = meant.offsetTop - thread.clientHeight / 3;
  };

  document.addEventListener("focusin", (event) => {
    const at = rows().indexOf(event.target);
    if (at >= 0) place = at;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "Enter" && event.target.matches("textarea[data-text]")) event.target.form.requestSubmit();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing) {
      typing.blur();
      choose(place);
    }
    if (typing || document.querySelector("dialog[open]")) return;
    const at = rows().indexOf(chosen());
    const doing = {
      j: () => choose(at + 1),
      k: () => choose(at < 0 ? 0 : at - 1),
      "?": () => document.getElementById("keys").showModal(),
    };
    const does = doing[event.key] ?? ("raeu".includes(event.key) ? () => act(event.key) : null);
    if (!does) return;
    event.preventDefault();
    does();
  });

  // ---- what htmx brings
  let inList = false;
  document.addEventListener("htmx:before:swap", (event) => {
    inList = stream.contains(document.activeElement);
    // htmx gives the focus back to what it was on: after something was done it belongs to the list again.
    if (event.detail.ctx.target === pane && pane.contains(document.activeElement)) document.activeElement.blur();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const source = event.detail.ctx.sourceElement;
    const target = event.detail.ctx.target;
    if (target === pane) {
      toMeant();
      if (then) press(then);
      else if (pane.querySelector('.inbox-reply [role="alert"]')) press("r");
      else if (source.matches("form")) choose(place);
      then = "";
    } else if (target === stream && inList) {
      (document.getElementById(`row-${opened()}`) ?? rows()[Math.min(place, rows().length - 1)])?.focus();
    }
    mark();
  });
  mark();
  toMeant();
})();
