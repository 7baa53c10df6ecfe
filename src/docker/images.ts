import type { Connection } from './connection.ts';
import { EngineError, type Engine } from './engine.ts';
import { labelFilter } from './filters.ts';
import { list, record, text } from './records/facts.ts';
import { imageOfInspection, imageOfList } from './records/imageRecord.ts';
import { splitTag } from './splitTag.ts';
import { escapePath } from './transport.ts';

type Images = Pick<Engine, 'inspectImage' | 'tagImage' | 'removeImage' | 'listImages'>;

export function images(connection: Connection): Images {
  const at = (reference: string, verb = ''): string => `/images/${escapePath(reference)}${verb}`;
  return {
    async inspectImage(reference, { signal } = {}) {
      const request = { method: 'GET', path: at(reference, '/json'), signal } as const;
      const { status, value } = await connection.call(request, [404]);
      if (status === 404) return 'absent';
      const image = imageOfInspection(value);
      if (image === undefined)
        throw new EngineError('failed', `The engine described ${reference} without an id.`);
      return image;
    },

    async tagImage(source, target, { signal } = {}) {
      const { name, tag } = splitTag(target);
      const query = { repo: name, tag };
      await connection.call({ method: 'POST', path: at(source, '/tag'), query, signal });
    },

    async removeImage(reference, { signal } = {}) {
      const request = { method: 'DELETE', path: at(reference), signal } as const;
      const { status, value } = await connection.call(request, [404, 409]);
      if (status < 400) return 'removed';
      if (status === 404) return 'absent';
      const message = text(record(value)['message']) ?? '';
      if (/being used|in use|used by|referenced in|dependent child/i.test(message)) return 'inUse';
      throw connection.refused(status, message);
    },

    async listImages({ labels }, { signal } = {}) {
      const query = { filters: labelFilter(labels) };
      const { value } = await connection.call({ method: 'GET', path: '/images/json', query, signal });
      return list(value).flatMap((item) => imageOfList(item) ?? []);
    },
  };
}
