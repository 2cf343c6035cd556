// While one types, the chips say which languages are published: where one of them says something of its own, not those
// that were left as they were kept ready (as `views/typed.py` decides when it is sent).
(() => {
  const flat = (text) => (text ?? "").trim().replace(/\s+/g, " ");
  const look = (form) => {
    const boxes = [...form.querySelectorAll("[data-languages]")].flatMap((field) => [...field.closest("fieldset").querySelectorAll("[lang]")]);
    const own = boxes.filter((box) => flat(box.value) && flat(box.value) !== flat(box.dataset.ready));
    const [changed, told] = [own, own.filter((box) => box.matches("textarea"))].map((some) => new Set(some.map((box) => box.lang)));
    for (const box of boxes) {
      const chip = document.getElementById(`${box.id}_chip`);
      if (!chip) continue;
      const kept = box.matches("textarea") && told.size ? told : changed;
      const left = kept.size > 0 && !kept.has(box.lang);
      chip.hidden = !box.value;
      chip.dataset.tone = left ? "idle" : "good";
      chip.textContent = left ? `${box.lang}: ${chip.closest("[data-languages]").dataset.languages}` : box.lang;
    }
  };
  const every = (root) => root.querySelectorAll("form:has([data-languages])").forEach(look);
  every(document);
  document.addEventListener("htmx:load", () => every(document));
  document.addEventListener("input", ({ target: { form } }) => form && look(form));
})();
