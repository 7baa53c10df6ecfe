import { activationSuite } from './activation.suite.ts';
import { commandsSuite } from './commands.suite.ts';
import { configMountsSuite } from './configMounts.suite.ts';
import { copySuite } from './copy.suite.ts';
import { crashSuite } from './crash.suite.ts';
import { createFormSuite } from './createForm.suite.ts';
import { deploySuite } from './deploy.suite.ts';
import { deployImageSuite } from './deployImage.suite.ts';
import { everyCommandSuite } from './everyCommand.suite.ts';
import { historySuite } from './history.suite.ts';
import { journeyFaultsSuite } from './journeyFaults.suite.ts';
import { manageSuite } from './manage.suite.ts';
import { manifestSuite } from './manifest.suite.ts';
import { registrySuite } from './registry.suite.ts';
import { resourcesSuite } from './resources.suite.ts';
import { severalSuite } from './several.suite.ts';
import { signInSuite } from './signIn.suite.ts';
import { treeSuite } from './tree.suite.ts';
import { welcomeSuite } from './welcome.suite.ts';

/** Every suite that runs inside the extension host, by name. */
export const suites: Readonly<Record<string, () => void>> = {
  activation: activationSuite,
  manifest: manifestSuite,
  tree: treeSuite,
  welcome: welcomeSuite,
  commands: commandsSuite,
  configMounts: configMountsSuite,
  createForm: createFormSuite,
  history: historySuite,
  crash: crashSuite,
  deployImage: deployImageSuite,
  registry: registrySuite,
  resources: resourcesSuite,
  deploy: deploySuite,
  journeyFaults: journeyFaultsSuite,
  manage: manageSuite,
  signIn: signInSuite,
  several: severalSuite,
  copy: copySuite,
  // The last one: it looks at what the others have run.
  everyCommand: everyCommandSuite,
};
