// data-confirm="Question?" on a form, a button or a link asks in a dialog first. data-confirm-label names the yes.
(() => {
  const dialog = document.getElementById("confirm");
  if (!dialog?.showModal) return;
  const yes = dialog.querySelector("[data-yes]");
  const agreed = new WeakSet();
  let go = null;

  const ask = (asker, event, proceed) => {
    if (agreed.delete(asker)) return; // this is the second time round, after the yes
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.querySelector("p").textContent = asker.dataset.confirm;
    yes.textContent = asker.dataset.confirmLabel ?? yes.dataset.label;
    yes.classList.toggle("danger", asker.matches(".danger, [data-danger]"));
    yes.classList.toggle("primary", !asker.matches(".danger, [data-danger]"));
    go = () => {
      agreed.add(asker);
      proceed();
    };
    dialog.showModal();
  };

  yes.addEventListener("click", () => {
    dialog.close();
    go?.();
    go = null;
  });

  document.addEventListener(
    "click",
    (event) => {
      const asker = event.target.closest(":is(a, button, input)[data-confirm]");
      if (asker) ask(asker, event, () => asker.click());
    },
    true,
  );

  document.addEventListener(
    "submit",
    (event) => {
      const asker = event.target.closest("form[data-confirm]");
      if (asker) ask(asker, event, () => asker.requestSubmit(event.submitter));
    },
    true,
  );
})();
