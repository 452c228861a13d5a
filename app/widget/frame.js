/* The widget in an iframe. The page around it sends {triage: "ticket", short_description, description}; it is sent
 * {triage: "suggestion", fields} back, to do with as it likes. Only pages that may frame it (TRIAGE_WIDGET_ORIGINS) can. */
(() => {
  "use strict";
  let from = null;
  addEventListener("message", (event) => {
    if (event.source !== parent || event.data?.triage !== "ticket") return;
    from = event.origin;
    for (const field of ["short_description", "description"]) {
      const element = document.getElementById(field);
      element.value = String(event.data[field] ?? "");
      element.dispatchEvent(new Event("input"));
    }
  });
  addEventListener("triage:shown", (event) => {
    if (from) parent.postMessage({ triage: "suggestion", fields: event.detail.fields }, from);
  });
})();
