import assert from 'node:assert/strict';
import type { Shell } from '../../src/docker/engine.ts';
import { aContainer, openTestEngine, type TestEngine } from '../support/engine.ts';

/** What a shell prints, read as it comes. */
class Screen {
  text = '';
  readonly ended: Promise<void>;
  #wake: () => void = () => undefined;

  constructor(shell: Shell) {
    this.ended = this.#read(shell);
  }

  /** Resolves when the pattern is on the screen. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async #read(shell: Shell): Promise<void> {
    for await (const chunk of shell.output) {
      this.text += chunk.toString('utf8');
      this.#wake();
    }
  }
}

describe('a shell in a container', () => {
  let test: TestEngine;
  let count = 0;
  const size = { columns: 80, rows: 24 };
  const run = async (environment: readonly string[] = []): Promise<string> => {
    const name = `${test.prefix}-${(count += 1)}`;
    const made = await test.engine.createContainer(
      aContainer({ name, labels: test.labels, environment, command: ['/bin/sleep', '600'] }),
    );
    assert.ok(typeof made !== 'string');
    assert.deepEqual(await test.engine.startContainer(made.id), { kind: 'started' });
    return made.id;
  };
  const opened = async (id: string): Promise<Shell> => {
    const shell = await test.engine.openShell(id, size);
    assert.ok(typeof shell !== 'string');
    return shell;
  };
  const processes = async (id: string): Promise<string> =>
    (await test.engine.exec(id, ['sh', '-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "'])).stdout;

  before(async () => {
    test = await openTestEngine();
  });
  after(() => test.close());

  it('answers what is typed, on a terminal of the size that it is given', async () => {
    const shell = await opened(await run());
    const screen = new Screen(shell);
    shell.write('echo $((40 + 2))-there\n');
    await screen.shows(/42-there/);
    shell.write('stty size\n');
    await screen.shows(/24 80/);
    await shell.resize({ columns: 132, rows: 50 });
    shell.write('stty size\n');
    await screen.shows(/50 132/);
    await shell.close();
  });

  it('ends with its program, and closing it then is harmless', async () => {
    const shell = await opened(await run());
    const screen = new Screen(shell);
    shell.write('exit\n');
    await screen.ended;
    await shell.close();
    await shell.close();
    assert.equal(shell.write('echo\n'), 'refused');
  });

  it('leaves nothing running behind when it is closed', async () => {
    const id = await run();
    const shell = await opened(id);
    const screen = new Screen(shell);
    shell.write('sleep 54321\n');
    // The terminal shows what is typed; the program is there when the kernel says so.
    while (!(await processes(id)).includes('sleep 54321')) await screen.shows(/./);
    await shell.close();
    await screen.ended;
    while ((await processes(id)).includes('sleep 54321'));
  });

  it('is told from a container that is gone, one that does not run, and one without a shell', async () => {
    const id = await run();
    await test.engine.stopContainer(id, 0);
    assert.equal(await test.engine.openShell(id, size), 'notRunning');
    await test.engine.removeContainer(id);
    assert.equal(await test.engine.openShell(id, size), 'absent');
    assert.equal(await test.engine.openShell(await run(['PATH=/nowhere']), size), 'noShell');
  });

  it('is given up when the signal fires', async () => {
    const id = await run();
    await assert.rejects(test.engine.openShell(id, size, { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
  });
});
