/* Suggestions beside a ticket form. Use:
 *
 *   <script src="http://127.0.0.1:8000/widget.js" defer data-description="#description" data-fields="category=#category"></script>
 *
 * data-short-description, data-description   CSS selectors of the texts that are read
 * data-fields      FIELD=SELECTOR, several with commas: where a suggestion goes; the other fields are only shown
 * data-panel       selector of the element to show suggestions in; one is put behind the description unless given
 * data-accept-key  key that takes every suggestion into fields that nobody has set; F8 unless given
 * data-key         key of scope suggest, where the service asks for one
 * data-article-link   address of an article with {id} for its id, such as that of the desk; titles then lead there
 * data-similar     "off" for forms that callers see: tickets of others are not shown
 *
 * What a ticket or an article says is shown as text, never as markup. What a person has set is left alone.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  const api = new URL(script.src).origin;
  const settings = script.dataset;
  const PAUSE_MS = 150;
  const STYLE = `
    :host { display: block; font: 14px/1.45 system-ui, sans-serif; color: #16324a }
    section { border: 1px solid #d9e0e6; border-radius: 8px; padding: .6rem .8rem; margin: .5rem 0; background: #fff }
    h2 { font-size: .95rem; margin: 0 0 .3rem } h3 { font-size: .85rem; margin: .6rem 0 .2rem }
    ul { list-style: none; margin: 0; padding: 0 } li { margin: .2rem 0; overflow-wrap: anywhere }
    button { font: inherit; border: 1px solid #b9c6d0; border-radius: 6px; background: #f4f8fb; padding: .1rem .5rem; cursor: pointer }
    button:focus-visible { outline: 3px solid #1f5f8b } .sure { background: #dcf2e3 } small { color: #4b5a67 }
    [role=status] { color: #4b5a67; font-size: .85rem }`;

  const find = (selector) => (selector ? document.querySelector(selector) : null);
  const make = (name, text, properties = {}) =>
    Object.assign(document.createElement(name), { textContent: text ?? "" }, properties);
  const name = (field) => field.charAt(0).toUpperCase() + field.slice(1).replaceAll("_", " ");
  const trust = (said) => (said.decision === "automatic" ? "sure" : "check");

  const targets = new Map(
    (settings.fields ?? "").split(",").filter((entry) => entry.includes("="))
      .map((entry) => [entry.slice(0, entry.indexOf("=")).trim(), find(entry.slice(entry.indexOf("=") + 1).trim())])
      .filter(([, element]) => element));
  const texts = { short_description: find(settings.shortDescription), description: find(settings.description) };
  const acceptKey = settings.acceptKey ?? "F8";
  const ours = new Map();
  let asked = 0, timer = 0, current = {}, pending = null;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const panel = make("section", "", { ariaLabel: "Suggestions" });
  const status = make("p", "Suggestions appear while you type.", { role: "status" });
  status.setAttribute("aria-live", "polite");
  const fieldList = make("ul"), articleList = make("ul"), incidentList = make("ul");
  const articleHead = make("h3", "Articles", { hidden: true }), incidentHead = make("h3", "Similar incidents", { hidden: true });
  panel.append(make("h2", "Suggestions"), status, fieldList, articleHead, articleList, incidentHead, incidentList);
  root.append(panel);
  const place = find(settings.panel);
  if (place) place.append(host);
  else (texts.description ?? texts.short_description)?.after(host);

  const isFree = (field) => {
    const element = targets.get(field);
    return element && (element.value === "" || element.value === ours.get(field));
  };

  const isTaken = (field, value) => {
    const element = targets.get(field);
    const shown = element instanceof HTMLSelectElement ? element.selectedOptions[0]?.text : element?.value;
    return ours.has(field) && ours.get(field) === element.value && (value === element.value || value === shown);
  };

  const takenWords = (fields) => {
    const listed = (trusted) => fields.filter((field) => trust(current[field]) === trusted)
      .map((field) => `${name(field)} ${current[field].value}`).join(", ");
    const sure = listed("sure"), doubtful = listed("check");
    return [sure && `Taken: ${sure}.`, doubtful && `Taken, please check: ${doubtful}.`].filter(Boolean).join(" ");
  };

  const articleTitle = (one) => {
    if (!settings.articleLink) return make("span", one.title);
    const address = new URL(settings.articleLink.replaceAll("{id}", encodeURIComponent(one.id)), location.href);
    if (!["http:", "https:"].includes(address.protocol)) return make("span", one.title);
    return make("a", one.title, { href: address.href, target: "_blank", rel: "noopener noreferrer" });
  };

  const accept = (field) => {
    const element = targets.get(field), value = current[field]?.value;
    if (!value || !isFree(field)) return false;
    if (element instanceof HTMLSelectElement) {
      const option = [...element.options].find((one) => one.value === value || one.text === value);
      if (!option) {
        status.textContent = `${name(field)}: this form has no ${value}.`;
        return false;
      }
      element.value = option.value;
    } else element.value = value;
    ours.set(field, element.value);
    element.dispatchEvent(new Event("input", { bubbles: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };

  const acceptAll = () => {
    const taken = Object.keys(current).filter(accept);
    if (taken.length) status.textContent = takenWords(taken);
    return taken.length > 0;
  };

  const show = (answer) => {
    current = answer.fields;
    fieldList.replaceChildren(...Object.entries(answer.fields).map(([field, said]) => {
      const line = make("li");
      if (!said.value) {
        const guesses = said.alternatives.slice(0, 3).map((one) => one.value).join(", ");
        line.append(make("small", `${name(field)}: please choose${guesses ? ` (likely: ${guesses})` : ""}`));
      } else if (targets.has(field)) {
        const button = make("button", `${name(field)}: ${said.value}`, { type: "button" });
        button.className = said.decision === "automatic" ? "sure" : "";
        button.addEventListener("click", () => {
          if (accept(field)) status.textContent = takenWords([field]);
        });
        line.append(button, make("small", ` ${trust(said)}`));
      } else line.append(make("span", `${name(field)}: ${said.value}`), make("small", ` ${trust(said)}`));
      return line;
    }));
    articleList.replaceChildren(...answer.articles.map((one) => {
      const line = make("li");
      line.append(articleTitle(one), make("br"), make("small", one.excerpt));
      return line;
    }));
    const similar = settings.similar === "off" ? [] : answer.similar_incidents;
    incidentList.replaceChildren(...similar.map((one) => {
      const line = make("li", `${one.number}: ${one.short_description}`);
      if (one.resolution) line.append(make("br"), make("small", one.resolution));
      return line;
    }));
    articleHead.hidden = !answer.articles.length;
    incidentHead.hidden = !similar.length;
    const taken = Object.keys(answer.fields).filter((field) => isTaken(field, answer.fields[field].value));
    const offered = Object.entries(answer.fields).filter(([field, said]) => said.value && isFree(field) && !taken.includes(field));
    const masked = answer.masked.length ? ` Found and masked: ${answer.masked.join(", ").replaceAll("_", " ")}; take it out of the ticket.` : "";
    status.textContent = (offered.length
      ? `${offered.map(([field, said]) => `${name(field)} ${said.value}`).join(", ")}. ${acceptKey} takes ${offered.length > 1 ? "them" : "it"}.`
      : taken.length ? takenWords(taken) : "Nothing to take.") + masked;
    host.dispatchEvent(new CustomEvent("triage:shown", { detail: answer, bubbles: true }));
  };

  const ask = async () => {
    const ticket = {};
    for (const [field, element] of Object.entries(texts)) if (element?.value.trim()) ticket[field] = element.value.slice(0, 20000);
    const number = ++asked;
    pending?.abort();
    if (!Object.keys(ticket).length) {
      current = {};
      for (const list of [fieldList, articleList, incidentList]) list.replaceChildren();
      articleHead.hidden = incidentHead.hidden = true;
      status.textContent = "Suggestions appear while you type.";
      return;
    }
    pending = new AbortController();
    try {
      const headers = { "content-type": "application/json" };
      if (settings.key) headers.authorization = `Bearer ${settings.key}`;
      const answer = await fetch(`${api}/v1/suggest`, {
        method: "POST", headers, body: JSON.stringify(ticket), signal: pending.signal, credentials: "omit", referrerPolicy: "no-referrer",
      });
      const told = await answer.json();
      if (number !== asked) return;
      if (answer.ok) show(told);
      else status.textContent = `No suggestions: ${told.detail ?? answer.status}`;
    } catch (error) {
      if (number === asked && error.name !== "AbortError") status.textContent = "No suggestions: the service does not answer.";
    }
  };

  for (const element of Object.values(texts)) element?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === acceptKey && acceptAll()) event.preventDefault();
  });
  if (Object.values(texts).some((element) => element?.value)) ask();
})();
