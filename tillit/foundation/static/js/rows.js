// Lists: j and k walk from row to row (Enter then opens the row's link), one box chooses all rows.
(() => {
  const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const off = () => localStorage.getItem("tillit.keys") === "off" || document.querySelector("dialog[open]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || off()) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const links = [...document.querySelectorAll("main [data-rows] tbody tr")]
      .map((row) => row.querySelector("a[href]"))
      .filter(Boolean);
    if (!links.length) return;
    const row = event.target.closest?.("tr");
    const here = links.findIndex((link) => link.closest("tr") === row);
    const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), links.length - 1);
    event.preventDefault();
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
  });

  const boxes = (table) => [...table.querySelectorAll("tbody .check input[type=checkbox]")];

  document.addEventListener("change", (event) => {
    const table = event.target.closest?.("table");
    if (!table || !event.target.closest(".check")) return;
    const all = table.querySelector("[data-check-all]");
    if (event.target === all) boxes(table).forEach((box) => (box.checked = all.checked));
    const chosen = boxes(table).filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes(table).length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
    document.querySelectorAll("[data-chosen]").forEach((place) => (place.textContent = chosen));
    document.querySelectorAll(".chosen-bar").forEach((bar) => (bar.hidden = !chosen));
  });
})();
