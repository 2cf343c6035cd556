// Lists: a click anywhere in a row opens it; not on a link in it, nor while text is being marked.
(() => {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("table[data-rows] tbody tr");
    if (!row || event.defaultPrevented || event.target.closest("a, button, input, label, select")) return;
    if (String(getSelection()).trim()) return;
    const link = row.querySelector("a[href]");
    if (!link) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
})();
