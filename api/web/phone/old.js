/*
 * Sends browsers that can't run this page to the plain one: without import maps its modules never load. Browsers that
 * have import maps but can't be asked (Chromium 89 to 95) go there too. No syntax here that an old browser can't read.
 */
if (!('supports' in HTMLScriptElement) || !HTMLScriptElement.supports('importmap')) location.replace('?plain');
