/**
 * The contract's forms as they come over the wire. Types only: nothing here runs.
 *
 * @typedef {'waiting' | 'called' | 'serving' | 'held' | 'no_show' | 'finished' | 'cancelled'} TicketState
 * @typedef {'normal' | 'green' | 'appointment' | 'assisted'} Lane
 * @typedef {'social' | 'livelihood' | 'rural'} Field
 * @typedef {'open' | 'away' | 'closed'} WindowStatus
 * @typedef {1 | 2 | 3 | 4 | 5} Level
 *
 * @typedef {object} Wait Seconds: half of the people wait less than `p50_s`, nine of ten less than `p90_s`.
 * @property {number} p50_s
 * @property {number} p90_s
 *
 * @typedef {object} Invitation A review that a window asks for, until a time.
 * @property {string} ticket
 * @property {string} number
 * @property {string} until RFC 3339.
 *
 * @typedef {object} WindowForm
 * @property {string} window
 * @property {string} label
 * @property {string} kind
 * @property {WindowStatus} status
 * @property {string | null} ticket
 * @property {string | null} number
 * @property {'called' | 'serving' | null} stage
 * @property {string | null} notice
 * @property {string | null} substitute
 * @property {string | null} [substitute_label] What that window is called; it may stand in another zone.
 * @property {string | null} [clerk]
 * @property {string | null} [until]
 * @property {string} [zone]
 * @property {Invitation | null} [review]
 *
 * @typedef {object} CallForm
 * @property {string} call
 * @property {string} ticket
 * @property {string} number
 * @property {string} window
 * @property {string} at
 * @property {number} times
 * @property {string} label
 * @property {string} [zone]
 * @property {Lane} [lane]
 *
 * @typedef {object} Board
 * @property {'board'} type
 * @property {string} hall
 * @property {string} hall_name
 * @property {number} seq
 * @property {boolean} open
 * @property {number} waiting
 * @property {Record<string, number>} waiting_by_service
 * @property {CallForm[]} calls Newest first.
 * @property {WindowForm[]} windows
 * @property {{text?: string, window?: string}[]} notices
 * @property {HelpCall[]} [help_calls] Who wants help, the first first; on boards of a whole hall.
 * @property {string | null} [opens_at] When a closed hall opens next.
 * @property {string} at Server time.
 * @property {string} [zone]
 * @property {string} [window] LED boards: the window, its pixels and what they say.
 * @property {number} [width]
 * @property {number} [height]
 * @property {string} [text]
 * @property {string} [bitmap] Base64, 1 bit a pixel, rows padded to bytes, most significant bit left.
 * @property {string} [colour] Of lit dots: `red`, `green`, `yellow` or `white`.
 * @property {{until: string, hz: number} | null} [flash] A new call flashes until then.
 * @property {{text: string, width: number, bitmap: string | null, dots_s: number} | null} [scroll] What runs through
 *   the sign, as high as it, where no wording fits.
 *
 * @typedef {object} HelpCall Somebody pressed a help button, and nobody has gone there yet.
 * @property {string} help
 * @property {string} device
 * @property {string | null} window
 * @property {string | null} zone
 * @property {string} at
 * @property {number} times
 *
 * @typedef {object} Announcement
 * @property {'announcement'} type
 * @property {string} id
 * @property {number} seq
 * @property {string} text
 * @property {string | null} audio
 * @property {number} repeat
 * @property {string} expires_at
 * @property {boolean} [speak]
 *
 * @typedef {object} HallForm
 * @property {string} hall
 * @property {string} name
 * @property {string} day
 * @property {number} seq
 * @property {boolean} open
 * @property {number} waiting
 * @property {Record<string, number>} waiting_by_service
 * @property {WindowForm[]} windows
 * @property {CallForm[]} calls
 *
 * @typedef {object} Service
 * @property {string} code
 * @property {string} name
 * @property {string} [short_name]
 * @property {Field} field
 * @property {string} department
 * @property {{name: string, secondary?: boolean, note?: string}[]} [materials]
 *
 * @typedef {object} Package Several services as one matter.
 * @property {string} code
 * @property {string} name
 * @property {string[]} services
 *
 * @typedef {object} PlanWindow
 * @property {string} id
 * @property {string} label
 * @property {number} number
 * @property {string} kind
 * @property {string} [zone]
 *
 * @typedef {object} PlanForm
 * @property {{id: string, name: string, timezone: string, hours?: {opens: string, closes: string} | null}} hall
 * @property {Service[]} services
 * @property {Package[]} [packages]
 * @property {PlanWindow[]} windows
 * @property {{id: string, name: string}[]} [zones]
 * @property {{id: string, kind: string, zone?: string | null, window?: string | null, speaks?: boolean}[]} [devices]
 *
 * @typedef {object} Issued The answer to a request for a ticket.
 * @property {string} ticket
 * @property {string} number
 * @property {number} ahead
 * @property {Wait} wait
 * @property {string} token
 *
 * @typedef {object} TicketForm
 * @property {string} ticket
 * @property {string} number
 * @property {string[]} services
 * @property {Lane} lane
 * @property {TicketState} state
 * @property {string | null} window
 * @property {number} ahead
 * @property {Wait} wait
 * @property {string} receipt
 * @property {string} issued_at
 * @property {string | null} [called_at]
 * @property {boolean} [reviewed]
 *
 * @typedef {object} Followed What a phone is told of its own ticket, beside the ticket's form.
 * @property {string} hall
 * @property {string} hall_name
 * @property {string | null} call The label of the window that calls it.
 * @property {string} token
 * @property {Unrated[]} [unrated] What of it may be rated, oldest first.
 *
 * @typedef {{window: string, label: string, services: string[], ended_at: string}} Unrated What a window gave.
 *
 * @typedef {TicketForm & Followed} PhoneTicket
 */

export {};
