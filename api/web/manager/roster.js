/**
 * The roster editor: who is responsible at which post (专人专岗), who stands in (AB岗), and whose turn it is.
 *
 * It changes two members of the plan and nothing else. The whole plan is checked before it is put in force; a fault is
 * told beside its field, and then nothing changes.
 */

import { html, nothing } from 'lit';
import { get, newKey, send } from 'base/api.js';
import { t } from 'base/i18n.js';
import { EditorElement } from './editor.js';
import { CLERKS_ID, clerksOf, postForm, weekTable } from './roster_rows.js';

/**
 * @typedef {import('./roster_rows.js').Post} Post
 * @typedef {import('./roster_rows.js').Shift} Shift
 * @typedef {import('./roster_rows.js').Staff} Staff
 * @typedef {import('./types.js').PlanDraft} PlanDraft
 * @typedef {import('./types.js').PlanFault} PlanFault
 * @typedef {import('./types.js').PlanForm} PlanForm
 * @typedef {PlanForm & Staff} WholePlan
 */

const WORKDAYS = [1, 2, 3, 4, 5];
/** What of a plan this editor writes: faults and doubts elsewhere are told with their place. */
const OURS = /^\/(posts|roster)\b/;

/** @param {Staff} staff @returns {Staff} without the empty fields that a person left */
function tidied({ posts, roster }) {
  return {
    posts: posts.map((post) => ({ ...post, backups: post.backups.filter((name) => name.trim() !== '') })),
    roster,
  };
}

/** `<roster-editor>`: set `path` and `today`; tells `changed` once another roster is in force. */
class RosterEditor extends EditorElement {
  static properties = {
    ...EditorElement.properties,
    today: { attribute: false },
    staff: { state: true },
    faults: { state: true },
    doubts: { state: true },
  };

  constructor() {
    super();
    this.today = '';
    /** @type {WholePlan | null} the plan in force when the form was filled */
    this.given = null;
    /** @type {Staff} what stands in the form */
    this.staff = { posts: [], roster: [] };
    /** @type {readonly PlanFault[]} of the last check */
    this.faults = [];
    /** @type {readonly PlanFault[]} worth a look in the roster that is in force */
    this.doubts = [];
    this.key = newKey();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    if (!this.isEdited) this.load();
  }

  /** @override */
  get isEdited() {
    const { given, staff } = this;
    return given !== null && JSON.stringify([staff.posts, staff.roster]) !== JSON.stringify([given.posts, given.roster]);
  }

  /** @override */
  load() {
    return this.during(async () => this.#fill(await get(`${this.path}/plan`)));
  }

  /** @param {WholePlan} plan */
  #fill(plan) {
    this.given = plan;
    this.#edit({ posts: plan.posts, roster: plan.roster });
    this.doubts = [];
  }

  /** @param {Staff} staff */
  #edit(staff) {
    this.staff = staff;
    this.faults = [];
    this.message = null;
    this.key = newKey();
  }

  /** Check the plan with what stands in the form, and put it in force where nothing is wrong with it. */
  #save() {
    return this.during(async () => {
      const now = /** @type {WholePlan} */ (await get(`${this.path}/plan`));
      if (JSON.stringify(now) !== JSON.stringify(this.given)) {
        this.say('refused', t('manager.plan_changed'));
        return;
      }
      this.staff = tidied(this.staff);
      const text = JSON.stringify({ ...now, ...this.staff });
      const draft = /** @type {PlanDraft} */ (await send('POST', `${this.path}/plan/text`, { text }));
      this.faults = draft.faults;
      if (draft.plan === null || draft.refusal !== null) {
        this.say('refused', draft.refusal ?? t('manager.plan_faults', { count: draft.faults.length }));
        await this.updateComplete;
        const first = this.querySelector('[aria-invalid="true"]');
        if (first instanceof HTMLElement) first.focus();
        return;
      }
      await send('PUT', `${this.path}/plan`, draft.plan, this.key);
      this.#fill(await get(`${this.path}/plan`));
      this.doubts = draft.warnings.filter(({ path }) => OURS.test(path));
      this.say('said', t('manager.roster_in_force'));
      this.dispatchEvent(new Event('changed'));
    });
  }

  /** @param {string} selector the field to go on with, once it is there */
  async #goOn(selector) {
    await this.updateComplete;
    const found = this.querySelector(selector);
    if (found instanceof HTMLElement) found.focus();
  }

  #addPost() {
    const { staff, given } = this;
    const taken = new Set(staff.posts.map(({ id }) => id));
    let number = staff.posts.length + 1;
    while (taken.has(`post-${number}`)) number += 1;
    const manned = new Set(staff.posts.map(({ window }) => window));
    const windows = given?.windows ?? [];
    const window = (windows.find(({ id }) => !manned.has(id)) ?? windows[0])?.id ?? '';
    const post = { id: `post-${number}`, window, primary: '', backups: [], name: '' };
    this.#edit({ ...staff, posts: [...staff.posts, post] });
    this.#goOn(`[data-path="/posts/${staff.posts.length}/name"]`);
  }

  /** @returns {import('./roster_rows.js').Editing} */
  get #editing() {
    const { staff, faults, given } = this;
    return {
      staff,
      faults,
      windows: given?.windows ?? [],
      editPost: (at, change) => {
        const posts = staff.posts.map((post, index) => (index === at ? { ...post, ...change } : post));
        this.#edit({ ...staff, posts });
      },
      editShift: (at, change) => {
        const roster = staff.roster.map((shift, index) => (index === at ? { ...shift, ...change } : shift));
        this.#edit({ ...staff, roster });
      },
      dropPost: (at) => {
        const gone = staff.posts[at]?.id;
        this.#edit({
          posts: staff.posts.filter((_, index) => index !== at),
          roster: staff.roster.filter(({ post }) => post !== gone),
        });
        this.#goOn('.add-post');
      },
      dropShift: (at) => {
        const post = staff.roster[at]?.post ?? '';
        this.#edit({ ...staff, roster: staff.roster.filter((_, index) => index !== at) });
        this.#goOn(`[data-post="${CSS.escape(post)}"] .add-shift`);
      },
      addShift: (post) => {
        const clerk = staff.posts.find(({ id }) => id === post)?.primary ?? '';
        const shift = { post, clerk, weekdays: WORKDAYS, first: null, last: null };
        this.#edit({ ...staff, roster: [...staff.roster, shift] });
        this.#goOn(`[data-path="/roster/${staff.roster.length}/clerk"]`);
      },
    };
  }

  /** @override */
  render() {
    const { staff, given } = this;
    if (given === null) return this.#said();
    const editing = this.#editing;
    return html`<form
      class="roster"
      novalidate
      @submit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        this.#save();
      }}
    >
      <section class="panel" aria-labelledby="roster-week">
        <header class="panel-head">
          <h2 id="roster-week">${t('manager.roster_week')}</h2>
          <p>${t('manager.roster_week_lead')}</p>
        </header>
        <div class="scroll" tabindex="0">
          ${weekTable(staff, given.windows, this.today)}
        </div>
      </section>
      <section class="panel" aria-labelledby="roster-posts">
        <header class="panel-head">
          <h2 id="roster-posts">${t('manager.roster_title')}</h2>
          <p>${t('manager.roster_lead')}</p>
        </header>
        <datalist id=${CLERKS_ID}>${clerksOf(staff).map((name) => html`<option value=${name}></option>`)}</datalist>
        ${staff.posts.map((post, at) => postForm(post, at, editing))}
        <button type="button" class="press add-post" @click=${() => this.#addPost()}>${t('manager.roster_add_post')}</button>
      </section>
      <footer class="save">
        <button class="button" ?disabled=${this.busy || !this.isEdited}>${t('manager.roster_save')}</button>
        <button type="button" class="button ${this.sure ? 'danger' : 'quiet'} again" ?disabled=${this.busy} @click=${() => this.reload()}>
          ${this.sure ? t('manager.plan_load_sure') : t('manager.plan_load')}
        </button>
        ${this.#said()}
      </footer>
    </form>`;
  }

  #said() {
    const { message } = this;
    const elsewhere = [...this.faults.filter(({ path }) => !OURS.test(path)), ...this.doubts];
    return html`<div class="outcome" role=${message?.kind === 'refused' ? 'alert' : 'status'}>
      ${message === null ? nothing : html`<p class="verdict ${message.kind}">${message.text}</p>`}
      ${elsewhere.length === 0
        ? nothing
        : html`<ul class="doubts">
            ${elsewhere.map((fault) => html`<li>${fault.message} <code>${fault.path}</code></li>`)}
          </ul>`}
    </div>`;
  }
}

customElements.define('roster-editor', RosterEditor);
