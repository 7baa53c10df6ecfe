import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDockerfile } from '../../../src/image/dockerfile.ts';
import { exposedPorts, pinnedPlatform, targetStage } from '../../../src/image/dockerfileFacts.ts';
import { lineOfStep } from '../../../src/image/stepLine.ts';

const sample = `# syntax=docker/dockerfile:1
ARG VERSION=24
FROM --platform=linux/arm64 node:\${VERSION} AS Build
WORKDIR /app
RUN npm ci && \\
    # a comment within
    npm test && \\

    echo done
COPY --from=x --chown=1:1 . .
RUN <<EOF cat
EXPOSE 1
EOF
FROM build
ENV PORT=8080 OTHER="a b"
EXPOSE $PORT 9000-9001/udp
EXPOSE \${NOPE:-7000} \${UNKNOWN}
CMD ["node", "x.js"]
`;

describe('a Dockerfile', () => {
  const parsed = parseDockerfile(sample);

  it('is read into instructions with the lines they stand on', () => {
    assert.deepEqual(
      parsed.instructions.map(({ keyword, line, endLine }) => `${keyword} ${line}-${endLine}`),
      [
        'ARG 2-2',
        'FROM 3-3',
        'WORKDIR 4-4',
        'RUN 5-9',
        'COPY 10-10',
        'RUN 11-13',
        'FROM 14-14',
        'ENV 15-15',
        'EXPOSE 16-16',
        'EXPOSE 17-17',
        'CMD 18-18',
      ],
    );
  });

  it('joins continuation lines and leaves out comments and empty lines between them', () => {
    assert.equal(parsed.instructions[3]?.argument, 'npm ci && npm test && echo done');
  });

  it('takes the body of a heredoc for text, not for instructions', () => {
    assert.deepEqual(parsed.instructions[5]?.heredocs, ['EXPOSE 1']);
  });

  it('tells flags from arguments', () => {
    assert.deepEqual(parsed.instructions[4]?.flags, { from: 'x', chown: '1:1' });
    assert.equal(parsed.instructions[4]?.argument, '. .');
  });

  it('has stages that find each other by name', () => {
    assert.deepEqual(
      parsed.stages.map(({ name, base, line }) => [name, base, line]),
      [
        ['build', 'node:${VERSION}', 3],
        [undefined, 'build', 14],
      ],
    );
    assert.equal(targetStage(parsed, 'BUILD')?.line, 3);
    assert.equal(targetStage(parsed, 'nope'), undefined);
    assert.equal(pinnedPlatform(parsed), 'linux/arm64');
  });

  it('exposes the ports of the built stage, variables and ranges included', () => {
    assert.deepEqual(
      exposedPorts(parsed).map(({ port, protocol, line }) => `${port}/${protocol}@${line}`),
      ['8080/tcp@16', '9000/udp@16', '9001/udp@16', '7000/tcp@17'],
    );
    assert.deepEqual(exposedPorts(parsed, 'build'), []);
  });

  it('may have another escape character and Windows line ends', () => {
    const windows = parseDockerfile('\uFEFF# escape=`\r\nFROM a\r\nRUN dir `\r\n  C:\\\r\nEXPOSE 80\r\n');
    assert.deepEqual(
      windows.instructions.map(({ keyword, argument }) => `${keyword} ${argument}`),
      ['FROM a', 'RUN dir C:\\', 'EXPOSE 80'],
    );
  });

  it('may be any text: nothing throws, and lines never run backwards', () => {
    const words = fc.constantFrom(
      'FROM a',
      'RUN x \\',
      '# c',
      '',
      'RUN <<E',
      'E',
      'EXPOSE 80',
      'ARG A=$A',
      ' \\',
      '<<',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words).map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const dockerfile = parseDockerfile(text);
        exposedPorts(dockerfile);
        let last = 0;
        for (const { line, endLine } of dockerfile.instructions) {
          assert.ok(line > last && endLine >= line && endLine <= text.split('\n').length);
          last = endLine;
        }
      }),
    );
  });
});

describe('the line of a step', () => {
  const parsed = parseDockerfile(sample);
  const line = (name: string, number?: number): number | undefined =>
    lineOfStep(parsed, { name, ...(number === undefined ? {} : { number }) });

  it('is found by stage and number, and checked by its words', () => {
    assert.equal(line('[build 3/5] RUN npm ci && npm test && echo done'), 5);
    assert.equal(line('[build 4/5] COPY --from=x --chown=1:1 . .'), 10);
    assert.equal(line('[stage-1 1/1] FROM docker.io/library/build'), 14);
  });

  it('is found by its words when the number misleads', () => {
    assert.equal(line('[build 9/9] RUN npm ci &&   npm test && echo done'), 5);
  });

  it("is found by the classic builder's number among all instructions", () => {
    assert.equal(line('RUN npm ci && npm test', 4), 5);
    assert.equal(line('WORKDIR /app'), 4);
  });

  it('is the FROM whose base image cannot be had', () => {
    const two = parseDockerfile('FROM a AS one\nFROM localhost:1/b:2\n');
    assert.equal(lineOfStep(two, { name: '[internal] load metadata for localhost:1/b:2' }), 2);
    assert.equal(lineOfStep(two, { name: '[internal] load metadata for docker.io/library/a:latest' }), 1);
  });

  it('is not told when it is not known', () => {
    assert.equal(line('exporting to image'), undefined);
  });
});
