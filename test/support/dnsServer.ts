import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Answer, type Question } from 'dns-packet';

type Kind = 'A' | 'AAAA' | 'CNAME' | 'TXT';

/** A name server on loopback that answers what the test says. */
export interface DnsServer {
  /** Such as `127.0.0.1:5353`. */
  readonly address: string;
  /** Replaces the records of a name and type; no values: there are none. */
  set(type: Kind, name: string, ...values: readonly string[]): void;
  /** From now on it fails at every question, or answers again. */
  fail(failing: boolean): void;
  close(): Promise<void>;
}

/** At an address of loopback; without a port at any that is free. */
export async function startDnsServer(host = '127.0.0.1', port = 0): Promise<DnsServer> {
  const records = new Map<string, readonly string[]>();
  const valuesOf = (type: Kind, name: string): readonly string[] =>
    records.get(`${type} ${name.toLowerCase()}`) ?? [];
  let failing = false;

  /** An alias is answered along with what it stands for. */
  function answersTo({ type, name }: Question): Answer[] {
    const aliases = type === 'CNAME' ? [] : valuesOf('CNAME', name);
    const own = valuesOf(type as Kind, name).map((data) => ({ type, name, ttl: 0, data }) as Answer);
    return [
      ...own,
      ...aliases.flatMap((data): Answer[] => [
        { type: 'CNAME', name, ttl: 0, data },
        ...answersTo({ type, name: data }),
      ]),
    ];
  }

  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = decode(message);
    const answers = failing ? [] : questions.flatMap(answersTo);
    const failed = 2;
    const flags = 0x0180 | (failing ? failed : 0);
    socket.send(encode({ type: 'response', id: id ?? 0, flags, questions, answers }), port, address);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  return {
    address: `${host}:${socket.address().port}`,
    set: (type, name, ...values) => void records.set(`${type} ${name.toLowerCase()}`, values),
    fail: (now) => (failing = now),
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
