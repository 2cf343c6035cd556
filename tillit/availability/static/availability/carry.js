// Carry a window to another day: by mouse, by its dots on a screen, or Shift and arrows. What is let go opens the form that asks why.
(() => {
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const cells = () => [...document.querySelectorAll("[data-grid] [data-at]")];
  const said = document.querySelector("[data-carry-said]");
  let carried = null;

  const aim = (cell) => {
    if (carried.cell === cell) return;
    carried.cell?.classList.remove("is-target");
    cell?.classList.add("is-target");
    carried.cell = cell;
    if (said) said.textContent = cell ? `${said.dataset.carrySaid} ${cell.dataset.at}` : "";
  };
  const release = (drops) => {
    const { slot, cell, home } = carried;
    aim(null);
    slot.classList.remove("is-carried");
    slot.style.translate = "";
    carried = null;
    if (drops && cell && cell !== home) location.assign(`${slot.dataset.move}?to=${cell.dataset.at}`);
  };

  document.addEventListener("pointerdown", (event) => {
    const slot = event.target.closest?.("[data-move]");
    if (!slot || event.button !== 0 || (event.pointerType !== "mouse" && !event.target.closest("[data-handle]"))) return;
    carried = { slot, home: slot.closest("[data-at]"), x: event.clientX, y: event.clientY, moves: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!carried || carried.keys) return;
    const [x, y] = [event.clientX - carried.x, event.clientY - carried.y];
    if (!carried.moves && Math.hypot(x, y) < 6) return;
    carried.moves = true;
    carried.slot.classList.add("is-carried");
    carried.slot.style.translate = `${x}px ${y}px`;
    aim(document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-at]"));
  });
  document.addEventListener("pointerup", () => {
    if (!carried || carried.keys) return;
    if (carried.moves) addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true });
    release(carried.moves);
  });
  document.addEventListener("pointercancel", () => carried && release(false));
  document.addEventListener("keydown", (event) => {
    const slot = event.target.closest?.("[data-move]");
    if (carried && event.key === "Escape") return release(false);
    if (carried?.keys && event.key === "Enter") {
      event.preventDefault();
      return release(true);
    }
    if (!slot || !event.shiftKey || !(event.key in STEPS)) return;
    event.preventDefault();
    carried ??= { slot, home: slot.closest("[data-at]"), keys: true };
    const all = cells();
    aim(all[all.indexOf(carried.cell ?? carried.home) + STEPS[event.key]] ?? carried.cell);
  });
})();
