/** Whom the messages of an alert have reached. A line in the log of the server reaches nobody. */
import type { Schema } from './api';

type Delivery = Pick<Schema['DeliveryAnswer'], 'at' | 'party' | 'recipient' | 'channel'>;
type Offer = Pick<Schema['Offered'], 'username' | 'party' | 'answer'>;

/** An attempt by another channel is told of when it has ended: within so long. */
const ATTEMPT_MS = 30_000;

const isLog = ({ channel }: Delivery) => channel === 'log';

/** Whether messages went out, and none of them by more than the log. */
export function nobodyReached(deliveries: Delivery[], now: number): boolean {
  const first = deliveries[0];
  return first !== undefined && deliveries.every(isLog) && now - Date.parse(first.at) > ATTEMPT_MS;
}

/** Whether somebody gave no answer to what no channel has told them. A contact of the file has no user name. */
export function unreachable({ username, party, answer }: Offer, deliveries: Delivery[]): boolean {
  if (answer !== 'no_answer') return false;
  const theirs = deliveries.filter((one) => (username ? one.recipient === username : one.party === party));
  return theirs.length > 0 && theirs.every(isLog);
}

/** Whether the same recipient was told by another channel as well. */
export function wentElsewhere(line: Delivery, deliveries: Delivery[]): boolean {
  return deliveries.some((one) => !isLog(one) && one.recipient === line.recipient);
}
