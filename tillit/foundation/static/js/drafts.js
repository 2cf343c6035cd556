// What is typed into <form data-guard> is kept in this tab (not on the disk) for a day: a reload, a restart of the
// service or a new sign-in brings it back, visibly, with the form's hidden key, so that it is still saved only once.
(() => {
  const { person } = document.body.dataset;
  const [note, DAY, MOST, MARK] = [document.getElementById("draft-note"), 864e5, 50_000, "draft "];
  const NEVER = ["password", "file", "submit", "button", "reset", "fieldset"];
  const kept = () => Object.keys(sessionStorage).filter((key) => key.startsWith(MARK));
  const forget = (key) => sessionStorage.removeItem(key);
  const put = (key, draft) => JSON.stringify(draft).length <= MOST && sessionStorage.setItem(key, JSON.stringify(draft));
  const boxes = (form) => [...form.elements].filter((box) => box.name && !box.name.startsWith("csrf") && !NEVER.includes(box.type));
  const choice = (box) => ["checkbox", "radio"].includes(box.type);
  const read = (form) => boxes(form).map((box) => (choice(box) ? box.checked : box.value));
  const write = (form, said) =>
    boxes(form).forEach((box, number) => {
      if (choice(box)) box.checked = said[number];
      else if (!box.options || [...box.options].some((one) => one.value === said[number])) box.value = said[number];
    });
  const name = (form) => [MARK + person, location.pathname, form.getAttribute("action"), ...boxes(form).map((box) => box.name)].join(" ");
  const before = new WeakMap();
  // A redirect says that what was sent has arrived; the page of the sign-in, where nobody is known, that it has not.
  const page = performance.getEntriesByType("navigation")[0];
  const arrived = person && page?.type === "navigate" && page.redirectCount && (page.responseStatus ?? 200) < 400;
  kept().forEach((key) => {
    const draft = JSON.parse(sessionStorage.getItem(key));
    if (Date.now() - draft.at > DAY || (draft.sent && arrived)) forget(key);
    else put(key, { ...draft, sent: false });
  });
  if (!person || !note) return;

  const restore = (form) => {
    if (before.has(form)) return;
    const wrong = form.querySelector(".error-summary"); // it shows what was sent, not what is saved
    before.set(form, wrong ? null : read(form));
    const draft = JSON.parse(sessionStorage.getItem(name(form)));
    if (!draft || wrong || form.matches("[data-fresh]")) return; // filled in on purpose just now
    write(form, draft.said);
    form.prepend(note.content.cloneNode(true));
    form.querySelector("[data-discard]").addEventListener("click", (event) => {
      write(form, before.get(form));
      forget(name(form));
      event.target.closest("[role=status]").remove();
    });
  };
  const keep = (form, sent = false) => {
    if (JSON.stringify(read(form)) === JSON.stringify(before.get(form))) forget(name(form));
    else put(name(form), { at: Date.now(), said: read(form), sent });
  };
  const every = (root) => [...(root.matches?.("form[data-guard]") ? [root] : []), ...root.querySelectorAll("form[data-guard]")];
  every(document).forEach(restore);
  document.addEventListener("htmx:load", (event) => every(event.detail.elt).forEach(restore));
  document.addEventListener("input", ({ target: { form } }) => form?.matches("[data-guard]") && keep(form));
  document.addEventListener("submit", ({ target: form, defaultPrevented }) => {
    if (form.matches("[action$='/sign-out/']")) kept().forEach(forget);
    else if (form.matches("[data-guard]") && !defaultPrevented) keep(form, true);
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    if (elt.matches("form[data-guard]") && xhr.status >= 200 && xhr.status < 400) forget(name(elt));
  });
})();
