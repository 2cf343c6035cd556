// Whether this copy can be believed: its signature, its age, and that the page is the one that was signed.
// It shows what was signed last, and its colours while all three hold; it says "no signal" as soon as one of the three does not hold. Never green by default.
(() => {
  const [root, title] = [document.documentElement, document.title];
  const { file, key } = root.dataset;
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const doubt = (why) => Object.assign(new Error(why), { why });
  let shown = null, newest = 0; // the document that the page stands for; the highest number seen

  const say = (signal, why = "") => {
    root.dataset.signal = signal;
    for (const line of document.querySelectorAll("[data-says]")) line.hidden = ![signal, why].includes(line.dataset.says);
    const word = document.querySelector(".signal-word[data-says=none]").textContent;
    document.title = signal === "none" ? `${word} – ${title}` : title;
  };

  const get = async (name) => {
    const answer = await fetch(name, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(10_000) }).catch(() => null);
    return answer?.ok ? answer : Promise.reject(doubt("unreachable"));
  };

  const signedDocument = async (answer) => {
    if (!globalThis.crypto?.subtle) throw doubt("unable");
    const pinned = await crypto.subtle.importKey("raw", bytes(key), "Ed25519", false, ["verify"]).catch(() => { throw doubt("unable"); });
    const { document: text, signature } = await answer.json().catch(() => { throw doubt("forged"); });
    const good = await crypto.subtle.verify("Ed25519", pinned, bytes(signature), new TextEncoder().encode(text)).catch(() => false);
    if (!good) throw doubt("forged");
    return JSON.parse(text);
  };

  const show = async (said) => {
    const page = await (await get(file)).arrayBuffer();
    const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", page))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (digest !== said.files[file]) return; // between two copies: what is shown grows older meanwhile
    const fresh = new DOMParser().parseFromString(new TextDecoder().decode(page), "text/html");
    for (const part of ["#state", "#told", "#made"]) {
      const [before, after] = [document, fresh].map((one) => one.querySelector(part));
      if (!before.isEqualNode(after)) before.replaceWith(document.adoptNode(after));
    }
    shown = said;
  };

  const check = async () => {
    const answer = await get("signed.json");
    const said = await signedDocument(answer);
    if (said.sequence < newest) throw doubt("replayed");
    newest = said.sequence;
    if (shown?.sequence !== newest) await show(said);
    if (!shown) throw doubt("unsigned");
    const now = Math.max(Date.now(), Date.parse(answer.headers.get("date")) || 0);
    if (Date.parse(shown.made_at) - now > 60_000) throw doubt("ahead");
    if (now > Date.parse(shown.valid_until)) throw doubt("old");
  };

  const again = () => check().then(() => say("live"), (error) => say(error.why === "unable" ? "unable" : "none", error.why ?? "forged"))
    .finally(() => setTimeout(again, root.dataset.signal === "live" ? 20_000 : 5_000));
  say("checking");
  again();
})();
