// Toasts and announcements: for messages of the page, and for answers that carry HX-Trigger: {"toast": {...}}.
(() => {
  const box = document.getElementById("toasts");
  const form = document.getElementById("toast-form");
  const live = document.getElementById("live");
  if (!box || !form) return;
  const STAYS = 7000; // long enough to read two lines twice

  const watch = (toast) => {
    toast.querySelector("button")?.addEventListener("click", () => toast.remove());
    if (toast.dataset.tone === "bad" || toast.dataset.tone === "warn") return; // never take an error away
    let clock;
    const start = () => (clock = setTimeout(() => toast.remove(), STAYS));
    const stop = () => clearTimeout(clock);
    ["mouseenter", "focusin"].forEach((name) => toast.addEventListener(name, stop));
    ["mouseleave", "focusout"].forEach((name) => toast.addEventListener(name, start));
    start();
  };

  const show = (text, tone = "info") => {
    const toast = form.content.firstElementChild.cloneNode(true);
    toast.dataset.tone = tone;
    toast.querySelector("p").textContent = text;
    box.append(toast);
    watch(toast);
  };

  box.classList.add("is-live");
  box.querySelectorAll(".toast").forEach(watch);
  document.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value, event.detail.tone));
  document.addEventListener("announce", (event) => {
    live.textContent = "";
    setTimeout(() => (live.textContent = event.detail.text ?? event.detail.value), 50);
  });
})();
