import { fields } from './protobuf.ts';

/** What one `moby.buildkit.trace` event tells (`moby.buildkit.v1.StatusResponse`), as far as it is used here. */
export interface Trace {
  readonly vertexes: readonly Vertex[];
  readonly logs: readonly VertexLog[];
}

export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: boolean;
  readonly completed: boolean;
  readonly error: string;
}

export interface VertexLog {
  readonly vertex: string;
  readonly bytes: Buffer;
}

/** Decodes the base64 text of an event. @throws RangeError when it is cut off. */
export function decodeTrace(encoded: string): Trace {
  const vertexes: Vertex[] = [];
  const logs: VertexLog[] = [];
  for (const { number, value } of fields(Buffer.from(encoded, 'base64'))) {
    if (!Buffer.isBuffer(value)) continue;
    if (number === 1) vertexes.push(decodeVertex(value));
    if (number === 3) logs.push(decodeLog(value));
  }
  return { vertexes, logs };
}

function decodeVertex(message: Buffer): Vertex {
  const found = new Map(Array.from(fields(message), ({ number, value }) => [number, value]));
  const text = (number: number): string => {
    const value = found.get(number);
    return Buffer.isBuffer(value) ? value.toString('utf8') : '';
  };
  return {
    digest: text(1),
    name: text(3),
    cached: found.get(4) === 1n,
    started: found.has(5),
    completed: found.has(6),
    error: text(7),
  };
}

function decodeLog(message: Buffer): VertexLog {
  let vertex = '';
  let bytes: Buffer = Buffer.alloc(0);
  for (const { number, value } of fields(message)) {
    if (!Buffer.isBuffer(value)) continue;
    if (number === 1) vertex = value.toString('utf8');
    if (number === 4) bytes = value;
  }
  return { vertex, bytes };
}
