/** The contract for devices, read from `/asyncapi.json`: topics, and of each message its members and an example. */

import { html, nothing } from 'lit';
import { PageElement, startPage } from 'base/element.js';
import { t } from 'base/i18n.js';

/**
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {string} [description]
 * @property {string} [format]
 * @property {string} [pattern]
 * @property {string} [contentEncoding]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [maxLength]
 * @property {number} [maxItems]
 * @property {Schema} [items]
 * @property {string} [$ref]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 *
 * @typedef {{payload: unknown}} Example
 * @typedef {{name: string, summary: string, examples: Example[]}} Message
 * @typedef {{address: string, description: string, messages: Record<string, unknown>}} Channel
 * @typedef {{action: 'send' | 'receive', channel: {$ref: string}, bindings: {mqtt: {qos: number, retain: boolean}}}} Operation
 *
 * @typedef {object} AsyncApi
 * @property {{title: string, version: string, description: string}} info
 * @property {Record<string, Channel>} channels
 * @property {Record<string, Operation>} operations
 * @property {{messages: Record<string, Message>, schemas: Record<string, Schema>}} components
 */

/** The page. */
class MqttPage extends PageElement {
  static properties = { contract: { state: true }, failed: { state: true } };

  constructor() {
    super();
    /** @type {AsyncApi | null} */
    this.contract = null;
    this.failed = false;
    /** Whether the message that the address names has been scrolled to. */
    this.shown = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#read();
  }

  /** @override */
  pageTitle() {
    return t('mqtt.title');
  }

  async #read() {
    try {
      const response = await fetch('/asyncapi.json');
      if (!response.ok) throw new Error(`${response.status}`);
      this.contract = await response.json();
      this.failed = false;
    } catch (error) {
      console.warn('The contract cannot be read.', error);
      this.failed = true;
    }
  }

  /** @override */
  updated() {
    const wanted = location.hash.slice(1);
    if (this.contract !== null && wanted !== '' && !this.shown) {
      this.shown = true;
      document.getElementById(decodeURIComponent(wanted))?.scrollIntoView();
    }
  }

  /** @override */
  render() {
    const contract = this.contract;
    return html`
      <header class="head">
        <div>
          <h1>${t('mqtt.title')}</h1>
          <p>${t('mqtt.lead')}</p>
          <p class="links">
            <a href="/asyncapi.json">/asyncapi.json</a> <a href="/docs">${t('mqtt.http')}</a>
            ${contract === null ? nothing : html`<span>${t('mqtt.version', { version: contract.info.version })}</span>`}
          </p>
        </div>
        ${this.languageSwitch()}
      </header>
      ${this.failed ? html`<p class="alert" role="alert">${t('mqtt.failed')}</p>` : nothing}
      ${contract === null ? nothing : html`<div class="columns">${this.#contents(contract)} ${this.#main(contract)}</div>`}
    `;
  }

  /** @param {AsyncApi} contract */
  #contents(contract) {
    return html`<nav aria-label=${t('mqtt.contents')}>
      ${Object.entries(contract.channels).map(
        ([leaf, channel]) =>
          html`<a class="leaf" href="#topic.${leaf}">${leaf}</a>
            <ul>
              ${Object.keys(channel.messages).map(
                (name) => html`<li><a href="#${name}">${contract.components.messages[name]?.name}</a></li>`,
              )}
            </ul>`,
      )}
    </nav>`;
  }

  /** @param {AsyncApi} contract */
  #main(contract) {
    return html`<main>
      ${Object.values(contract.operations).map((operation) => {
        const leaf = operation.channel.$ref.split('/').pop() ?? '';
        const channel = contract.channels[leaf];
        if (channel === undefined) return nothing;
        const { qos, retain } = operation.bindings.mqtt;
        return html`<section id="topic.${leaf}" aria-labelledby="${leaf}-head">
          <h2 id="${leaf}-head"><code>${channel.address}</code></h2>
          <p class="marks">
            <span>${operation.action === 'receive' ? t('mqtt.from_device') : t('mqtt.to_device')}</span>
            <span>QoS ${qos}</span> <span>${retain ? t('mqtt.retained') : t('mqtt.not_retained')}</span>
          </p>
          <p lang="en">${channel.description}</p>
          ${Object.keys(channel.messages).map((name) => this.#message(contract, name))}
        </section>`;
      })}
    </main>`;
  }

  /**
   * @param {AsyncApi} contract
   * @param {string} name
   */
  #message(contract, name) {
    const message = contract.components.messages[name];
    const schema = contract.components.schemas[name] ?? {};
    if (message === undefined) return nothing;
    const example = message.examples[0]?.payload;
    return html`<article id=${name}>
      <h3><code>${message.name}</code><a href="/schemas/${name}.json">${t('mqtt.schema')}</a></h3>
      <p lang="en">${message.summary}</p>
      ${schema.properties === undefined ? nothing : this.#members(contract, schema)}
      <pre tabindex="0" aria-label=${t('mqtt.example')}>${
        typeof example === 'string' ? example : JSON.stringify(example, null, 2)
      }</pre>
    </article>`;
  }

  /**
   * @param {AsyncApi} contract
   * @param {Schema} schema
   */
  #members(contract, schema) {
    return html`<table>
      <thead>
        <tr>
          <th scope="col">${t('mqtt.member')}</th>
          <th scope="col">${t('mqtt.form')}</th>
          <th scope="col">${t('mqtt.meaning')}</th>
        </tr>
      </thead>
      <tbody>
        ${Object.entries(schema.properties ?? {}).map(
          ([name, member]) =>
            html`<tr>
              <th scope="row">
                <code>${name}</code>${schema.required?.includes(name)
                  ? html`<small>${t('mqtt.required')}</small>`
                  : nothing}
              </th>
              <td>${form(contract, member)}</td>
              <td lang="en">${member.description ?? ''}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

/**
 * What a member may be, in few words.
 *
 * @param {AsyncApi} contract
 * @param {Schema} schema
 * @returns {string}
 */
function form(contract, schema) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').pop() ?? '';
    const referred = contract.components.schemas[name];
    return referred?.enum === undefined ? name : form(contract, referred);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const kinds = schema.type === undefined ? [] : [schema.type].flat();
  const words = kinds.filter((kind) => kind !== 'null').map((kind) => word(contract, schema, kind));
  return [...words, ...(kinds.includes('null') ? ['null'] : [])].join(' | ');
}

/**
 * @param {AsyncApi} contract
 * @param {Schema} schema
 * @param {string} kind
 * @returns {string}
 */
function word(contract, schema, kind) {
  if (kind === 'array') return `[${form(contract, schema.items ?? {})}]${upTo(schema.maxItems)}`;
  if (schema.contentEncoding !== undefined) return schema.contentEncoding;
  if (schema.format !== undefined) return schema.format;
  if (schema.minimum !== undefined && schema.maximum !== undefined) return `${schema.minimum}…${schema.maximum}`;
  return `${kind}${upTo(schema.maxLength)}`;
}

/** @param {number | undefined} most */
function upTo(most) {
  return most === undefined ? '' : ` ≤ ${most}`;
}

await startPage('mqtt-page', MqttPage);
