// Single keys: g then a letter goes to a place, / searches, ? helps, n and e press [data-key]. Can be switched off.
(() => {
  const STORE = "tillit.keys";
  const toggle = document.getElementById("keys-on");
  const on = () => localStorage.getItem(STORE) !== "off";
  const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  let waiting = 0;

  if (toggle) {
    toggle.checked = on();
    toggle.addEventListener("change", () => localStorage.setItem(STORE, toggle.checked ? "on" : "off"));
  }

  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";

  // Only what is seen is pressed; a place of the menu may be folded away.
  const press = (selector, which = seen) => {
    const target = [...document.querySelectorAll(selector)].find(which);
    if (!target) return false;
    if (target.matches("input, select, textarea")) {
      target.focus();
      target.select?.();
    } else target.click();
    return true;
  };

  const act = (key) => {
    if (Date.now() - waiting < 1500) {
      waiting = 0;
      return press(`[data-go="${CSS.escape(key)}"]`, () => true);
    }
    if (key === "g") {
      waiting = Date.now();
      return true;
    }
    if (key === "/") return press("[data-key='/']") || press("[data-open='#palette']");
    return press(`main [data-key="${CSS.escape(key)}"], .shell-head [data-key="${CSS.escape(key)}"]`);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!on() || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.length === 1 && act(event.key.toLowerCase())) event.preventDefault();
  });
})();
