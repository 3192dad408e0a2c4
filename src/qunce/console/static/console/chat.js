// What the pages of accounts, broadcasts and the sandbox need beyond console.js.
//   data-once                a form that is sent once; its button says data-busy meanwhile
//   data-insert="{group}"    puts that into the form's data-text field, where the cursor is
//   data-pick="name"         a group on offer: ticked, it joins #picked as a chip that can be taken off again
//   data-empties             a form of htmx whose data-text field is empty again once it was sent
//   data-attach              a file field that uploads by itself; the form looks anew when the file is there
//   data-detach              takes the file off again
//   data-enter               a search field within a form: Enter searches, and does not send the form
//   data-stay-below          a conversation: shows its end, unless somebody reads further up
(() => {
  const $all = (selector) => [...document.querySelectorAll(selector)];

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-once]");
    if (!form) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button?.dataset.busy) button.textContent = button.dataset.busy;
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of $all("form[data-once]")) delete form.dataset.sent;
  });

  // ---- writing
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const field = button.form.querySelector("[data-text]");
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("htmx:after:request", (event) => {
    const form = event.detail.ctx.sourceElement.closest("[data-empties]");
    if (!form || !event.detail.ctx.response?.raw.ok) return;
    const field = form.querySelector("[data-text]");
    field.value = "";
    field.focus();
  });

  // ---- a file
  const anew = () => document.getElementById("compose")?.dispatchEvent(new Event("change", { bubbles: true }));
  document.addEventListener("htmx:finally:request", (event) => {
    const field = event.detail.ctx.sourceElement;
    if (!field.matches("[data-attach]")) return;
    field.value = "";
    anew();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-detach]");
    if (!button) return;
    button.closest(".attached").remove();
    document.querySelector("[data-attach]").focus();
    anew();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-enter]")) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // ---- groups one by one
  const picked = () => document.getElementById("picked");
  const chips = () => $all("[data-picked]");
  const marry = () => {
    const chosen = new Set(chips().map((chip) => chip.value));
    for (const box of $all("[data-pick]")) box.checked = chosen.has(box.value);
  };
  const add = (box) => {
    const chip = document.createElement("label");
    chip.className = "chip";
    const kept = Object.assign(document.createElement("input"), {
      type: "checkbox",
      name: "group_ids",
      value: box.value,
      checked: true,
      className: "form-check-input",
    });
    kept.dataset.picked = "";
    chip.append(kept, ` ${box.dataset.pick}`);
    picked().append(chip);
  };
  // Before the form asks what it would reach: the capturing listener runs first.
  document.addEventListener(
    "change",
    (event) => {
      const box = event.target;
      if (box.matches("[data-pick]")) {
        const there = chips().find((chip) => chip.value === box.value);
        if (box.checked && !there) add(box);
        if (!box.checked && there) there.closest(".chip").remove();
      } else if (box.matches("[data-picked]")) {
        const form = box.form;
        box.closest(".chip").remove();
        marry();
        form.dispatchEvent(new Event("change", { bubbles: true }));
      }
    },
    true,
  );

  // ---- conversations
  const end = () => {
    for (const talk of $all("[data-stay-below]")) {
      const above = talk.scrollHeight - talk.scrollTop - talk.clientHeight;
      if (!talk.dataset.shown || above < 160) talk.scrollTop = talk.scrollHeight;
      talk.dataset.shown = "yes";
    }
  };

  document.addEventListener("htmx:after:swap", () => {
    if (picked()) marry();
    end();
  });
  end();
})();
