import * as v from 'valibot';
import { timestamp, uuid } from '../wire.ts';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A domain of somebody's own: at least two labels, lower case. */
export const domainName = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.maxLength(200, 'must have at most 200 characters'),
  v.regex(new RegExp(`^${label}(?:\\.${label})+$`), 'must be a domain such as example.com'),
);

/** Who keeps the domain's records: this server, or somebody else. */
export const nameserverType = v.picklist(['internal', 'external']);
export type NameserverType = v.InferOutput<typeof nameserverType>;

export const addDomain = v.object({ domain: domainName, nameserverType });

export const dnsRecordTypes = ['A', 'AAAA', 'CNAME', 'TXT'] as const;
export type DnsRecordType = (typeof dnsRecordTypes)[number];

/** A record that has to be there, what name servers answered for it, and whether that is right. */
export const dnsRecord = v.object({
  type: v.fallback(v.union([v.picklist(dnsRecordTypes), v.literal('unknown')]), 'unknown'),
  name: v.string(),
  value: v.string(),
  found: v.array(v.string()),
  present: v.boolean(),
});
export type DnsRecord = v.InferOutput<typeof dnsRecord>;

/** What the last look at DNS gave. `message`: the whole of it in words, and what to do next. Ours. */
const looked = {
  records: v.optional(v.array(dnsRecord)),
  message: v.optional(v.string()),
  checked: v.optional(timestamp),
};

/** `lastUnverified`: when its record was last missed. What comes after `nameserverType` is ours. */
export const workspaceDomain = v.object({
  id: uuid,
  name: v.string(),
  lastUnverified: v.nullish(timestamp, null),
  isVerified: v.boolean(),
  nameserverType: v.fallback(nameserverType, 'external'),
  ...looked,
});
export type WorkspaceDomain = v.InferOutput<typeof workspaceDomain>;

/** What comes after `verified` is ours. */
export const domainCheck = v.object({ verified: v.boolean(), ...looked });
/** What comes after `configured` is ours. */
export const urlCheck = v.object({ configured: v.boolean(), ...looked });
