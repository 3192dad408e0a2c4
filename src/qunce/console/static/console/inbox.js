// The inbox by keyboard: j k Enter r a e u / Esc ? — each key presses what it names (data-key) in the open message.
// A row that is chosen but not open is opened first; what the list shows anew keeps the place of whoever is in it.
// Nothing typed is lost: what comes from the server never takes the focus, nor the field, from whoever is writing.
(() => {
  const inbox = document.getElementById("inbox");
  const pane = document.getElementById("pane");
  const stream = document.getElementById("stream");
  const rows = () => [...stream.querySelectorAll(".inbox-row")];
  const opened = () => pane.querySelector("[data-message]")?.dataset.message;
  const drafts = new Map(); // what was typed and not sent, by message
  let place = { id: "", index: -1 }; // the row that was chosen last
  let then = ""; // the key to press once the message is open
  let ahead = ""; // what was typed meanwhile

  const chosen = () => {
    const row = document.activeElement?.closest?.(".inbox-row");
    return row ?? rows().find((each) => each.hasAttribute("aria-current"));
  };
  const choose = (index) => {
    const row = rows()[Math.min(Math.max(index, 0), rows().length - 1)];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  };
  // Rows move when something new is said: the same one is meant, and where it left, the one that took its place.
  const goBack = () => {
    const at = rows().findIndex((row) => row.id === (place.id || `row-${opened()}`));
    choose(at < 0 ? place.index : at);
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
      [then, ahead] = [key, ""];
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
    if (at >= 0) place = { id: event.target.id, index: at };
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("#pane textarea")) drafts.set(opened(), event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "Enter" && event.target.matches("textarea[data-text]")) event.target.form.requestSubmit();
      return;
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing) {
      typing.blur();
      goBack();
    }
    if (typing || document.querySelector("dialog[open]")) return;
    if (then) {
      // The message is on its way: letters belong to the answer, they are no commands.
      if (event.key.length > 1) return;
      ahead += event.key;
      event.preventDefault();
      return;
    }
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
  let asked = null; // the message that was asked for last; an answer that comes later than it is not wanted any more
  let inList = false; // whoever chooses in the list goes on there when it is shown anew
  let shown = null;
  const isElsewhere = (source) => {
    const active = document.activeElement;
    return stream.contains(active) || (active.matches("input, textarea, select") && !source.contains(active));
  };
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const source = ctx.sourceElement;
    if (source.matches(".inbox-row")) asked = ctx;
    // After something was done the focus belongs to the list again: now, for later somebody may be typing.
    else if (pane.contains(source) && !source.matches(".inbox-reply, .inbox-thread") && !isElsewhere(source)) goBack();
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    const source = (ctx.from = ctx.sourceElement);
    const isPast = source.matches(".inbox-row") ? ctx !== asked : source.matches("form") && !source.isConnected;
    inList = stream.contains(document.activeElement);
    if (isPast) event.preventDefault();
    else if (source.matches(".inbox-reply") && source.contains(document.activeElement)) document.activeElement.blur();
  });
  const opens = (answered) => {
    const field = pane.querySelector(".inbox-reply textarea");
    const refused = pane.querySelector('.inbox-reply [role="alert"]');
    toMeant();
    if (answered && !refused) drafts.delete(opened());
    if (field) field.value ||= drafts.get(opened()) ?? "";
    if (then) press(then);
    else if (refused) press("r");
    else if (answered && document.activeElement === document.body) goBack();
    if (then !== "r" || !field || !ahead) return;
    field.setRangeText(ahead, field.value.length, field.value.length, "end");
    drafts.set(opened(), field.value);
  };
  document.addEventListener("htmx:after:swap", (event) => {
    const article = pane.querySelector("[data-message]");
    if (article !== shown) {
      shown = article;
      if (article) opens(event.detail.ctx.from.matches(".inbox-reply"));
      then = "";
    } else if (inList && document.activeElement === document.body) {
      (document.getElementById(`row-${opened()}`) ?? rows()[Math.min(place.index, rows().length - 1)])?.focus();
    }
    for (const form of pane.querySelectorAll(".inbox-actions form")) form.reset();
    mark();
  });
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx === asked) then = "";
  });
  shown = pane.querySelector("[data-message]");
  mark();
  toMeant();
})();
