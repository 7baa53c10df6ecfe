import type { Connection } from './connection.ts';
import { containerBody } from './containerBody.ts';
import { EngineError, type ContainerRecord, type Engine, type StartOutcome } from './engine.ts';
import { labelFilter } from './filters.ts';
import { containerOfInspection, containerOfList } from './records/containerRecord.ts';
import { list, record, text } from './records/facts.ts';
import { statsOf } from './records/statsRecord.ts';
import { escapePath } from './transport.ts';

type Containers = Pick<
  Engine,
  | 'listContainers'
  | 'inspectContainer'
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'killContainer'
  | 'removeContainer'
  | 'stats'
>;

/** How long an engine may take beyond the grace that it gives a container. */
const slackSeconds = 60;

export function containers(connection: Connection): Containers {
  const at = (id: string, verb = ''): string => `/containers/${escapePath(id)}${verb}`;
  return {
    async listContainers({ labels }, { signal } = {}) {
      const query = { all: true, filters: labelFilter(labels) };
      const { value } = await connection.call({ method: 'GET', path: '/containers/json', query, signal });
      return list(value).flatMap((item) => containerOfList(item) ?? []);
    },

    async inspectContainer(id, { signal } = {}) {
      const { status, value } = await connection.call(
        { method: 'GET', path: at(id, '/json'), signal },
        [404],
      );
      return status === 404 ? 'absent' : understood(containerOfInspection(value));
    },

    async createContainer(spec, { signal } = {}) {
      const query = { name: spec.name };
      const body = containerBody(spec);
      const request = { method: 'POST', path: '/containers/create', query, body, signal } as const;
      const { status, value } = await connection.call(request, [404, 409, 500]);
      if (status < 400) return { id: text(record(value)['Id']) ?? spec.name };
      const message = text(record(value)['message']) ?? `The engine answered with status ${status}.`;
      // Podman answers a taken name with 500.
      if (status === 409 || /name .*is already in use/i.test(message)) return 'nameTaken';
      if (status === 404 && /no such image|image not known/i.test(message)) return 'imageMissing';
      throw connection.refused(status, message);
    },

    async startContainer(id, { signal } = {}) {
      const { status, value } = await connection.call(
        { method: 'POST', path: at(id, '/start'), signal },
        [400, 404, 409, 500],
      );
      const message = text(record(value)['message']) ?? text(record(value)['cause']) ?? '';
      return startOutcome(status, message);
    },

    async stopContainer(id, graceSeconds, { signal } = {}) {
      const grace = Math.max(0, Math.ceil(graceSeconds));
      const request = { method: 'POST', path: at(id, '/stop'), query: { t: grace }, signal } as const;
      const { status } = await connection.call(request, [404], grace + slackSeconds);
      return status === 404 ? 'absent' : 'stopped';
    },

    async killContainer(id, name, { signal } = {}) {
      const request = { method: 'POST', path: at(id, '/kill'), query: { signal: name }, signal } as const;
      // 409: it does not run, so there is nothing to send to.
      const { status } = await connection.call(request, [404, 409]);
      return status >= 400 ? 'absent' : 'sent';
    },

    async removeContainer(id, { signal, volumes = false } = {}) {
      const request = { method: 'DELETE', path: at(id), query: { force: true, v: volumes }, signal } as const;
      const { status, value } = await connection.call(request, [404, 409]);
      if (status < 400) return 'removed';
      const message = text(record(value)['message']) ?? '';
      // Another removal is under way: whoever asked first sees it through.
      if (status === 404 || /removal of container .* is already in progress/i.test(message)) return 'absent';
      throw connection.refused(status, message);
    },

    async stats(id, { signal } = {}) {
      const query = { stream: false, 'one-shot': true };
      const request = { method: 'GET', path: at(id, '/stats'), query, signal } as const;
      const { status, value } = await connection.call(request, [404, 409]);
      return status >= 400 ? 'absent' : (statsOf(value) ?? 'absent');
    },
  };
}

/** What came of a start, by status and the engine's words. A container that runs already is started. */
export function startOutcome(status: number, message: string): StartOutcome {
  if (status < 400) return { kind: 'started' };
  if (status === 404 && /no such container/i.test(message)) return { kind: 'absent' };
  if (
    /port is already allocated|address already in use|ports are not available|bind: .*in use/i.test(message)
  ) {
    return { kind: 'portTaken', message };
  }
  return { kind: 'failed', message };
}

function understood(container: ContainerRecord | undefined): ContainerRecord {
  if (container === undefined)
    throw new EngineError('failed', 'The engine described a container without an id.');
  return container;
}
