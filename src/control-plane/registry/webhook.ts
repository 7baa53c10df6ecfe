import type { Hono } from 'hono';
import * as v from 'valibot';
import { same } from '../auth/apiToken.ts';
import type { Notified } from './tagLooks.ts';

/** One notification of the registry, as far as it matters. */
const notification = v.object({
  events: v.array(
    v.object({
      action: v.string(),
      target: v.object({
        repository: v.string(),
        tag: v.optional(v.string()),
        digest: v.optional(v.string(), ''),
      }),
    }),
  ),
});

export interface WebhookParts {
  readonly secret: string;
  /** Returns at once; the look happens later. */
  readonly pushed: (push: Notified) => void;
}

/**
 * `POST /webhook/registry`. It only says where to look: the order of notifications is not kept and some are
 * lost, so what the registry has under the tag is asked of the registry itself.
 */
export function mountWebhook(app: Hono, parts: WebhookParts): void {
  app.post('/webhook/registry', async (context) => {
    const given = context.req.header('authorization') ?? '';
    if (!same(given, `Bearer ${parts.secret}`)) return context.body(null, 401);
    const decoded = v.safeParse(notification, await context.req.json<unknown>().catch(() => undefined));
    if (!decoded.success) return context.body(null, 400);
    for (const { action, target } of decoded.output.events) {
      const { repository: path, tag, digest } = target;
      if (action === 'push' && tag !== undefined) parts.pushed({ path, tag, digest });
    }
    return context.body(null, 202);
  });
}
