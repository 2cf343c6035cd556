// <button data-copy="text"> or <button data-copy-from="#id">: puts it on the clipboard and says so.
(() => {
  const words = document.getElementById("words")?.dataset ?? {};
  const tell = (text, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = source ? (source.value ?? source.textContent.trim()) : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      tell(words.copied, "good");
    } catch {
      // Clipboards are closed to pages without TLS: mark the text, so that a key press copies it.
      if (source) getSelection().selectAllChildren(source);
      tell(words.copyByHand, "warn");
    }
  });
})();
