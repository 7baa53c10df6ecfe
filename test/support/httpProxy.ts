import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy on loopback as companies have them. It alone knows where the names are. */
export class HttpProxy {
  /** What it was asked for: `CONNECT patr.test:443`, `GET http://patr.test/user`. */
  readonly asked: string[] = [];
  readonly #ports: ReadonlyMap<string, number>;
  readonly #open = new Set<Duplex>();
  readonly #server = createServer((asked, answer) => this.#forward(asked, answer));

  /** Ports of this machine by the names that lead to them. */
  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
    this.#server.on('connection', (socket) => this.#hold(socket));
    this.#server.on('connect', (asked: IncomingMessage, socket: Duplex) => this.#tunnel(asked, socket));
  }

  static async start(ports: Readonly<Record<string, number>>): Promise<HttpProxy> {
    const proxy = new HttpProxy(new Map(Object.entries(ports)));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #tunnel({ url = '' }: IncomingMessage, socket: Duplex): void {
    this.asked.push(`CONNECT ${url}`);
    const port = this.#ports.get(url.replace(/:\d+$/, ''));
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const there = this.#hold(connect(port, '127.0.0.1'));
    there.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(there).pipe(socket);
    });
    for (const [one, other] of [
      [socket, there],
      [there, socket],
    ] as const)
      one.on('error', () => undefined).once('close', () => other.destroy());
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '/', headers } = asked;
    this.asked.push(`${method} ${url}`);
    const { hostname, pathname, search } = new URL(url, 'http://nowhere');
    const port = this.#ports.get(hostname);
    if (port === undefined) return void answer.writeHead(502).end();
    const there = request(
      { host: '127.0.0.1', port, method, path: pathname + search, headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    there.on('error', () => answer.destroy());
    asked.pipe(there);
  }

  #hold<T extends Duplex | Socket>(socket: T): T {
    this.#open.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    return socket;
  }
}
