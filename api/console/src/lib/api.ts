/** Calls of the API, typed by its own document. A refusal is thrown as a `Problem`. */
import type { components, paths } from './openapi';

export type Schema = components['schemas'];
export type Alert = Schema['Alert'];
export type Me = Schema['Me'];
export type Resident = Schema['Resident'];
export type Priority = Alert['priority'];
export type QuantityName = paths['/api/v1/residents/{resident}/samples']['get']['parameters']['query']['quantity'];

const PREFIX = '/api/v1';
/** Shows that a change comes from this page: no other origin can send it. */
const PROOF = { 'X-Carewatch-Console': '1' };
const PATIENCE_MS = 15_000;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** All calls below `/api/v1`, by their path. */
type Calls = { [P in keyof paths as P extends `${typeof PREFIX}${infer Rest}` ? Rest : never]: paths[P] };
type PathOf<M extends Method> = {
  [P in keyof Calls]: Calls[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof Calls];
type Operation<M extends Method, P extends PathOf<M>> = Calls[P][M & keyof Calls[P]];

type Part<O, K extends string> = O extends { parameters: { [N in K]?: infer V } } ? V : never;
type Body<O> = O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never;
type Answer<O> = O extends { responses: infer R }
  ? R extends { 200: { content: { 'application/json': infer A } } }
    ? A
    : R extends { 201: { content: { 'application/json': infer A } } }
      ? A
      : void
  : never;

/** What a call is given; `signal` takes it back. */
export interface Given<O> {
  path?: Part<O, 'path'>;
  query?: Part<O, 'query'>;
  body?: Body<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

interface Loose {
  path?: unknown;
  query?: unknown;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * The API said no. `message` is its sentence, `reasons` the same as codes; `status` 0 means that nobody
 * answered. `fields` has what is wrong with which field of the body, by its place: `shifts.0.starts`.
 * `method` is of the call.
 */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly reasons?: Schema['Reason'][] | null,
    readonly fields: Record<string, Problem> = {},
    readonly method: Method = 'get',
  ) {
    super(detail);
  }
}

type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  given?: Given<Operation<M, P>>,
) => Promise<Answer<Operation<M, P>>>;

/** The types end here: the document vouches for them. */
function call<M extends Method>(method: M): Call<M> {
  const untyped = async (path: string, given: Loose = {}): Promise<unknown> => {
    const answer = await send(method, address(path, given.path, given.query), given);
    if (!answer.ok) throw await problem(answer);
    return answer.status === 204 ? undefined : answer.json();
  };
  return untyped as Call<M>;
}

export const api = {
  get: call('get'),
  post: call('post'),
  put: call('put'),
  patch: call('patch'),
  delete: call('delete'),
};

type ItemOf<P extends PathOf<'get'>> =
  Answer<Operation<'get', P>> extends { items: (infer I)[] } ? I : never;

/** Every item of a list, page after page. */
export async function all<P extends PathOf<'get'>>(path: P, query: object = {}): Promise<ItemOf<P>[]> {
  const page = api.get as (path: P, given: Loose) => Promise<unknown>;
  const items: ItemOf<P>[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const answer = await page(path, { query: { limit: 500, ...query, cursor } });
    const { items: found, next = null } = answer as { items: ItemOf<P>[]; next?: string | null };
    items.push(...found);
    cursor = next;
  }
  return items;
}

/** Opens the stream of the feed; aborted by `signal` alone. */
export function openFeed(after: string | null, signal: AbortSignal) {
  return openStream('/feed', signal, after === null ? {} : { 'Last-Event-ID': after });
}

/** Opens the stream of one device's messages. */
export function openMessages(device: string, signal: AbortSignal) {
  return openStream(address('/devices/{device}/messages', { device }).slice(PREFIX.length), signal);
}

async function openStream(path: string, signal: AbortSignal, more: Record<string, string> = {}) {
  const headers = { Accept: 'text/event-stream', ...more };
  const answer = await fetch(PREFIX + path, { headers, signal });
  if (!answer.ok || !answer.body) throw await problem(answer);
  return answer.body;
}

export function address(path: string, parts?: unknown, query?: unknown): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((parts as Record<string, unknown>)[name])),
  );
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) asked.append(name, String(each));
    }
  }
  return PREFIX + filled + (asked.size ? `?${asked}` : '');
}

async function send(method: Method, url: string, given: Loose): Promise<Response> {
  const headers: Record<string, string> = { ...PROOF, ...given.headers };
  if (given.body !== undefined) headers['Content-Type'] = 'application/json';
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(url, {
      method: method.toUpperCase(),
      headers,
      body: given.body === undefined ? null : JSON.stringify(given.body),
      signal: given.signal ? AbortSignal.any([given.signal, late]) : late,
    });
  } catch (error) {
    if (given.signal?.aborted) throw error;
    throw new Problem(0, 'carewatch cannot be reached.', null, {}, method);
  }
}

let over = (): void => {};

/** Whom to tell when the server says that the login is over. */
export function whenLoginIsOver(tell: () => void): void {
  over = tell;
}

async function problem(answer: Response): Promise<Problem> {
  if (answer.status === 401 && !answer.url.endsWith('/session/cookie')) over();
  const said: Partial<Schema['Problem']> = await answer.json().catch(() => ({}));
  const fields = said.errors?.map(({ field, detail, reasons }) => [field, new Problem(answer.status, detail, reasons)]);
  return new Problem(answer.status, said.detail ?? answer.statusText, said.reasons, Object.fromEntries(fields ?? []));
}
