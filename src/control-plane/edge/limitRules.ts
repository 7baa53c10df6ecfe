import { limitsInForce, type TrafficLimits } from '../../protocol/shapes/trafficLimits.ts';
import { tooLargeRules, tooOftenRules, unmeasuredRules } from './answers.ts';

/**
 * Maps from the backend of a deployment's port to its limits, in bytes, requests in ten seconds, and milliseconds.
 * What has no limit has no entry. `measured`: its limit of bodies was declared, so every body has to say its length.
 */
export const limitMapNames = ['bodies', 'measured', 'rates', 'silences'] as const;
export type LimitMapName = (typeof limitMapNames)[number];

/** Requests of a client are counted over so many seconds: a burst is nothing to refuse. */
const rateSeconds = 10;
export const ratesTable = 'rates';

/** The entries that the limits of one deployment's port make. */
export function limitEntries(limits: TrafficLimits): Readonly<Partial<Record<LimitMapName, string>>> {
  const { maxBodyBytes, answerTimeoutSeconds, maxRequestsPerSecond } = limitsInForce(limits);
  const declared = typeof limits.maxBodyBytes === 'number';
  return {
    ...(maxBodyBytes === null ? {} : { bodies: String(maxBodyBytes) }),
    ...(declared ? { measured: '1' } : {}),
    ...(maxRequestsPerSecond === null ? {} : { rates: String(maxRequestsPerSecond * rateSeconds) }),
    ...(limits.answerTimeoutSeconds === undefined ? {} : { silences: String(answerTimeoutSeconds * 1000) }),
  };
}

/** More than the edge can have. To the proxy 0 is no limit as well, but what waited for room then waits on. */
const noServerLimit = 65_536;

/** Requests that a server has at once. */
export function serverLimit(limits: TrafficLimits): number {
  return limitsInForce(limits).maxRequestsPerInstance ?? noServerLimit;
}

/** Rules of the frontend, once `txn.slot` says where a request is going. `file`: path of a map. */
export function limitRules(file: (map: LimitMapName) => string): readonly string[] {
  const found = (name: string): string => `{ var(${name}) -m found }`;
  const [said, whole] = ['{ req.hdr(content-length) -m found }', '{ internal.htx.has_eom }'];
  const call = '{ req.hdr(content-type) -m beg application/grpc }';
  const larger = `${found('txn.largest')} { req.body_size,sub(txn.largest) gt 0 }`;
  // Conversations are no bodies: nobody knows how long they get.
  const unmeasured = `{ var(txn.slot),map_str(${file('measured')}) -m found } !${said} !${whole} !${call} !{ req.hdr(upgrade) -m found }`;
  return [
    `http-request set-var(txn.largest) var(txn.slot),map_str_int(${file('bodies')})`,
    `http-request set-var(txn.larger) bool(true) if ${larger} ${said} || ${larger} ${whole} !${call}`,
    ...tooLargeRules(found('txn.larger')),
    `http-request set-var(txn.unmeasured) bool(true) if ${unmeasured}`,
    ...unmeasuredRules(found('txn.unmeasured')),
    `http-request set-var(txn.rate) var(txn.slot),map_str_int(${file('rates')})`,
    // Whoever has an address of IPv6 has many: a network of them is one client.
    `http-request set-var(txn.client) src,ipmask(32,64),concat(/,txn.slot) if ${found('txn.rate')}`,
    `http-request track-sc1 var(txn.client) table ${ratesTable} if ${found('txn.client')}`,
    ...tooOftenRules(`${found('txn.client')} { sc_http_req_rate(1,${ratesTable}),sub(txn.rate) gt 0 }`),
    `http-request set-var(txn.silence) var(txn.slot),map_str_int(${file('silences')})`,
  ];
}

/** The rule of each backend. */
export const silenceRule =
  'http-request set-timeout server var(txn.silence) if { var(txn.silence) -m found }';

/** Where requests of clients are counted; those that were not seen for the longest go when it is full. */
export const ratesBackend = `backend ${ratesTable}
  stick-table type string len 64 size 64k expire ${2 * rateSeconds}s store http_req_rate(${rateSeconds}s)`;
