// What pages need beyond HTML. Everything is declared in attributes:
//   data-open="id" / data-close     a dialog             data-toggles="id"   shows and hides, with aria-expanded
//   hx-confirm="…?"                 asks in our dialog   data-copy="#id"     copies a field's text
//   data-live="group:12" + hx-trigger="live"             fires `live` when the topic has changed
//   data-live-moving        beside it: it may change while the page is on its way
//   data-holds              on details within: while they are open, or a field has the focus, the live part waits
//   data-chart="id"                 draws the JSON of script#id with ECharts
(() => {
  const $all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- requests of htmx
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
    event.detail.ctx.askedAt = performance.now();
  });
  document.addEventListener("htmx:confirm", (event) => {
    event.preventDefault();
    const { ctx, issueRequest, dropRequest } = event.detail;
    const dialog = document.getElementById("ask");
    document.getElementById("ask-question").textContent = ctx.confirm;
    dialog.onclose = () => (dialog.returnValue === "yes" ? issueRequest() : dropRequest());
    dialog.returnValue = "no";
    dialog.showModal();
  });

  // ---- clicks and keys
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    for (const menu of $all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    let hit;
    if ((hit = at("[data-open]"))) document.getElementById(hit.dataset.open).showModal();
    else if ((hit = at("#ask button"))) document.getElementById("ask").close(hit.value);
    else if ((hit = at("[data-close]"))) hit.closest("dialog").close();
    else if ((hit = at("[data-dismiss-notice]"))) hit.closest("[data-notice]").remove();
    else if ((hit = at("[data-toggles]"))) {
      const open = document.getElementById(hit.dataset.toggles).classList.toggle("is-open");
      hit.setAttribute("aria-expanded", String(open));
    } else if ((hit = at("[data-copy]"))) copy(hit);
  });
  const copy = async (button) => {
    const field = document.querySelector(button.dataset.copy);
    const text = field.value ?? field.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      field.select?.();
      document.execCommand("copy");
    }
    const before = button.innerHTML;
    button.textContent = button.dataset.copied ?? "✓";
    setTimeout(() => (button.innerHTML = before), 1600);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of $all("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const search = document.querySelector('input[type="search"]');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submits]")) event.target.form.requestSubmit();
  });
  for (const field of $all("input[data-browser-zone]")) {
    field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }

  // ---- live: one stream per page for all its topics; none while nobody looks
  let stream = null;
  let followed = "";
  const follow = () => {
    const topics = [...new Set($all("[data-live]").flatMap((element) => element.dataset.live.split(" ")))].sort().join(",");
    const wanted = document.hidden ? "" : topics;
    if (wanted === followed) return;
    stream?.close();
    followed = wanted;
    if (!wanted) return;
    const opened = (stream = new EventSource(`/live/?topics=${encodeURIComponent(wanted)}`));
    opened.addEventListener("touched", (event) => {
      touched.set(event.data, performance.now());
      fire(event.data);
    });
    opened.onopen = () => {
      // What changed between the making of the page and this moment is read where things are moving.
      for (const element of $all(opened.again ? "[data-live]" : "[data-live-moving]")) renew(element);
      opened.again = true;
      document.documentElement.dataset.live = "on";
    };
    opened.onerror = () => (document.documentElement.dataset.live = "off");
  };
  const fire = (topic) => {
    for (const element of $all("[data-live]")) if (element.dataset.live.split(" ").includes(topic)) renew(element);
  };
  // What was touched after a part had been asked for is not in it: the part that came is renewed once more.
  const touched = new Map();
  const known = new WeakSet();
  const catchUp = (askedAt) => {
    for (const element of $all("[data-live]")) {
      if (known.has(element)) continue;
      known.add(element);
      if (element.dataset.live.split(" ").some((topic) => touched.get(topic) > askedAt)) {
        setTimeout(() => element.isConnected && renew(element), 1000);
      }
    }
  };
  // Nothing is taken from under somebody's hands: what is being used is renewed once it is let go.
  const late = new Set();
  const inUse = (element) => element.querySelector("details[data-holds][open], input:focus, textarea:focus, select:focus");
  const renew = (element) => {
    if (inUse(element)) late.add(element);
    else htmx.trigger(element, "live", {});
  };
  const letGo = () => {
    for (const element of late) {
      if (element.isConnected && inUse(element)) continue;
      late.delete(element);
      if (element.isConnected) htmx.trigger(element, "live", {});
    }
  };
  document.addEventListener("htmx:before:swap", (event) => {
    const element = event.detail.ctx.sourceElement;
    if (!element.matches("[data-live]") || !inUse(element)) return;
    event.preventDefault();
    late.add(element);
  });
  document.addEventListener("toggle", letGo, true);
  document.addEventListener("focusout", () => setTimeout(letGo));
  document.addEventListener("visibilitychange", () => {
    const back = !document.hidden && followed === "";
    follow();
    if (back) for (const topic of followed.split(",")) fire(topic);
  });
  addEventListener("pagehide", () => stream?.close());

  // ---- times that stay true while the page stands open
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  setInterval(() => {
    for (const time of $all("time[data-when]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? [];
      if (unit && Math.abs(seconds) < 30 * 86400) time.textContent = words.format(Math.trunc(seconds / size), unit);
    }
  }, 60000);

  const settle = () => {
    follow();
    window.charts?.draw();
  };
  document.addEventListener("htmx:after:swap", (event) => {
    settle();
    catchUp(event.detail?.ctx?.askedAt ?? Infinity);
  });
  settle();
  catchUp(Infinity);
})();
