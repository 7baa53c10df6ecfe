import { run } from '../setup/processes.ts';

export interface StaticStage {
  readonly name: string;
  check(root: string): Promise<{ passed: boolean; output: string }>;
}

function tool(name: string, program: string, ...args: readonly string[]): StaticStage {
  return {
    name,
    async check(cwd) {
      const { code, stdout, stderr } = await run(program, args, { cwd });
      return { passed: code === 0, output: `${stdout}${stderr}`.trim() };
    },
  };
}

/** What is checked without running anything: one verdict each. */
export const stages: readonly StaticStage[] = [
  tool('format', 'oxfmt', '--check', '.'),
  tool('lint', 'oxlint', '--type-aware', '.'),
  tool('types', 'tsc', '--noEmit', '-p', '.'),
];
