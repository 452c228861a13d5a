// Streamlit shows the page that the newest message names. A field that speaks up right after a click on a link still
// names the page that is left, and the click would be lost. So a link is clicked again where the page rests and is
// still the same; what stands after the "?" of its address may have changed by then.
(() => {
  const PAUSES = [1000, 2000, 4000];
  let waiting;

  const rests = () => {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-stale=true]');
  };

  const is_left = (left, address) => {
    const [from, to] = [new URL(left), new URL(address)];
    return from.pathname === to.pathname ? location.href !== left : location.pathname !== from.pathname;
  };

  const go_to = (address) => {
    const link = [...document.links].find((link) => link.href === address);
    link ? link.click() : location.assign(address);
  };

  const follow = (address, left, time) => {
    waiting = setTimeout(() => {
      if (!rests()) return follow(address, left, time);
      if (!is_left(left, address)) go_to(address);
      if (time + 1 < PAUSES.length) follow(address, left, time + 1);  // the page that was left may yet come back
    }, PAUSES[time]);
  };

  const forget = (event) => { if (event.isTrusted) clearTimeout(waiting); };
  document.addEventListener('pointerdown', forget, true);
  document.addEventListener('keydown', forget, true);
  window.addEventListener('popstate', forget);
  document.addEventListener('click', (event) => {
    const link = event.isTrusted && event.target.closest?.('a[href]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.target === '_blank' || link.download || link.origin !== location.origin) return;
    const leads_on = link.pathname !== location.pathname || (link.search && link.search !== location.search);
    if (leads_on) follow(link.href, location.href, 0);
  }, true);
})();
