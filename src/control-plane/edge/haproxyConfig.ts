import { createHash } from 'node:crypto';
import { timesBackend, timesRules } from './answerTimes.ts';
import type { AppProtocol } from './contract.ts';
import { limitMapNames, limitRules, ratesBackend, silenceRule } from './limitRules.ts';
import {
  faultAnswers,
  foreignFaultAnswers,
  fullAnswer,
  loopRules,
  notFoundRules,
  unavailableRules,
  unreadyRules,
} from './answers.ts';

/** A server of a backend as the configuration file names it. */
export interface ConfiguredServer {
  readonly name: string;
  readonly protocol: AppProtocol;
  readonly address: string;
  readonly port: number;
  readonly state: 'ready' | 'drain';
  /** Requests that it has at once. */
  readonly limit: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface ProxyConfig {
  /** Address that the edge listens on, in its own network. */
  readonly listen: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Beyond so many connections of clients everybody is told to come back; `mostConnections` when absent. */
  readonly connections?: number;
  /** Of one client address; absent: as many as there are. */
  readonly connectionsPerClient?: number;
  /** Sends who comes by HTTP to HTTPS at this port, but for an authority that checks a host. */
  readonly httpsRedirect?: number;
  /** Folder of maps, certificates and sockets, as the proxy sees it. */
  readonly folder: string;
  /** Who may open the admin socket: the user of the control plane, as the proxy numbers it. */
  readonly owner: Owner;
  /** Number of backends that are prepared ahead; a route takes the next free one without a reload. */
  readonly slots: number;
  /** Servers by slot, so that a proxy that starts again serves at once. */
  readonly servers: ReadonlyMap<number, readonly ConfiguredServer[]>;
}

/**
 * Maps: which backend a host and path lead to, where the backends of managed URLs lead on to, and what a deployment's
 * backends are limited to.
 */
export const mapNames = ['hosts', 'redirects', 'proxied', ...limitMapNames] as const;
export type MapName = (typeof mapNames)[number];

export function mapFile(name: MapName): string {
  return `${name}.map`;
}

/** What follows the path of a request where it is looked up; no path has it, so it is what an exact key ends with. */
export const pathEnd = '/#';

export const hostMapName = mapFile('hosts');
/** Whom the edge believes when it is the client: what public servers' certificates are signed by. */
export const rootsName = 'roots.pem';
/** What is answered to authorities that check whether a host leads here, by path. */
export const challengeMapName = 'challenges.map';
export const certificateListName = 'certificates.txt';
export const adminSocketName = 'admin.sock';
export const masterSocketName = 'master.sock';
/**
 * Connections of clients that are served. The proxy has room for a third more (half of its file limit), which is what
 * lets it answer those that are too many.
 */
export const mostConnections = 24_000;
/** Where an authority asks by HTTP. */
export const challengePath = '/.well-known/acme-challenge/';
/** Name of what clients connect to. */
export const publicName = 'public';
export const configName = 'haproxy.cfg';

/** WebSockets begin as HTTP/1.1 in any case: hardly an application takes them over HTTP/2. */
const protocolWords: Readonly<Record<AppProtocol, string>> = { http1: '', h2c: ' proto h2 ws h1' };

/**
 * How a server is spoken to. Its connections are kept for later requests, which one that is added at run time does
 * not do by itself (a third of the rate), and are closed within seconds when nothing needs them: an application that
 * closes an idle one, most do so after 5 s or more, might do it just as a request is on its way.
 */
export function serverWords(protocol: AppProtocol): string {
  return `pool-purge-delay 250ms pool-max-conn -1${protocolWords[protocol]}`;
}

/** For what leads to a deployment that has no slot, or to a server that is not known. */
export const unreadyBackend = 'unready';

export function redirectBackend(permanent: boolean): string {
  return permanent ? 'redirect308' : 'redirect307';
}

export function proxiedBackend(httpOnly: boolean): string {
  return httpOnly ? 'proxied-http' : 'proxied-https';
}

export function slotName(slot: number): string {
  return `slot${slot}`;
}

/** What a running proxy tells the mark of its configuration by. */
export const markVariable = 'proc.patr_config';

/** Tells a configuration from another one, but for what is changed at run time: slots and their servers. */
export function configMark(config: ProxyConfig): string {
  const text = textOf({ ...config, slots: 0, servers: new Map() }, '');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * The proxy's whole configuration, for HAProxy 2.6 and later. Names, members and certificates change through the
 * runtime API afterwards; this text is what a start or a reload begins with.
 */
export function haproxyConfig(config: ProxyConfig): string {
  return textOf(config, configMark(config));
}

function textOf(config: ProxyConfig, mark: string): string {
  const backends = Array.from({ length: config.slots }, (_, slot) =>
    backend(slot, config.servers.get(slot) ?? []),
  );
  const { folder } = config;
  const ofUrls = [
    unready,
    redirect(folder, false),
    redirect(folder, true),
    proxied(folder, true),
    proxied(folder, false),
  ];
  return (
    [
      global(config, mark),
      defaults,
      frontends(config),
      nowhere,
      timesBackend,
      ratesBackend,
      ...ofUrls,
      ...backends,
    ].join('\n\n') + '\n'
  );
}

function global({ folder, owner }: ProxyConfig, mark: string): string {
  return `global
  log stdout format raw local0 notice
  stats socket unix@${folder}/${adminSocketName} mode 600 uid ${owner.uid} gid ${owner.gid} level admin expose-fd listeners
  stats timeout 1m
  set-var ${markVariable} str(${mark})
  # How many connections fit follows from the file limit of the engine: a number beyond it would not start, and
  # tables for a limit that is no limit would fill the memory.
  fd-hard-limit 65536
  # The process binds as root and then works as nobody in particular.
  user nobody
  group nogroup
  hard-stop-after 10m
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20
  tune.ssl.default-dh-param 2048`;
}

const defaults = `defaults
  mode http
  log global
  option dontlognull
  option http-keep-alive
  # A worker that was replaced answers once more on every idle connection instead of closing it under a request.
  option idle-close-on-response
  # A server that cannot be connected to costs a retry elsewhere. A request that reached one is never sent again.
  option redispatch 1
  retries 3
  retry-on conn-failure
  # Against slow senders of headers; a slow body is an upload.
  timeout http-request 10s
  timeout http-keep-alive 75s
  timeout connect 5s
  timeout queue 10s
  # And against those who begin with TLS and then say nothing. Older versions know no limit of its own for that.
.if version_atleast(3.2)
  timeout client-hs 10s
.endif
  # How long an answer may take is the application's to say; what is silent for this long is given up by somebody.
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  timeout client-fin 30s
${faultAnswers.map((answer) => `  ${answer}`).join('\n')}`;

function frontends(config: ProxyConfig): string {
  const {
    listen,
    httpPort,
    httpsPort,
    httpsRedirect,
    folder,
    connections = mostConnections,
    connectionsPerClient,
  } = config;
  const times = timesRules(folder);
  const rules = [
    // Every rule here costs every request, so there are as few as can be.
    `  ${times.request}`,
    '  http-request set-var(txn.path) path',
    `  http-request deny status 503 hdr retry-after 10 hdr connection close content-type text/plain string ${fullAnswer} if { fe_conn gt ${connections} }`,
    `  http-request set-var(txn.slot) ${lookUp(folder, 'hosts')}`,
    `  http-request return status 200 content-type text/plain lf-string "%[path,map_str(${folder}/${challengeMapName})]" if { path_beg ${challengePath} } { path,map_str(${folder}/${challengeMapName}) -m found }`,
    ...(httpsRedirect === undefined ? [] : [redirectRule(httpsRedirect)]),
    ...limitRules((map) => `${folder}/${mapFile(map)}`).map((rule) => `  ${rule}`),
    // What a client says of itself in these headers is not believed.
    '  http-request del-header forwarded',
    '  http-request del-header x-real-ip',
    '  http-request set-header x-forwarded-for %[src]',
    '  http-request set-header x-forwarded-host %[req.hdr(host)]',
    '  http-request set-header x-forwarded-proto %[ssl_fc,iif(https,http)]',
    '  use_backend %[var(txn.slot)] if { var(txn.slot) -m found }',
    '  default_backend nowhere',
    ...times.response.map((rule) => `  ${rule}`),
  ];
  return `frontend ${publicName}
${perClientRules(connectionsPerClient)
  .map((rule) => `  ${rule}\n`)
  .join('')}  bind ${listen}:${httpPort}
  bind ${listen}:${httpsPort} ssl crt-list ${folder}/${certificateListName} alpn h2,http/1.1
${rules.join('\n')}`;
}

/**
 * Against a client that would take all the room, and says nothing or a byte now and then: a connection counts from its
 * first packet, also while it does not go on with TLS.
 */
function perClientRules(most: number | undefined): readonly string[] {
  if (most === undefined) return [];
  return [
    'stick-table type ipv6 size 128k expire 10s store conn_cur',
    'tcp-request connection track-sc2 src,ipmask(32,64)',
    `tcp-request connection reject if { sc_conn_cur(2) gt ${most} }`,
  ];
}

/** To the same place by HTTPS; 308 keeps the method and the body. */
function redirectRule(httpsPort: number): string {
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  return `  http-request redirect location https://%[req.hdr(host),field(1,:)]${port}%[pathq] code 308 unless { ssl_fc }`;
}

/** Host and path of a request in a map: the longest key that they begin with wins. */
function lookUp(folder: string, map: MapName): string {
  return `req.hdr(host),field(1,:),lower,concat(,txn.path,"${pathEnd}"),map_beg(${folder}/${mapFile(map)})`;
}

const unready = [`backend ${unreadyBackend}`, ...unreadyRules.map((rule) => `  ${rule}`)].join('\n');

function redirect(folder: string, permanent: boolean): string {
  return `backend ${redirectBackend(permanent)}
  http-request set-var(txn.to) ${lookUp(folder, 'redirects')}
  http-request redirect location %[var(txn.to)] code ${permanent ? 308 : 307}`;
}

/** The way out to other servers: address, port, host and path come out of the map, so no server has to be named. */
function proxied(folder: string, httpOnly: boolean): string {
  const tls = ` ssl verify required ca-file ${folder}/${rootsName} sni var(txn.name) alpn http/1.1`;
  return `backend ${proxiedBackend(httpOnly)}
${foreignFaultAnswers.map((answer) => `  ${answer}`).join('\n')}
${loopRules.map((rule) => `  ${rule}`).join('\n')}
  http-request set-var(txn.to) ${lookUp(folder, 'proxied')}
  http-request deny status 503 unless { var(txn.to) -m found }
  http-request set-dst var(txn.to),field(1,@)
  http-request set-dst-port var(txn.to),field(2,@)
  http-request set-var(txn.name) var(txn.to),field(3,@),field(1,:)
  http-request set-header host %[var(txn.to),field(3,@)]
  http-request set-path %[var(txn.to),field(4,@)]%[var(txn.path)]
  http-reuse safe
  server any *:0${httpOnly ? '' : tls}`;
}

const nowhere = ['backend nowhere', ...notFoundRules.map((rule) => `  ${rule}`)].join('\n');

function backend(slot: number, servers: readonly ConfiguredServer[]): string {
  return [
    `backend ${slotName(slot)}`,
    '  balance leastconn',
    '  http-reuse safe',
    ...unavailableRules.map((rule) => `  ${rule}`),
    `  ${silenceRule}`,
    ...servers.map(({ name, protocol, address, port, state, limit }) => {
      // Weight 0 is what draining is: what it has goes on, nothing new comes.
      const weight = state === 'drain' ? 0 : 100;
      return `  server ${name} ${address}:${port} weight ${weight} maxconn ${limit} ${serverWords(protocol)}`;
    }),
  ].join('\n');
}
