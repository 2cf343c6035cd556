// What to say when an htmx request fails, and a way back in when the session has ended: nothing typed is lost.
(() => {
  const words = document.getElementById("words")?.dataset ?? {};
  const again = document.getElementById("session-ended");
  const tell = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone: "bad" } }));

  const sentence = (status) =>
    ({ 403: words.forbidden, 404: words.missing, 413: words.large, 429: words.often, 503: words.busy })[status] ??
    words.failed;

  const ended = () => {
    const here = encodeURIComponent(location.pathname + location.search);
    if (!again?.showModal) return location.assign(`/sign-in/?next=${here}`);
    again.querySelectorAll("a").forEach((link) => (link.href = `/sign-in/?next=${here}`));
    if (!again.open) again.showModal();
  };

  document.addEventListener("session-expired", ended);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const xhr = event.detail.xhr;
    if (location.pathname.startsWith("/sign-in/") || !xhr.responseURL) return;
    if (new URL(xhr.responseURL).pathname.startsWith("/sign-in/")) {
      event.detail.shouldSwap = false; // a redirect was followed: never put the sign-in page into a section
      ended();
    }
  });

  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) ended();
    else if (status >= 400) tell(sentence(status));
  });

  ["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, () => tell(words.offline)));
})();
