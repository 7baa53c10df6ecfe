import type { Hono } from 'hono';
import * as v from 'valibot';
import { same } from '../auth/apiToken.ts';

/** One notification of the registry, as far as it matters. */
const notification = v.object({
  events: v.array(
    v.object({
      action: v.string(),
      target: v.object({ repository: v.string(), tag: v.optional(v.string()) }),
    }),
  ),
});

export interface WebhookParts {
  readonly secret: string;
  /** A tag was pushed to the repository at this path. Returns at once; the look happens later. */
  readonly pushed: (path: string, tag: string) => void;
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
      if (action === 'push' && target.tag !== undefined) parts.pushed(target.repository, target.tag);
    }
    return context.body(null, 202);
  });
}
