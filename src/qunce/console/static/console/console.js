// What pages need beyond HTML. Everything is declared in attributes:
//   data-open="id" / data-close     a dialog             data-toggles="id"   shows and hides, with aria-expanded
//   hx-confirm="…?"                 asks in our dialog   data-copy="#id"     copies a field's text
//   data-live="group:12" + hx-trigger="live"             fires `live` when the topic has changed
//   data-holds              on details within: while they (or a menu) are open, or a field is used, the live part waits
//   data-chart="id"                 draws the JSON of script#id with ECharts
(() => {
  const $all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- requests of htmx
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
    event.detail.ctx.askedAt = Date.now();
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
  // What was typed into a search before the page was ready is searched for, too.
  addEventListener("load", () => {
    for (const field of $all("input[type=search]")) {
      if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  for (const field of $all("input[data-browser-zone]")) {
    field.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }

  // ---- live: one stream per page for all its topics; none while nobody looks
  let stream = null;
  let pause = 2000; // milliseconds until a stream that broke is opened again
  let followed = "";
  let sure = performance.timeOrigin; // up to when the page has heard of everything; its parts may be older
  const follow = (askedAt = sure) => {
    const topics = [...new Set($all("body [data-live]").flatMap((element) => element.dataset.live.split(" ")))].sort().join(",");
    const wanted = document.hidden ? "" : topics;
    if (wanted === followed) return;
    leave();
    followed = wanted;
    if (!wanted) return;
    // The server says what happened since then before it goes on: nothing is lost on the way from page to stream.
    const age = Math.max(Date.now() - Math.min(sure, askedAt), 0) / 1000;
    const opened = (stream = new EventSource(`/live/?topics=${encodeURIComponent(wanted)}&age=${age.toFixed(1)}`));
    let listening = false;
    const heard = () => listening && (sure = Date.now());
    opened.addEventListener("listening", () => {
      listening = true;
      pause = 2000;
      heard();
      document.documentElement.dataset.live = "on";
    });
    opened.addEventListener("touched", (event) => {
      heard();
      touched.set(event.data, Date.now());
      fire(event.data);
    });
    opened.onerror = () => {
      leave();
      setTimeout(follow, pause);
      pause = Math.min(pause * 2, 60000);
    };
  };
  const leave = () => {
    stream?.close();
    stream = null;
    followed = "";
    document.documentElement.dataset.live = "off";
  };
  const fire = (topic) => {
    for (const element of $all("body [data-live]")) if (element.dataset.live.split(" ").includes(topic)) renew(element);
  };
  // What was touched after a part had been asked for is not in it: the part that came is renewed once more.
  const touched = new Map();
  const known = new WeakSet();
  const catchUp = (askedAt) => {
    for (const element of $all("body [data-live]")) {
      if (known.has(element)) continue;
      known.add(element);
      if (element.dataset.live.split(" ").some((topic) => touched.get(topic) >= askedAt)) {
        setTimeout(() => element.isConnected && renew(element), 1000);
      }
    }
  };
  // Nothing is taken from under somebody's hands: what is being used is renewed once it is let go. A field is being
  // used while it has the focus, and while there is something else in it than the page had put there.
  const late = new Set();
  const written = new WeakSet();
  const changed = (field) => {
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (!field.matches("select")) return written.has(field) && field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
  };
  let pressed = null; // what is under the finger or the mouse: a click is only one if it ends where it began
  const inUse = (element) =>
    element.contains(pressed) ||
    element.querySelector("details:is(.menu, [data-holds])[open]") ||
    $all("input, textarea, select", element).some((field) => field.matches(":focus") || changed(field));
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
  // A link or button that had the focus has it again: htmx finds those with an id, we those that do the same.
  let held = null;
  const twin = ({ tagName, href, formAction, value, textContent }, root) =>
    $all(tagName, root).find(
      (other) =>
        other.href === href && other.formAction === formAction && other.value === value && other.textContent === textContent,
    );
  // What was unfolded stays unfolded: known by what it is called, numbers aside, and by what its row links to.
  let unfolded = [];
  const called = (details) =>
    [
      details.querySelector("summary")?.textContent.replace(/[\d,.]+/g, ""),
      details.parentElement.closest("tr, li, article, details")?.querySelector("a[href]")?.href,
    ].join();
  document.addEventListener("htmx:before:swap", (event) => {
    const element = event.detail.ctx.sourceElement;
    if (!element.matches("[data-live]")) return;
    if (inUse(element)) {
      event.preventDefault();
      late.add(element);
      return;
    }
    unfolded = $all("details[open]", element).map(called);
    if (document.activeElement.matches("a, button, summary") && element.contains(document.activeElement)) {
      held = document.activeElement;
    }
  });
  document.addEventListener("htmx:before:settle", (event) => {
    for (const name of unfolded.splice(0)) {
      const same = $all("details:not([open])", event.target).find((each) => called(each) === name);
      if (same) same.open = true;
    }
    if (held && !held.isConnected && document.activeElement === document.body) {
      twin(held, event.target)?.focus({ preventScroll: true });
    }
    held = null;
  });
  document.addEventListener("input", (event) => written.add(event.target));
  document.addEventListener("toggle", letGo, true);
  document.addEventListener("pointerdown", (event) => (pressed = event.target), true);
  const lift = () => {
    pressed = null;
    letGo();
  };
  for (const what of ["pointerup", "pointercancel"]) document.addEventListener(what, () => setTimeout(lift), true);
  for (const what of ["focusout", "change"]) document.addEventListener(what, () => setTimeout(letGo));
  document.addEventListener("visibilitychange", () => follow());
  addEventListener("pagehide", leave);
  addEventListener("pageshow", () => follow());

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

  // Of tabs that are wider than a phone, the one that is shown is in sight.
  const showTabs = () => {
    for (const tab of $all(".tab[aria-current]")) {
      const row = tab.parentElement;
      const hidden = tab.offsetLeft + tab.offsetWidth - row.offsetLeft - row.clientWidth;
      if (hidden > row.scrollLeft) row.scrollLeft = hidden + 48;
    }
  };

  const settle = (askedAt) => {
    showTabs();
    follow(askedAt);
    catchUp(askedAt);
    window.charts?.draw();
  };
  document.addEventListener("htmx:after:swap", (event) => settle(event.detail?.ctx?.askedAt));
  settle();
})();
