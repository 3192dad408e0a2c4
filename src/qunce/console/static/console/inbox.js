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
    // What is undone is what was done last: in the open message, which may have left the list.
    if (row && row.id !== `row-${opened()}` && !(key === "u" && opened())) {
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
  let inList = false; // whoever chooses in the list goes on there when it is shown anew
  let acted = false; // something was done in the open message
  document.addEventListener("htmx:before:swap", (event) => {
    const source = event.detail.ctx.sourceElement;
    inList = stream.contains(document.activeElement);
    acted = pane.contains(source) && source.matches("form");
    // htmx gives the focus back to what had it: after something was done it belongs to the list again.
    if (acted) document.activeElement.blur();
  });
  document.addEventListener("htmx:after:swap", () => {
    const fresh = pane.querySelector(".inbox-message:not([data-seen])");
    if (fresh) {
      fresh.dataset.seen = "";
      toMeant();
      if (then) press(then);
      else if (fresh.querySelector('.inbox-reply [role="alert"]')) press("r");
      else if (acted) choose(place);
      then = "";
    } else if (inList && document.activeElement === document.body) {
      (document.getElementById(`row-${opened()}`) ?? rows()[Math.min(place, rows().length - 1)])?.focus();
    }
    mark();
  });
  mark();
  toMeant();
})();
