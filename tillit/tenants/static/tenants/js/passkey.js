// Passkey buttons appear where the browser can use them; a refused or missing passkey is said in a sentence.
(() => {
  const failed = () => {
    const place = document.getElementById("passkey-failed");
    if (!place) return;
    place.textContent = document.getElementById("passkey-words").dataset.failed;
    place.hidden = false;
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!window.PublicKeyCredential) return;
    document.querySelectorAll("[data-passkey]").forEach((button) => (button.hidden = false));
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault(); // else it would only stand in the browser's console
    failed();
  });
})();
