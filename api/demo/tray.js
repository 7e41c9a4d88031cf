// Shows what has come out of the printers meanwhile. A picture that is there already stays as it is.
const REFRESH_MS = 1000;
const papers = document.getElementById('papers');
let shown = '';

async function refresh() {
  if (papers === null || document.visibilityState !== 'visible') return;
  const answer = await fetch('/papers');
  const list = await answer.text();
  if (!answer.ok || list === shown) return;
  shown = list;
  papers.innerHTML = list;
}

setInterval(() => refresh().catch((error) => console.info('The tray does not answer now.', error)), REFRESH_MS);
