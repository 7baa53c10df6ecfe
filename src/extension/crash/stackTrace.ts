import { placeIn, type NamedPlace } from '../../protocol/lineLinks.ts';

/** One of a stack trace. `path` is the one in the container, or what the runtime knows: Java tells a package and a file name. */
export type Frame = NamedPlace;

/** How runtimes write a frame. `last`: the innermost frame comes last. */
const forms: readonly { readonly pattern: RegExp; readonly last?: true; readonly read: Read }[] = [
  // Node: `at handler (/app/server.js:12:7)`, `at file:///app/server.mjs:3:1`.
  { pattern: /^\s*at (?:.*\()?(?:file:\/\/)?(\/[^():]+|[A-Za-z]:[^():]+):(\d+):(\d+)\)?$/, read: withColumn },
  // Node, above the line that does not parse: `/app/server.js:12`.
  { pattern: /^(?:file:\/\/)?(\/[^\s:]+\.[cm]?[jt]sx?):(\d+)$/, read: plain },
  // Python: `File "/app/main.py", line 12, in main`.
  { pattern: /^\s*File "([^"<>]+)", line (\d+)/, last: true, read: plain },
  // Go: a tab, `/app/main.go:12 +0x1d`.
  { pattern: /^\s+(\/[^\s:]+\.go):(\d+)(?: \+0x[0-9a-f]+)?$/, read: plain },
  // Java and its kin: `at com.acme.Main.run(Main.java:12)`.
  {
    pattern: /^\s*at (?:[\w.]+\/)?([\w.$]+)\.[\w$<>]+\((\w+\.(?:java|kt|scala|groovy)):(\d+)\)$/,
    read: ofPackage,
  },
  // Ruby: `/app/main.rb:12:in 'run'`, `from /app/main.rb:3:in ...`.
  { pattern: /^\s*(?:\d+: )?(?:from )?(\/?[^\s:]+\.(?:rb|ru)):(\d+)(?::in\b|$|: )/, read: plain },
  // PHP: `in /app/index.php:12`, `in /app/index.php on line 12`, `#0 /app/index.php(12): run()`.
  { pattern: /\bin (\/[^\s:]+\.php)(?: on line |:)(\d+)/, read: plain },
  { pattern: /^\s*#\d+ (\/[^\s(]+\.php)\((\d+)\)/, read: plain },
  // Rust: `panicked at src/main.rs:4:5:`, `at ./src/main.rs:4:5`.
  { pattern: /\b(?:panicked )?at (?:\.\/)?([^\s:']+\.rs):(\d+):(\d+):?$/, read: withColumn },
  // .NET: `at Program.Main() in /app/Program.cs:line 12`.
  { pattern: /\bin (\/[^:]+\.(?:cs|fs|vb)):line (\d+)/, read: plain },
];

type Read = (parts: readonly string[]) => Frame;

function plain([, path = '', line]: readonly string[]): Frame {
  return { path, line: Number(line) };
}

function withColumn([, path = '', line, column]: readonly string[]): Frame {
  return { path, line: Number(line), column: Number(column) };
}

/** The folders of a package lead to its file. */
function ofPackage([, type = '', file = '', line]: readonly string[]): Frame {
  const folders = type.split('.').slice(0, -1);
  return { path: [...folders, file].join('/'), line: Number(line) };
}

/** What belongs to the runtime or to a library is nobody's to mend here. */
const foreign =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems)\/|^\/usr\/(?:lib|local\/(?:lib|go))\//;
/** Lines are bounded before they are looked at: a pattern must not be held up by what an application prints. */
const longestLine = 1000;

/** Within a trace there are source lines, carets and the headline between frames, but not more lines than these. */
const longestGap = 6;

/** The frames of the stack trace in some output, innermost first. Of several traces the last one counts. */
export function framesIn(lines: readonly string[]): readonly Frame[] {
  let trace: Trace = { frames: [], innermostLast: false };
  let gap = 0;
  for (const line of lines) {
    const found = line.length > longestLine ? undefined : frameIn(line.trimEnd());
    gap = found === undefined ? gap + 1 : gap;
    if (found === undefined) continue;
    if (gap > longestGap) trace = { frames: [], innermostLast: false };
    gap = 0;
    trace = { frames: [...trace.frames, found.frame], innermostLast: found.innermostLast };
  }
  const own = trace.frames.filter(({ path }) => !foreign.test(path));
  return trace.innermostLast ? own.toReversed() : own;
}

/** The place that a line of output names: the frame that it is, or else a place that it names somewhere in its text. */
export function frameNamed(text: string): Frame | undefined {
  const [frame] = framesIn([text]);
  const place = frame ?? placeIn(text);
  return place === undefined || foreign.test(place.path) ? undefined : place;
}

interface Trace {
  readonly frames: readonly Frame[];
  readonly innermostLast: boolean;
}

function frameIn(line: string): { readonly frame: Frame; readonly innermostLast: boolean } | undefined {
  for (const { pattern, last, read } of forms) {
    const match = pattern.exec(line);
    if (match !== null) return { frame: read(match), innermostLast: last === true };
  }
  return undefined;
}

const headline =
  /^(?:PHP Fatal error: +|Exception in thread "[^"]*" |Unhandled exception\. )?(?:Uncaught )?(?:[\w.$]*(?:Error|Exception|Exit)\b.*|panic: .*|thread '.*' panicked at .*|fatal error: .*)/;

/** The line that says what went wrong, if there is one. */
export function headlineIn(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => line.length <= longestLine && headline.test(line.trim()))?.trim();
}
