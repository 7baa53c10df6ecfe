import assert from 'node:assert/strict';
import fc from 'fast-check';
import { matchPath } from '../../../src/extension/crash/matchPath.ts';
import { frameNamed, framesIn, headlineIn } from '../../../src/extension/crash/stackTrace.ts';
import { memoryBytes, nextLarger } from '../../../src/extension/machineTypes.ts';

/** What runtimes print, and the innermost frame that is the application's own. */
const traces: Readonly<
  Record<string, { readonly text: string; readonly first: string; readonly headline?: string }>
> = {
  Node: {
    text: `/app/node_modules/pg/lib/client.js:54
    throw error;
Error: connect ECONNREFUSED
    at connect (/app/node_modules/pg/lib/client.js:54:9)
    at Object.<anonymous> (/app/src/db.js:12:7)
    at Module._compile (node:internal/modules/cjs/loader:1565:14)`,
    first: '/app/src/db.js:12:7',
    headline: 'Error: connect ECONNREFUSED',
  },
  'Node modules': {
    text: `file:///app/server.mjs:3
TypeError: x is not a function
    at file:///app/server.mjs:3:1
    at async file:///app/main.mjs:9:5`,
    first: '/app/server.mjs:3',
    headline: 'TypeError: x is not a function',
  },
  Python: {
    text: `Traceback (most recent call last):
  File "/app/main.py", line 20, in <module>
    run()
  File "/app/lib/work.py", line 7, in run
    requests.get(url)
  File "/usr/local/lib/python3.13/site-packages/requests/api.py", line 73, in get
    return request("get", url)
ValueError: no url`,
    first: '/app/lib/work.py:7',
    headline: 'ValueError: no url',
  },
  Go: {
    text: `panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.handler(0xc0000)
\t/src/cmd/web/main.go:42 +0x1d
net/http.(*conn).serve()
\t/usr/local/go/src/net/http/server.go:1995 +0x8d`,
    first: '/src/cmd/web/main.go:42',
    headline: 'panic: runtime error: index out of range [3] with length 3',
  },
  Java: {
    text: `Exception in thread "main" java.lang.IllegalStateException: no database
\tat com.acme.shop.Database.open(Database.java:31)
\tat com.acme.shop.Main.main(Main.java:12)`,
    first: 'com/acme/shop/Database.java:31',
    headline: 'Exception in thread "main" java.lang.IllegalStateException: no database',
  },
  Ruby: {
    text: `/app/lib/shop.rb:9:in 'Shop#open': no database (RuntimeError)
\tfrom /app/main.rb:3:in '<main>'`,
    first: '/app/lib/shop.rb:9',
  },
  PHP: {
    text: `PHP Fatal error:  Uncaught RuntimeException: no database in /var/www/html/db.php:12
#0 /var/www/html/index.php(3): open()`,
    first: '/var/www/html/db.php:12',
    headline: 'PHP Fatal error:  Uncaught RuntimeException: no database in /var/www/html/db.php:12',
  },
  Rust: {
    text: `thread 'main' panicked at src/main.rs:4:5:
no database
  2: web::main
             at ./src/main.rs:4:5`,
    first: 'src/main.rs:4:5',
    headline: "thread 'main' panicked at src/main.rs:4:5:",
  },
  '.NET': {
    text: `Unhandled exception. System.InvalidOperationException: no database
   at Shop.Database.Open() in /src/Shop/Database.cs:line 31
   at Program.<Main>$(String[] args) in /src/Shop/Program.cs:line 5`,
    first: '/src/Shop/Database.cs:31',
    headline: 'Unhandled exception. System.InvalidOperationException: no database',
  },
};

describe('a stack trace', () => {
  for (const [runtime, { text, first, headline }] of Object.entries(traces)) {
    it(`of ${runtime} names the innermost line of the application, and what went wrong`, () => {
      const lines = text.split('\n');
      const [frame] = framesIn(lines);
      assert.ok(frame);
      const { path, line, column } = frame;
      assert.equal([path, line, ...(column === undefined ? [] : [column])].join(':'), first);
      assert.equal(headlineIn(lines), headline);
    });
  }

  it('is not seen in ordinary output, whatever it is', () => {
    assert.deepEqual(
      framesIn(['listening at http://0.0.0.0:8080', 'at 10:20:30 it began', 'GET /a.js:1']),
      [],
    );
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 })), (lines) => {
        for (const { line } of framesIn(lines)) assert.ok(Number.isInteger(line));
      }),
    );
  });

  it('is the last of several', () => {
    const before = [
      'Error: first',
      '    at one (/app/first.js:1:1)',
      ...Array.from({ length: 7 }, () => 'GET /'),
    ];
    const lines = [...before, 'Error: second', '    at two (/app/second.js:2:1)'];
    assert.deepEqual(framesIn(lines), [{ path: '/app/second.js', line: 2, column: 1 }]);
    assert.equal(headlineIn(lines), 'Error: second');
  });

  it('is looked for in lines of a sane length only', () => {
    assert.deepEqual(framesIn([`at (${'/a'.repeat(600)}.js:1:1)`]), []);
  });
});

describe('a path in a container', () => {
  const files = [
    'server.js',
    'src/db.js',
    'src/shop/db.js',
    'src/main/java/com/acme/Main.java',
    'lib/a/util.js',
    'lib/b/util.js',
  ];

  it('means the file that shares the most names with it, from the end', () => {
    assert.equal(matchPath('/app/server.js', files), 'server.js');
    assert.equal(matchPath('/srv/src/shop/db.js', files), 'src/shop/db.js');
    assert.equal(matchPath('com/acme/Main.java', files), 'src/main/java/com/acme/Main.java');
    assert.equal(matchPath('./lib/b/util.js', files), 'lib/b/util.js');
  });

  it('prefers the file that is wholly in it', () => {
    assert.equal(matchPath('/app/main.js', ['tools/main.js', 'main.js']), 'main.js');
    assert.equal(matchPath('/app/main.js', ['main.js', 'tools/main.js']), 'main.js');
  });

  it('means none when two fit equally well, or none does', () => {
    assert.equal(matchPath('/app/util.js', files), undefined);
    assert.equal(matchPath('/app/other.js', files), undefined);
    assert.equal(matchPath('', files), undefined);
  });
});

describe('the next larger machine type', () => {
  const type = (id: string, memory: number) => ({ id, cpu_count: 1, memory_count: memory });

  it('has the least memory among those that have more', () => {
    const types = [type('a', 2), type('b', 8), type('c', 4)];
    assert.equal(nextLarger(types, 'a')?.id, 'c');
    assert.equal(nextLarger(types, 'b'), undefined);
    assert.equal(nextLarger(types, 'unknown'), undefined);
    assert.equal(memoryBytes(type('a', 2)), 500_000_000);
  });
});

describe('the place that a line of output names', () => {
  it('is the frame that it is, or else what it names in its text', () => {
    assert.deepEqual(frameNamed('    at com.acme.Main.run(Main.java:12)'), {
      path: 'com/acme/Main.java',
      line: 12,
    });
    assert.deepEqual(frameNamed('error in src/server.ts:12:7: no database'), {
      path: 'src/server.ts',
      line: 12,
      column: 7,
    });
  });

  it('is none of a library, which nobody mends here', () => {
    assert.equal(frameNamed('    at run (/app/node_modules/x/index.js:3:1)'), undefined);
  });
});
