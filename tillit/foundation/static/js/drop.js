// <div class="drop"> around a file input: files may be dropped on it, and its name and size are shown.
(() => {
  const zone = (event) => event.target.closest?.(".drop");
  const size = (bytes) => {
    const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
    return new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit", unit, maximumFractionDigits: 1,
    }).format(amount);
  };

  ["dragenter", "dragover"].forEach((name) =>
    document.addEventListener(name, (event) => {
      if (!zone(event)) return;
      event.preventDefault();
      zone(event).classList.add("is-over");
    }),
  );

  document.addEventListener("dragleave", (event) => {
    if (zone(event) && !zone(event).contains(event.relatedTarget)) zone(event).classList.remove("is-over");
  });

  document.addEventListener("drop", (event) => {
    const input = zone(event)?.querySelector("input[type=file]");
    if (!input) return;
    event.preventDefault();
    zone(event).classList.remove("is-over");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("change", (event) => {
    const shown = zone(event)?.querySelector("[data-file]");
    if (!shown) return;
    const { maxBytes, tooLarge } = event.target.dataset; // said at once, not after minutes of sending
    const large = [...event.target.files].some((file) => file.size > Number(maxBytes ?? Infinity));
    event.target.setCustomValidity(large ? tooLarge : "");
    event.target.reportValidity();
    shown.textContent = [...event.target.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  });
})();
