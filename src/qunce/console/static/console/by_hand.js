// The list of what is carried over by hand.
//   data-hand-copy="id"      copies that element's text exactly, then its form takes the message in hand
//   form[data-hand-kept]     what is tapped while the line is gone is kept on the phone and sent when it is back;
//                            the server does nothing twice, so asking again is harmless
(() => {
  const STORE = "qunce.by-hand";
  const AGAIN = 15000;
  const QUIET = 8000;

  // ---- copying, also where the page came without encryption and the browser has no clipboard for it
  const copyOldWay = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    field.setSelectionRange(0, text.length);
    document.execCommand("copy");
    field.remove();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-hand-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.handCopy).textContent;
    if (navigator.clipboard) navigator.clipboard.writeText(text).catch(() => copyOldWay(text));
    else copyOldWay(text);
    button.textContent = button.dataset.copied;
  });

  // ---- nothing moves under a thumb: news wait until the page has been left alone for a while
  let touched = -QUIET;
  let waiting = 0;
  for (const kind of ["pointerdown", "keydown", "touchmove"]) {
    addEventListener(kind, () => (touched = performance.now()), { passive: true });
  }
  document.addEventListener("htmx:before:swap", (event) => {
    const list = event.detail.ctx.sourceElement;
    const left = QUIET - (performance.now() - touched);
    if (list.id !== "by-hand" || left <= 0) return;
    event.preventDefault();
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.trigger(list, "live", {}), left);
  });

  // ---- taps without a line
  const read = () => JSON.parse(localStorage.getItem(STORE) ?? "[]");
  const write = (kept) => {
    localStorage.setItem(STORE, JSON.stringify(kept));
    document.getElementById("unsaved").hidden = kept.length === 0;
    for (const { card } of kept) document.getElementById(card)?.classList.add("hand-unsaved");
  };
  const keep = (event) => {
    const { ctx } = event.detail;
    const form = ctx?.sourceElement?.closest?.("form[data-hand-kept]");
    const status = ctx?.response?.status;
    if (!form || (status && ![502, 503, 504].includes(status))) return;
    const fields = [...ctx.request.body.entries()].filter(([name]) => name !== "csrfmiddlewaretoken");
    const url = form.getAttribute("action");
    write([...read().filter((each) => each.url !== url), { url, fields, card: form.closest("article").id }]);
  };
  document.addEventListener("htmx:error", keep);
  document.addEventListener("htmx:response:error", keep);

  let sending = false;
  const send = async () => {
    if (sending || !read().length) return;
    sending = true;
    try {
      for (const each of read()) {
        const answer = await fetch(each.url, {
          method: "POST",
          body: new URLSearchParams(each.fields),
          headers: {
            "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
            "HX-Request": "true",
            "HX-Current-URL": location.href,
          },
        });
        if (answer.headers.has("HX-Redirect")) return location.assign(answer.headers.get("HX-Redirect"));
        if (answer.status >= 500) return;
        write(read().filter((kept) => kept.url !== each.url));
      }
      htmx.trigger(document.getElementById("by-hand"), "live", {});
    } catch {
      // Still no line: the next round tries again.
    } finally {
      sending = false;
    }
  };
  addEventListener("online", send);
  setInterval(send, AGAIN);
  document.addEventListener("htmx:after:swap", () => write(read()));
  write(read());
  send();
})();
