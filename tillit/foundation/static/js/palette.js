// Ctrl-K or Cmd-K opens the palette; arrows walk its entries, letters go back to the field.
(() => {
  const dialog = document.getElementById("palette");

  // The field at the head of the page has such a list, too. There Enter searches, and Escape puts the list away.
  document.addEventListener("keydown", (event) => {
    const find = event.target.closest?.(".shell-find");
    if (!find || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
    const stops = [find.querySelector("input"), ...find.querySelectorAll(".found a")];
    const here = stops.indexOf(document.activeElement);
    if (event.key === "Escape") find.querySelector(".found").replaceChildren();
    else stops[(here + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog?.open) dialog.close();
      else if (dialog?.showModal) dialog.showModal();
      return;
    }
    const palette = event.target.closest?.(".palette");
    if (palette) walk(palette, event);
  });

  const walk = (palette, event) => {
    const field = palette.querySelector("input");
    const links = [...palette.querySelectorAll(".palette-list a")];
    const here = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown") (links[here + 1] ?? links[0])?.focus();
    else if (event.key === "ArrowUp") (here > 0 ? links[here - 1] : field).focus();
    else if (event.key === "Home" && here >= 0) links[0].focus();
    else if (event.key === "End" && here >= 0) links.at(-1).focus();
    else if (event.key === "Enter" && here < 0 && field.value && links.length) links[0].click();
    else if (here >= 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey) return field.focus();
    else return;
    event.preventDefault();
  };

  dialog?.addEventListener("close", () => {
    const field = dialog.querySelector("input");
    if (!field.value) return;
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true })); // the list goes back to the places
  });
})();
