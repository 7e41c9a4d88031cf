/**
 * The interface for programs, read from `/openapi.json` and tried out in the browser.
 *
 * Swagger UI is a classic script that defines one global; both scripts are deferred, so it is there when this runs.
 *
 * @typedef {(options: {url: string, dom_id: string, deepLinking: boolean, validatorUrl: null}) => unknown} Show
 */

const { SwaggerUIBundle: show } = /** @type {{SwaggerUIBundle: Show}} */ (/** @type {unknown} */ (globalThis));

show({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
