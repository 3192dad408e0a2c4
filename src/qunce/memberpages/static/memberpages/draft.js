// The draft of a write-up: words save themselves while they are written; buttons change the draft in place.
// Without this script every form is sent as forms are. What could not be sent stays in its field and is sent again.
(() => {
  const PAUSE = 1200;
  const AGAIN = 4000;
  const timers = new WeakMap();
  const draft = () => document.querySelector("[data-draft]");
  const say = (text, bad = false) => {
    const line = document.querySelector("[data-draft-state]");
    if (!line) return;
    line.textContent = text;
    line.toggleAttribute("data-bad", bad);
  };
  const words = (form) => form.querySelector("textarea[name=text]");
  const changed = (form) => words(form) && words(form).value.replaceAll("\r\n", "\n").trim() !== form.elements.seen.value.replaceAll("\r\n", "\n").trim();
  const told = (name) => document.querySelector("[data-draft-words]")?.dataset[name] ?? "";

  const send = (form, op) => {
    const body = new FormData(form);
    if (op) body.set("op", op);
    else if (!body.get("op")) body.set("op", "text");
    return fetch(form.action, { method: "POST", body, headers: { "X-Draft": op ? "change" : "save" }, keepalive: body.get("text")?.length < 20000 });
  };

  const save = async (form) => {
    clearTimeout(timers.get(form));
    if (!changed(form)) return true;
    const written = words(form).value;
    try {
      const answer = await send(form);
      const said = await answer.json();
      if (!answer.ok) {
        say(said.problem, true);
        return false;
      }
      form.elements.seen.value = written.trim();
      say(said.said);
      if (said.changed) await load(answer);
      return true;
    } catch {
      say(told("offline"), true);
      timers.set(form, setTimeout(() => save(form), AGAIN));
      return false;
    }
  };

  const load = async () => {
    const answer = await fetch(location.href, { headers: { "X-Draft": "piece" } });
    if (answer.ok && !unsaved().length) replace(await answer.text());
  };
  const unsaved = () => [...document.querySelectorAll("[data-passage-form]")].filter((form) => form.elements.seen && changed(form));
  const replace = (html) => {
    const open = document.querySelector(".draft-aside")?.open;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    draft().replaceWith(holder.content.querySelector("[data-draft]"));
    const aside = document.querySelector(".draft-aside");
    if (aside && open) aside.open = true;
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-passage-form]");
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => save(form), PAUSE));
  });
  document.addEventListener("focusout", (event) => {
    const form = event.target.closest?.("[data-passage-form]");
    if (form && form.elements.seen) save(form);
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-passage-form]");
    if (!form || !event.submitter?.value) return;
    event.preventDefault();
    const field = words(form);
    if (field && form.elements.place) form.elements.place.value = field.selectionStart;
    for (const other of unsaved()) if (other !== form && !(await save(other))) return;
    clearTimeout(timers.get(form));
    try {
      const answer = await send(form, event.submitter.value);
      if (answer.ok) replace(await answer.text());
      else say((await answer.json()).problem, true);
    } catch {
      say(told("offline"), true);
    }
  });
  addEventListener("pagehide", () => unsaved().forEach((form) => send(form)));
})();
