import { activationSuite } from './activation.suite.ts';

/** Every suite that runs inside the extension host, by name. */
export const suites: Readonly<Record<string, () => void>> = {
  activation: activationSuite,
};
