import * as v from 'valibot';
import { portNumber, timestamp, uuid } from '../wire.ts';
import { certificateState } from './certificate.ts';
import { dnsRecord } from './domain.ts';

/** The sub-domain that stands for the domain itself. */
export const bareDomain = '@';

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';

export const subDomain = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(100, 'must have at most 100 characters'),
  v.regex(
    new RegExp(`^(?:@|${label}(?:\\.${label})*)$`),
    'must be letters, digits, hyphens and underscores, joined by dots, or @ for the domain itself',
  ),
);

/** Kept with one slash at its beginning, and none at its end but for `/` itself. */
export const urlPath = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.transform((text) => `/${text.replace(/^\/+/, '').replace(/\/+$/, '')}`),
  v.maxLength(200, 'must have at most 200 characters'),
  v.regex(
    /^\/(?:[a-z0-9._-]+(?:\/[a-z0-9._-]+)*)?$/,
    'must be a path such as /api: letters, digits, dots, hyphens and underscores between slashes',
  ),
  v.check((path) => !path.split('/').some((part) => part === '.' || part === '..'), 'must not contain ..'),
);

const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?';
const withoutScheme = 'without http:// or https://, which httpOnly decides on';

/** Host, port and path of another server. */
const proxiedUrl = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(1000, 'must have at most 1000 characters'),
  v.regex(
    new RegExp(`^${host}(?:/[A-Za-z0-9._~%/-]*)?$`),
    `must be a host, with a port and a path if wanted, such as example.com/shop, ${withoutScheme}`,
  ),
);

/** Host, port, path, query and fragment that people are sent to. */
const redirectUrl = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(1000, 'must have at most 1000 characters'),
  v.regex(
    new RegExp(`^${host}(?:[/?#][A-Za-z0-9._~%/?#&=+,:@!$()*-]*)?$`),
    `must be an address such as example.com/shop?from=here, ${withoutScheme}`,
  ),
);

/** Where a managed URL leads. `httpOnly`: by HTTP, instead of HTTPS. */
export const managedUrlTarget = v.variant('type', [
  v.object({ type: v.literal('proxyDeployment'), deploymentId: uuid, port: portNumber }),
  v.object({ type: v.literal('proxyStaticSite'), staticSiteId: uuid }),
  v.object({ type: v.literal('proxyUrl'), url: proxiedUrl, httpOnly: v.boolean() }),
  v.object({
    type: v.literal('redirect'),
    url: redirectUrl,
    permanentRedirect: v.boolean(),
    httpOnly: v.boolean(),
  }),
]);
export type ManagedUrlTarget = v.InferOutput<typeof managedUrlTarget>;

export const createManagedUrl = v.object({
  subDomain,
  domainId: uuid,
  path: urlPath,
  urlType: managedUrlTarget,
});
export const updateManagedUrl = v.object({ path: urlPath, urlType: managedUrlTarget });

/**
 * `active`: it answers. `waitingForDomain`: its domain is not verified. `waitingForDns`: it answers, but its name does
 * not lead here. `noTarget`: what it leads to is not there, or cannot be found.
 */
export const managedUrlStates = ['active', 'waitingForDomain', 'waitingForDns', 'noTarget'] as const;
export type ManagedUrlState = (typeof managedUrlStates)[number];

/**
 * A target as servers answer it: the rules for what is written are not applied to what already exists, and a kind that
 * a newer server may have is one that nobody knows.
 */
const answeredTarget = v.union([
  v.variant('type', [
    v.object({ type: v.literal('proxyDeployment'), deploymentId: uuid, port: v.number() }),
    v.object({ type: v.literal('proxyStaticSite'), staticSiteId: uuid }),
    v.object({ type: v.literal('proxyUrl'), url: v.string(), httpOnly: v.fallback(v.boolean(), false) }),
    v.object({
      type: v.literal('redirect'),
      url: v.string(),
      permanentRedirect: v.fallback(v.boolean(), false),
      httpOnly: v.fallback(v.boolean(), false),
    }),
  ]),
  v.pipe(
    v.object({ type: v.string() }),
    v.transform(() => ({ type: 'unknown' as const })),
  ),
]);

/** The target is beside the other fields. What comes after `isConfigured` is ours. */
export const managedUrl = v.intersect([
  v.object({
    id: uuid,
    subDomain: v.string(),
    domainId: uuid,
    path: v.string(),
    isConfigured: v.boolean(),
    /** The whole address, as a browser takes it. */
    address: v.optional(v.string()),
    state: v.optional(v.fallback(v.union([v.picklist(managedUrlStates), v.literal('unknown')]), 'unknown')),
    /** Why it is not `active`, in words, and what to do next. */
    message: v.optional(v.string()),
    /** Of its host, where a public authority signs for it. */
    certificate: v.optional(certificateState),
    records: v.optional(v.array(dnsRecord)),
    checked: v.optional(timestamp),
  }),
  answeredTarget,
]);
export type ManagedUrl = v.InferOutput<typeof managedUrl>;
