import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BuildKitProgress } from '../../../../src/docker/build/buildKitProgress.ts';
import { ClassicProgress } from '../../../../src/docker/build/classicProgress.ts';
import { OutputTail } from '../../../../src/docker/build/outputTail.ts';
import { buildError, lineInMessage } from '../../../../src/docker/build/progress.ts';
import { fields, textMessage } from '../../../../src/docker/build/protobuf.ts';
import { decodeTrace } from '../../../../src/docker/build/trace.ts';
import { BuildFailure, EngineError, type BuildProgress } from '../../../../src/docker/engine.ts';

interface VertexFacts {
  digest: string;
  name?: string;
  cached?: boolean;
  started?: boolean;
  completed?: boolean;
  error?: string;
}

function tagged(number: number, bytes: Buffer): Buffer {
  assert.ok(bytes.length < 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

/** A message as BuildKit writes it: time stamps are messages of their own, here empty ones. */
function vertex(facts: VertexFacts): Buffer {
  return tagged(
    1,
    Buffer.concat([
      textMessage({ 1: facts.digest, 3: facts.name ?? '' }),
      facts.cached === true ? Buffer.from([4 << 3, 1]) : Buffer.alloc(0),
      facts.started === true ? tagged(5, Buffer.from([0x08, 0x01])) : Buffer.alloc(0),
      facts.completed === true ? tagged(6, Buffer.from([0x08, 0x02])) : Buffer.alloc(0),
      textMessage({ 7: facts.error ?? '' }),
    ]),
  );
}

function log(digest: string, bytes: Buffer): Buffer {
  return tagged(3, Buffer.concat([textMessage({ 1: digest }), Buffer.from([3 << 3, 1]), tagged(4, bytes)]));
}

const trace = (...parts: Buffer[]): object => ({
  id: 'moby.buildkit.trace',
  aux: Buffer.concat(parts).toString('base64'),
});

describe('BuildKit progress', () => {
  it('tells each step once per state, with its number in its stage', () => {
    const reader = new BuildKitProgress();
    const name = '[build 2/5] RUN npm ci';
    const events = [
      trace(vertex({ digest: 'a', name, started: true })),
      trace(vertex({ digest: 'a', name, started: true })),
      trace(log('a', Buffer.from('added 1 package\n'))),
      trace(vertex({ digest: 'a', name, started: true, completed: true })),
      { id: 'moby.image.id', aux: { ID: 'sha256:i' } },
    ];
    const step = { kind: 'step', id: 'a', name, number: 2, of: 5 };
    assert.deepEqual(
      events.flatMap((event) => reader.read(event)),
      [
        { ...step, state: 'started' },
        { kind: 'output', step: 'a', text: 'added 1 package\n' },
        { ...step, state: 'finished' },
        { kind: 'built', imageId: 'sha256:i' },
      ],
    );
  });

  it('tells a step from the cache', () => {
    const [told] = new BuildKitProgress().read(
      trace(vertex({ digest: 'a', name: '[2/2] COPY . .', cached: true, completed: true })),
    );
    assert.equal(told?.kind === 'step' && told.state, 'cached');
  });

  it('puts a character together that came in two pieces', () => {
    const reader = new BuildKitProgress();
    const bytes = Buffer.from('é\n');
    const told = [bytes.subarray(0, 1), bytes.subarray(1)].flatMap((part) =>
      reader.read(trace(log('a', part))),
    );
    assert.deepEqual(told, [{ kind: 'output', step: 'a', text: 'é\n' }]);
  });

  it('names the step that failed first, not those that were given up because of it', () => {
    const reader = new BuildKitProgress();
    reader.read(trace(vertex({ digest: 'x', name: '[1/2] slow', started: true, error: 'context canceled' })));
    reader.read(trace(log('a', Buffer.from('one\ntwo\n'))));
    reader.read(
      trace(vertex({ digest: 'a', name: '[2/2] RUN false', completed: true, error: 'exit code: 1' })),
    );
    assert.deepEqual(reader.failedStep(), { step: '[2/2] RUN false', output: ['one', 'two'] });
  });

  it('passes over everything else', () => {
    const reader = new BuildKitProgress();
    for (const odd of [undefined, 3, 'x', {}, { id: 'moby.buildkit.trace' }, { aux: 'AA==' }]) {
      assert.deepEqual(reader.read(odd), []);
    }
  });
});

describe('classic progress', () => {
  const stream = (text: string): object => ({ stream: text });
  const states = (events: readonly BuildProgress[]): unknown[] =>
    events.flatMap((event) => (event.kind === 'step' ? [`${event.number}/${event.of} ${event.state}`] : []));

  it('tells steps, cache hits, output and the image alike', () => {
    const reader = new ClassicProgress();
    const told = [
      stream('Step 1/2 : FROM a'),
      stream('\n'),
      stream(' ---> 0123\n'),
      stream('Step 2/2 : RUN npm ci'),
      stream(' ---> Using cache\n'),
      stream('added 1 package\n'),
      { aux: { ID: 'sha256:i' } },
      stream('Successfully built 0123\n'),
    ].flatMap((event) => reader.read(event));
    assert.deepEqual(states(told), ['1/2 started', '1/2 finished', '2/2 started', '2/2 cached']);
    assert.deepEqual(
      told.filter((event) => event.kind !== 'step'),
      [
        { kind: 'output', step: '2', text: 'added 1 package\n' },
        { kind: 'built', imageId: 'sha256:i' },
      ],
    );
  });

  it('is not fooled by a step that prints the words of another one', () => {
    const reader = new ClassicProgress();
    const told = [stream('Step 1/3 : FROM a'), stream('Step 3/3 : RUN evil\n')].flatMap((event) =>
      reader.read(event),
    );
    assert.deepEqual(states(told), ['1/3 started']);
  });

  it('tells the step that failed', () => {
    const reader = new ClassicProgress();
    reader.read(stream('Step 1/1 : RUN false'));
    reader.read(stream('boom\n'));
    const told = reader.read({ error: 'returned a non-zero code: 1' });
    assert.deepEqual(states(told), ['1/1 failed']);
    assert.deepEqual(reader.failedStep(), { step: 'RUN false', stepNumber: 1, output: ['boom'] });
  });
});

describe('failures of builds', () => {
  it('carry the line that a parse error names', () => {
    assert.equal(lineInMessage('dockerfile parse error on line 12: unknown instruction: FOO'), 12);
    assert.equal(lineInMessage('dockerfile parse error line 2: unknown'), 2);
    assert.equal(lineInMessage('exit code: 1'), undefined);
    const failure = buildError('dockerfile parse error line 2: x', new ClassicProgress());
    assert.ok(failure instanceof BuildFailure);
    assert.equal(failure.line, 2);
  });

  it("leave a full disk to the engine: it is not the Dockerfile's fault", () => {
    const error = buildError('write /x: no space left on device', new ClassicProgress());
    assert.ok(error instanceof EngineError);
    assert.equal(error.kind, 'noRoom');
  });

  it('keep the last lines only, and of a progress bar its last frame', () => {
    const tail = new OutputTail();
    for (let line = 0; line < 500; line += 1) tail.add(`line ${line}\n`);
    tail.add('10%\r50%\r100%\nopen');
    assert.equal(tail.lines().length, 60);
    assert.deepEqual(tail.lines().slice(-3), ['line 499', '100%', 'open']);
  });
});

describe('protobuf messages', () => {
  it('of texts are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 9 }), (texts) => {
        const message = textMessage(Object.fromEntries(texts.map((text, index) => [index + 1, text])));
        const read = Array.from(fields(message), ({ number, value }) => [number, String(value)]);
        assert.deepEqual(
          read,
          texts.map((text, index) => [index + 1, Buffer.from(text).toString()]),
        );
      }),
    );
  });

  it('that are cut off are said to be so, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeTrace(Buffer.from(bytes).toString('base64'));
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }),
    );
  });
});
