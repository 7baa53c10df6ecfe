/** Rewrites the table of one part between its markers; a part without markers is added at the end of the page. */
export function withTable(
  page: string,
  part: string,
  figures: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): string {
  const [begin, end] = [`<!-- bench:${part}:begin -->`, `<!-- bench:${part}:end -->`];
  const rows = Object.entries(values).map(
    ([name, value]) => `| \`${name}\` | ${readable(value)} | ${figures[name] ?? ''} |`,
  );
  const table = [begin, '| figure | value | what it is |', '| --- | ---: | --- |', ...rows, end].join('\n');
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n## ${part}\n\n${table}\n`;
  return page.slice(0, from) + table + page.slice(to + end.length);
}

function readable(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
