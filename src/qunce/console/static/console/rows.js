// Lists of rows: a row is added, taken out and moved without asking the server; the focus stays where one works.
//   data-rows="name"            the list; its rows are named name-<number>-…
//   data-add-row="kind"         puts in the template of that kind
//   data-remove-row             takes its row out
//   data-move-row="up|down"     moves its row by one
//   data-tick-all="people"      ticks every box of that name in its form
(() => {
  const BLANK = "__row__";
  const NAMED = ["name", "id", "for", "aria-describedby"];

  const changed = (list) => list.dispatchEvent(new Event("change", { bubbles: true }));
  const add = (list, kind) => {
    const template = [...list.querySelectorAll("template")].find((each) => each.dataset.row === kind);
    const rows = list.querySelector(".rows-list");
    const taken = [...rows.querySelectorAll("[name]")].map((each) => Number(each.name.slice(list.dataset.rows.length + 1).split("-")[0]));
    const name = `${list.dataset.rows}-${Math.max(-1, ...taken) + 1}`;
    const row = template.content.firstElementChild.cloneNode(true);
    for (const each of row.querySelectorAll("*")) {
      for (const attribute of NAMED) {
        if (each.hasAttribute(attribute)) each.setAttribute(attribute, each.getAttribute(attribute).replaceAll(BLANK, name));
      }
    }
    rows.append(row);
    (row.querySelector("input:not([type='hidden']), select, textarea") ?? row.querySelector("[data-remove-row]"))?.focus();
    changed(list);
  };
  const remove = (row) => {
    const list = row.closest("[data-rows]");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("[data-remove-row]") ?? list.querySelector("summary, [data-add-row]"))?.focus();
    changed(list);
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = at("[data-add-row]"))) {
      const menu = hit.closest("details");
      if (menu) menu.open = false;
      add(hit.closest("[data-rows]"), hit.dataset.addRow);
    } else if ((hit = at("[data-remove-row]"))) remove(hit.closest("[data-row-form]"));
    else if ((hit = at("[data-move-row]"))) {
      const row = hit.closest("li");
      if (hit.dataset.moveRow === "up") row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      hit.focus();
    } else if ((hit = at("[data-tick-all]"))) {
      for (const box of hit.form.querySelectorAll(`input[name="${hit.dataset.tickAll}"]`)) box.checked = true;
    }
  });
})();
