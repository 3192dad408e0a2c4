// data-unsaved on a form: leaving the page asks, as long as something typed in it is not saved.
(() => {
  let typed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("[data-unsaved]")) typed = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.closest("[data-unsaved]")) typed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (typed) event.preventDefault();
  });
})();
