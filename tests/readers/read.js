// Lets two readers of Statuspage's public API read a status page, unchanged; prints what each understood as JSON.
const { Statuspage } = require("statuspage.io");
const { StatusPageClient, maintenances } = require("@aero/statuspage");

async function first(address) {
  const reader = new Statuspage("tillit");
  reader.setApiUrl(address);
  return {
    summary: await reader.api.getSummary(),
    status: await reader.api.getStatus(),
    components: await reader.api.getComponents(),
    incidents: await reader.api.incidents.getAll(),
    unresolved: await reader.api.incidents.getUnresolved(),
    upcoming: await reader.api.scheduledMaintenances.getUpcoming(),
  };
}

// Its router remembers the path of the last question, so every question gets a reader of its own.
async function second(address) {
  const reader = () => new StatusPageClient(address);
  return {
    summary: await reader().summary(),
    status: await reader().status(),
    components: await reader().components(),
    incidents: await reader().incidents(false),
    unresolved: await reader().incidents(true),
    active: await reader().maintenances(maintenances.ACTIVE),
    upcoming: await reader().maintenances(maintenances.UPCOMING),
    all: await reader().maintenances(maintenances.ALL),
  };
}

const [address] = process.argv.slice(2);
Promise.all([first(address), second(address)])
  .then(([one, other]) => console.log(JSON.stringify({ "statuspage.io": one, "@aero/statuspage": other })))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
