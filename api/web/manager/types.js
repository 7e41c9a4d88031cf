/**
 * What the manager's page is told. Types only: nothing here runs.
 *
 * @typedef {import('base/types.js').WindowForm & {
 *   eligible: number, since: string | null, ticket_since: string | null, lane?: string | null}} FloorWindow
 *
 * @typedef {object} Waiting Somebody who waits.
 * @property {string} number
 * @property {string[]} services Those of which any may be given next.
 * @property {import('base/types.js').Lane} lane
 * @property {string} arrived_at
 * @property {boolean} manned Whether a window that may call the ticket is open.
 * @property {boolean} served Whether any window of the plan serves the matter.
 *
 * @typedef {object} FloorForm The floor now.
 * @property {string} day
 * @property {string} at
 * @property {boolean} open
 * @property {number} long_wait_s Whoever has waited this long is marked.
 * @property {FloorWindow[]} windows
 * @property {number} waiting
 * @property {Waiting[]} longest The first arrivals first.
 * @property {{service: string, waiting: number, first: string}[]} services
 * @property {string[]} unserved Numbers that no window serves any more.
 * @property {number} held
 *
 * @typedef {object} Figures What happened in a stretch of time.
 * @property {number} tickets
 * @property {number} called
 * @property {number} served
 * @property {number} no_shows
 * @property {number} reviews
 * @property {number} entered People who came in, by the counters at the doors.
 * @property {number | null} mean_wait_s
 * @property {number} people_wait_min
 * @property {Record<string, number>} windows_wait_min
 *
 * @typedef {Figures & {hour: string}} Hour
 * @typedef {{at: string, waiting: number, people_wait: number, windows_wait: number, manned: number,
 *   entered: number}} Point
 * @typedef {Point & {called: number, p50_s: number | null, p90_s: number | null}} HalfHour
 *
 * @typedef {object} ReportForm A day in figures.
 * @property {string} day
 * @property {string} until
 * @property {number} slot_s
 * @property {Hour[]} hours
 * @property {Figures} total
 * @property {HalfHour[]} half_hours
 * @property {Point[]} curve
 * @property {{open: number, ended: number, excluded: number, overdue: number, rate: number | null}} rectifications Of
 *   the day's bad reviews, as they stand now.
 * @property {{levels: Record<string, number>, unrated: number}} paper Reviews on paper that count.
 *
 * @typedef {{line: number | null, path: string, code: string, message: string}} PlanFault
 *
 * @typedef {object} PlanDraft What a plan's text would do.
 * @property {PlanFault[]} faults
 * @property {PlanFault[]} warnings
 * @property {Record<string, unknown> | null} plan
 * @property {string | null} refusal
 * @property {{number: string, services: string[]}[]} stranded
 *
 * @typedef {import('base/types.js').PlanForm & {zones?: {id: string, name: string}[]}} PlanForm
 *
 * @typedef {object} Sight What the panels look at.
 * @property {FloorForm} floor
 * @property {PlanForm} plan
 * @property {number} now_ms The hall's time.
 *
 * @typedef {'open' | 'away' | 'back' | 'close'} Action
 */

export {};
