/**
 * What the machine shows. Types only: nothing here runs.
 *
 * @typedef {import('base/types.js').Issued} Issued
 * @typedef {import('./desk.js').Wish} Wish
 * @typedef {import('./offers.js').Group} Group
 * @typedef {import('./offers.js').Offer} Offer
 *
 * @typedef {{kind: 'home'} | {kind: 'group', group: Group} | {kind: 'search', typed: string}} Choosing
 * @typedef {Choosing | {kind: 'staff'}
 *   | {kind: 'matter', offer: Offer, from: Choosing}
 *   | {kind: 'places', offer: Offer, from: Choosing, places: import('./booking.js').Place[] | null, busy: boolean,
 *      trouble: string, key: string}
 *   | {kind: 'booked', offer: Offer, booked: import('./booking.js').Booked}
 *   | {kind: 'check_in', code: string, busy: boolean, trouble: string}
 *   | {kind: 'taking', wish: Wish}
 *   | {kind: 'refused', wish: Wish, detail: string, again: boolean}
 *   | {kind: 'issued', name: string, lane: string, issued: Issued, left_s: number, givenBack: boolean, trouble: string,
 *      key: string, paper: import('./issued.js').Paper}} View
 *
 * @typedef {object} Acts What a person can do.
 * @property {() => void} home
 * @property {() => void} back
 * @property {() => void} flip Between the two versions.
 * @property {() => void} green
 * @property {() => void} search
 * @property {() => void} checkInStart
 * @property {() => void} staff
 * @property {(group: Group) => void} group
 * @property {(typed: string) => void} type Letters of a search or digits of a code: all that stand there then.
 * @property {(offer: Offer) => void} choose
 * @property {(offer: Offer, lane?: Wish['lane']) => void} wish
 * @property {(wish: Wish) => void} take
 * @property {() => void} giveBack
 * @property {() => void} checkIn
 * @property {(offer: Offer, from: Choosing) => void} places
 * @property {(place: import('./booking.js').Place) => void} book
 */

export {};
