// A request whose connection was cut is sent once more, on a fresh connection, if repeating it is harmless: it only
// reads, or its form carries a key (adds one record however often it is sent) or the version that was edited.
(() => {
  const AGAIN = "X-Sent-Again";

  document.addEventListener("htmx:sendError", (event) => {
    const { elt, requestConfig: asked } = event.detail;
    const harmless = asked.verb === "get" || asked.formData.has("key") || asked.formData.has("version");
    if (!harmless || asked.headers[AGAIN]) return; // session.js says so
    event.stopImmediatePropagation();
    htmx.ajax(asked.verb, asked.path, { source: elt, event: asked.triggeringEvent, target: asked.target, headers: { [AGAIN]: "1" } });
  });
})();
