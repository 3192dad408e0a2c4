// Things are lifted and put down elsewhere: with a mouse by moving it, with a finger after holding still for a moment,
// so that a finger that moves goes on scrolling. Near an edge the page, or what scrolls within it, follows.
//   dragging({ things, places, drop })   selectors of what is lifted and where it may go; drop(thing, place)
// While something is lifted the body has .is-lifting: places that are not worth their room otherwise appear then.
const dragging = ({ things, places, drop }) => {
  const HOLD = 350; // ms that a finger rests before it lifts
  const SLACK = 8; // px that still count as resting
  const EDGE = 56; // px from an edge at which it scrolls
  let drag = null;

  const placeAt = (x, y) => document.elementsFromPoint(x, y).find((each) => each.matches?.(places));
  const over = (place) => {
    for (const each of document.querySelectorAll(".is-over")) each.classList.remove("is-over");
    place?.classList.add("is-over");
  };
  const letGo = () => {
    if (!drag) return;
    clearTimeout(drag.hold);
    over(null);
    drag.ghost?.remove();
    drag.thing.classList.remove("is-dragged");
    document.body.classList.remove("is-lifting");
    drag = null;
  };
  const follow = () => {
    drag.ghost.style.translate = `${drag.x - 12}px ${drag.y - 12}px`;
    over(placeAt(drag.x, drag.y));
  };
  // What the page shows may come anew meanwhile: the same thing is held on to.
  const still = () => {
    if (drag.thing.isConnected) return true;
    const same = (each) => ["step", "movesSchedule"].every((name) => each.dataset[name] === drag.thing.dataset[name]);
    const now = [...document.querySelectorAll(things)].find((each) => same(each) && each.offsetParent !== null);
    if (now && drag.ghost) now.classList.add("is-dragged");
    drag.thing = now ?? drag.thing;
    return now !== undefined;
  };
  const lift = () => {
    if (!still()) return letGo();
    const { thing } = drag;
    const before = thing.getBoundingClientRect();
    drag.ghost = thing.cloneNode(true);
    drag.ghost.classList.add("drag-ghost");
    for (const name of ["id", "data-step", "href", "hx-get"]) drag.ghost.removeAttribute(name);
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.style.width = `${Math.min(before.width, 280)}px`;
    thing.classList.add("is-dragged");
    document.body.append(drag.ghost);
    document.body.classList.add("is-lifting");
    scrollBy(0, thing.getBoundingClientRect().top - before.top); // what appeared above it pushes nothing away
    navigator.vibrate?.(15);
    follow();
    requestAnimationFrame(scroll);
  };
  const pull = (at, from, to) => (at < from + EDGE ? at - from - EDGE : at > to - EDGE ? at - to + EDGE : 0) / 4;
  const scroll = () => {
    if (!drag?.ghost) return;
    if (!still()) return letGo();
    const inner = drag.thing.closest("[data-scrolls]");
    if (inner) {
      const box = inner.getBoundingClientRect();
      inner.scrollBy(pull(drag.x, box.left, box.right), pull(drag.y, Math.max(box.top, 0), Math.min(box.bottom, innerHeight)));
    }
    scrollBy(0, pull(drag.y, 0, innerHeight));
    follow();
    requestAnimationFrame(scroll);
  };

  // A lifted thing moves instead of the page. The browser asks at the first touch whether anybody may say so: hence the
  // listener of the document; that of the thing hears the finger also when the thing has left the page.
  const hold = (event) => drag?.ghost && event.cancelable && event.preventDefault();
  document.addEventListener("touchmove", hold, { passive: false });
  document.addEventListener("pointerdown", (event) => {
    const thing = event.target.closest?.(things);
    if (!thing || event.button !== 0 || !event.isPrimary || event.target.closest("input, select, button")) return;
    letGo();
    const touch = event.pointerType !== "mouse";
    drag = { thing, touch, x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY, ghost: null };
    if (!touch) return;
    drag.hold = setTimeout(lift, HOLD);
    event.target.addEventListener("touchmove", hold, { passive: false });
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || !event.isPrimary) return;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (drag.ghost) return follow();
    if (Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY) < SLACK) return;
    if (drag.touch) letGo();
    else lift();
  });
  document.addEventListener("pointerup", () => {
    if (!drag?.ghost) return letGo();
    const { x, y } = drag;
    const place = still() && placeAt(x, y);
    const { thing } = drag;
    letGo();
    // The click that ends a drag opens nothing; it comes at once, or not at all.
    const swallow = (click) => {
      click.preventDefault();
      click.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
    if (place) drop(thing, place);
  });
  document.addEventListener("pointercancel", letGo);
  // A long press opens no menu.
  document.addEventListener("contextmenu", (event) => drag?.touch && event.preventDefault());
  document.addEventListener("dragstart", (event) => event.target.closest?.(things) && event.preventDefault());
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !drag?.ghost) return;
      event.stopPropagation();
      letGo();
    },
    true,
  );
};
