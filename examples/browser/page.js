import { durationMs } from './queue-api.js';
import { QueueClient } from './queue-client.js';

/** @typedef {import('./queue-api.js').Place} Place */
/** @typedef {import('./queue-api.js').CallError} CallError */

/** @type {Readonly<Record<Place['state'], string>>} */
const SENTENCES = {
  WAITING: 'You are in line. Keep this page open.',
  AWAY: 'You were away for a while; your place is being put back where its number stands.',
  ADMITTED: 'It is your turn: the doors are open for you.',
  COMPLETED: 'You have your tickets. Enjoy the concert!',
  EXPIRED: 'Your turn is over. Reload this page to stand in line again.',
  LEFT: 'You have left the line. Reload this page to stand in line again.',
};
const SOLD_OUT = 'No seat is free just now; one that comes back goes to whoever is next.';

const query = new URLSearchParams(location.search);
const apiUrl = query.get('api') ?? '';
const concertId = query.get('concert') ?? '';
const userId = query.get('user') ?? '';
const leaveButton = /** @type {HTMLButtonElement} */ (element('leave'));

if (URL.canParse(apiUrl) && concertId && userId) await stand(new URL(apiUrl).origin);
else showText('state', 'The address of this page needs ?api=…&concert=…&user=….');

/**
 * Follows the place until it has ended.
 *
 * @param {string} baseUrl
 */
async function stand(baseUrl) {
  const client = new QueueClient({ baseUrl, concertId, userId, onPlace: showPlace, onTrouble: showTrouble });
  leaveButton.addEventListener('click', () => {
    client.leave().catch(showRefusal);
  });
  await client.run().catch(showRefusal);
  leaveButton.disabled = true;
}

/** @param {Place} place */
function showPlace(place) {
  const isWaiting = place.state === 'WAITING';
  const waitMs = durationMs(place.estimatedWait);
  showText('state', place.soldOut && isWaiting ? `${SENTENCES.WAITING} ${SOLD_OUT}` : SENTENCES[place.state]);
  showText('number', String(place.number));
  showText('position', isWaiting ? String(place.position) : '–');
  showText('ahead', isWaiting ? String(place.ahead) : '–');
  showText('wait', waitMs === undefined ? '–' : roughly(waitMs));
  element('recovering').hidden = place.recovering !== true;
  element('place').dataset['state'] = place.state;
  leaveButton.disabled = false;
}

/** @param {CallError | undefined} trouble */
function showTrouble(trouble) {
  showText('trouble', trouble === undefined ? '' : troubleText(trouble));
}

/** @param {CallError} trouble */
function troubleText({ status, reason }) {
  if (reason === 'QUEUE_NOT_OPEN') return 'The line is not open yet. You get a place as soon as it is.';
  if (status === 0) return 'Offline, trying again. Your place is kept.';
  return 'The server is busy, trying again. Your place is kept.';
}

/** @param {Error} error */
function showRefusal(error) {
  showText('trouble', error.message);
}

/**
 * A wait in words that do not pretend to know seconds.
 *
 * @param {number} ms
 */
function roughly(ms) {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? 'less than a minute' : `about ${minutes} min`;
}

/**
 * Changes a text only where it differs, since a screen reader reads out what was written anew.
 *
 * @param {string} id
 * @param {string} text
 */
function showText(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}
