// The editor of playbooks, its text, and starts. Beside what console.js and chat.js declare:
//   data-timeline               steps on days and hours: dragged (drag.js), or moved with the keyboard
//   data-add="kind"             adds a step, on data-path of the step data-of where these are named
//   data-on-step="remove"       does that to the step data-of
//   data-undo                   goes one change back; so does Ctrl+Z outside of fields
//   data-puts="{group}"         puts that into the text field that was used last
//   data-line-at="12"           goes to that line of the text
//   data-into="#text"           a file whose text goes into that field
(() => {
  const form = document.getElementById("edit");
  const editor = document.getElementById("editor");
  const panel = document.getElementById("panel");
  const before = []; // what our changes have replaced, the latest last: {document, base, after}, the editions around it
  let last = null; // the text field that was used last
  let focus = ""; // the step to return to once the timeline is new

  const state = () => editor?.querySelector(".editor-state");

  // ---- a change of the timeline
  // One after the other: what is asked for meanwhile waits for the answer.
  const waiting = [];
  let busy = false;
  const post = (op, given = {}) => {
    if (!form) return;
    if (busy) return waiting.push(() => post(op, given));
    busy = true;
    const fields = { op, ...given };
    const place = form.querySelector("[data-given]");
    place.replaceChildren(
      ...Object.entries(fields).map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })),
    );
    focus = given.step ?? "";
    form.requestSubmit();
  };
  let undone = null; // what is being put back
  const undo = () => {
    if (busy) return waiting.push(undo);
    undone = before.pop() ?? null;
    if (undone) post("restore", { document: undone.document, edition: undone.after });
  };
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx.sourceElement !== form) return;
    busy = false;
    waiting.shift()?.();
  });
  // An answer says what the change has replaced. What we go back behind counts as seen; what others did does not.
  const remember = (place) => {
    for (const each of place.querySelectorAll("[data-changed]")) {
      const [base, after] = [each.dataset.base, each.dataset.changed];
      const top = before.at(-1);
      if (!("restored" in each.dataset)) before.push({ document: each.textContent, base, after });
      else if (top?.after === undone.base) top.after = after;
      each.remove();
    }
    const button = editor?.querySelector("[data-undo]");
    if (button) button.disabled = !before.length;
  };

  // ---- dragging
  dragging({
    things: ".dayplan [data-moves]",
    places: ".dayplan td[data-day], .dayplan-list [data-day]",
    drop: (card, place) => {
      const { day, hour } = place.dataset;
      if (day === card.dataset.on && (hour === undefined || Number(hour) === Number.parseInt(card.dataset.at, 10))) return;
      post("move", { step: card.dataset.step, day, ...(hour === undefined ? {} : { hour }) });
    },
  });

  // ---- keys
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z" && !typing && before.length) {
      event.preventDefault();
      return undo();
    }
    if (event.key === "Escape" && panel?.contains(event.target)) return close();
    const card = event.target.closest("[data-moves]");
    if (!card) return;
    const step = card.dataset.step;
    if (command && event.key.toLowerCase() === "d") {
      event.preventDefault();
      post("duplicate", { step });
    } else if (event.key === "Delete") {
      event.preventDefault();
      post("remove", { step });
    } else if (MOVES[event.key] && !command && !event.altKey) {
      event.preventDefault();
      const [days, hours] = MOVES[event.key];
      post("move", { step, days, hours });
    }
  });

  // ---- clicks
  const close = () => {
    const step = panel.querySelector("[data-panel]")?.dataset.panel;
    panel.replaceChildren();
    history.replaceState(null, "", location.pathname);
    cardOf(step)?.focus();
  };
  const cardOf = (step) => {
    const cards = step ? [...document.querySelectorAll(`.dayplan [data-step="${CSS.escape(step)}"]`)] : [];
    return cards.find((card) => card.offsetParent !== null);
  };
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = at("[data-add]"))) {
      hit.closest("details").open = false;
      const { add, of, path } = hit.dataset;
      post("add", { do: add, ...(of ? { of, path } : {}) });
    } else if ((hit = at("[data-on-step]"))) {
      post(hit.dataset.onStep, { step: hit.dataset.of });
      if (hit.dataset.onStep === "remove") panel.replaceChildren();
    } else if (at("[data-undo]")) undo();
    else if (at("[data-close-panel]")) close();
    else if ((hit = at("[data-puts]"))) put(hit.dataset.puts);
    else if ((hit = at("[data-line-at]"))) toLine(Number(hit.dataset.lineAt));
  });

  // ---- fields
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".step-form textarea[data-words], .step-form input[type='text']")) last = event.target;
  });
  const put = (text) => {
    const field = last?.isConnected ? last : document.querySelector(".step-form textarea[data-words]");
    if (!field) return;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const toLine = (number) => {
    const field = document.getElementById("text");
    if (!field) return;
    const lines = field.value.split("\n");
    const start = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
    field.focus();
    field.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
    field.scrollTop = (field.scrollHeight / lines.length) * Math.max(0, number - 4);
  };
  document.addEventListener("input", (event) => {
    if (!event.target.closest(".step-form")) return;
    document.querySelector("[data-looks]")?.dispatchEvent(new Event("typed"));
  });
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (field.matches("[data-into]") && field.files[0]) {
      const into = document.querySelector(field.dataset.into);
      into.value = await field.files[0].text();
      into.dispatchEvent(new Event("input", { bubbles: true }));
      into.focus();
      field.value = "";
    }
    if (field.closest("[data-kind-of-start]")) location.search = new URLSearchParams({ on: field.value });
  });

  // ---- the timeline came anew; whoever stands on a step goes on standing there
  document.addEventListener("htmx:before:swap", () => {
    focus ||= document.activeElement?.closest?.(".dayplan [data-step]")?.dataset.step ?? "";
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target ?? event.target;
    if (editor && (target === editor || target?.id === "editor")) {
      remember(editor);
      const { openStep, focusStep } = state().dataset;
      const step = focusStep || focus;
      if (openStep) cardOf(openStep)?.click();
      else if (step) cardOf(step)?.focus({ preventScroll: true });
      focus = "";
    }
    if (panel && target?.id === "panel" && panel.firstElementChild) {
      remember(panel);
      const heading = document.getElementById("panel-heading");
      panel.scrollIntoView({ block: "nearest" });
      if (!panel.contains(document.activeElement)) heading?.focus();
      const step = panel.querySelector("[data-panel]")?.dataset.panel;
      if (step) history.replaceState(null, "", `?step=${encodeURIComponent(step)}`);
      for (const each of document.querySelectorAll(".dayplan [data-step]")) {
        if (each.dataset.step === step) each.setAttribute("aria-current", "true");
        else each.removeAttribute("aria-current");
      }
    }
  });
})();
