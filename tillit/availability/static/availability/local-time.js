// Beside each time of the operator, the same in the reader's own zone, where the two differ. Without script: nothing lost.
(() => {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const part of document.querySelectorAll("[data-zone]")) {
    const words = { day: { weekday: "short", day: "numeric", month: "short" }, clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } };
    const say = (moment, how, zone) => new Intl.DateTimeFormat(language, { ...how, timeZone: zone }).format(moment);
    const same = (moment) => {
      const all = { ...words.day, ...words.clock };
      return say(moment, all, here) === say(moment, all, part.dataset.zone);
    };
    for (const span of part.querySelectorAll("[data-span]")) {
      const [start, end] = [...span.querySelectorAll("time")].map((time) => new Date(time.dateTime));
      if (same(start) && same(end)) continue;
      const [first, last] = [say(start, words.day, here), say(end, words.day, here)];
      const note = document.createElement("small");
      note.className = "soft local-time";
      note.textContent = ` ${part.dataset.local} ${first} ${say(start, words.clock, here)}–${first === last ? "" : `${last} `}${say(end, words.clock, here)}`;
      span.append(note);
    }
  }
})();
