import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { listen, type Server } from '../../../../src/control-plane/server.ts';

/** One chunk at a time, for as long as somebody reads. */
function endless(onLeft: () => void): Response {
  const chunk = new TextEncoder().encode(`${'x'.repeat(1023)}\n`);
  return new Response(
    new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: () => onLeft() }),
  );
}

describe('upgrades of the API', () => {
  let server: Server;
  let left: PromiseWithResolvers<void>;

  beforeEach(async () => {
    left = Promise.withResolvers<void>();
    const answering = async (asked: Request): Promise<Response> =>
      new URL(asked.url).pathname === '/endless' ? endless(left.resolve) : new Response(await asked.text());
    server = await listen(answering, { host: '127.0.0.1', port: 0 });
  });

  afterEach(() => server.close());

  async function answerTo(
    path: string,
    upgrade: string,
    body?: string,
  ): Promise<{ readonly answer: IncomingMessage; readonly leave: () => void }> {
    const asked = request({
      host: '127.0.0.1',
      port: server.port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { connection: 'upgrade', upgrade },
    });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { answer, leave: () => asked.destroy() };
  }

  it('answer a request that offers another protocol as if it did not, with its body', async () => {
    const { answer } = await answerTo('/echo', 'h2c', 'what was sent');
    const text = (await answer.setEncoding('utf8').toArray()).join('');
    assert.deepEqual([answer.statusCode, text], [200, 'what was sent']);
  });

  it('keep nothing of an ordinary answer in memory: it is made as it is read, and given up with its reader', async () => {
    const { answer, leave } = await answerTo('/endless', 'websocket');
    assert.equal(answer.statusCode, 200);
    await once(answer, 'data');
    leave();
    await left.promise;
  });
});
