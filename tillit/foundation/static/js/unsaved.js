// <form data-guard>: leaving the page with something typed and not sent asks first (in the browser's own words).
(() => {
  const before = new WeakMap();
  const text = (form) =>
    JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value]));

  const remember = (root) => {
    const forms = [...(root.querySelectorAll?.("form[data-guard]") ?? [])];
    if (root.matches?.("form[data-guard]")) forms.push(root);
    // A form that came back with errors holds what was typed, not what is saved: it counts as changed.
    forms.forEach((form) => before.set(form, form.querySelector(".error-summary") ? "" : text(form)));
  };

  const forget = (form) => before.delete(form);
  const changed = () =>
    [...document.querySelectorAll("form[data-guard]")].some((form) => before.has(form) && before.get(form) !== text(form));

  remember(document);
  document.addEventListener("htmx:load", (event) => remember(event.detail.elt));
  document.addEventListener("submit", (event) => event.defaultPrevented || forget(event.target));
  document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && forget(event.detail.elt));
  window.addEventListener("beforeunload", (event) => {
    if (changed()) event.preventDefault();
  });
})();
