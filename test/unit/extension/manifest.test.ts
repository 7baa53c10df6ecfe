import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandIds,
  deploymentsView,
  filteredKey,
  fromSelection,
  panelTypes,
  settingIds,
  stateKey,
} from '../../../src/extension/ids.ts';
import { configScheme } from '../../../src/extension/config/configAddress.ts';
import { viewStates } from '../../../src/extension/viewState.ts';
import { defaultLocalSettings } from '../../../src/local/contract.ts';
import { everyContextValue } from './contextValues.ts';

interface Menu {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
  readonly contributes: {
    readonly commands: readonly { command: string; title: string; category?: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { id: string; icon: string }[] };
    readonly views: Readonly<Record<string, readonly { id: string; icon: string }[]>>;
    readonly viewsWelcome: readonly { view: string; contents: string; when: string }[];
    readonly keybindings: readonly { command: string; key: string; when: string; args: string }[];
    readonly menus: Readonly<Record<string, readonly Menu[]>>;
    readonly configuration: {
      readonly properties: Readonly<Record<string, { default?: unknown; scope?: string }>>;
    };
    readonly resourceLabelFormatters: readonly { scheme: string; formatting: unknown }[];
    readonly walkthroughs: readonly {
      steps: readonly { media: { markdown: string }; completionEvents: string[] }[];
    }[];
  };
}

const root = join(import.meta.dirname, '../../..');
const text = await readFile(join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const words = JSON.parse(await readFile(join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
const { commands, keybindings, menus, configuration, viewsWelcome, views, viewsContainers, walkthroughs } =
  manifest.contributes;
const entries = Object.entries(menus).flatMap(([menu, items]) => items.map((item) => ({ menu, ...item })));

/** The pattern that a menu holds against a node's context value, if it does. */
function patternOf(when: string): RegExp | undefined {
  const source = /viewItem =~ \/(.*)\/$/.exec(when)?.[1];
  return source === undefined ? undefined : new RegExp(source);
}

/** The states of the view in a clause: one, or an alternative of several as a pattern. */
function statesOf(value: string): readonly string[] {
  const several = /^\/\^\((.*)\)\$\/$/.exec(value)?.[1];
  return several?.split('|') ?? [value];
}

describe('the manifest', () => {
  it('has the commands of the code, and no other', () => {
    assert.deepEqual(commands.map(({ command }) => command).toSorted(), commandIds.toSorted());
  });

  it('has every command under one category', () => {
    assert.deepEqual(new Set(commands.map(({ category }) => category)), new Set(['%category%']));
  });

  it('has the settings of the code, and no other', () => {
    const names = Object.keys(configuration.properties);
    assert.deepEqual(names.toSorted(), settingIds.map((id) => `patr.${id}`).toSorted());
  });

  it('has the defaults of the code', () => {
    const { images, ports, placement, httpsRedirect, keep } = defaultLocalSettings;
    const value = (id: string): unknown => configuration.properties[`patr.${id}`]?.default;
    for (const [name, image] of Object.entries(images)) assert.equal(value(`local.images.${name}`), image);
    for (const [name, port] of Object.entries(ports)) assert.equal(value(`local.ports.${name}`), port);
    assert.equal(value('local.placement'), placement);
    assert.equal(value('local.httpsRedirect'), httpsRedirect);
    for (const [name, kept] of Object.entries(keep)) assert.equal(value(`local.keep.${name}`), kept);
  });

  it('takes no setting from a workspace that is not trusted', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.deepEqual(restrictedConfigurations.toSorted(), Object.keys(configuration.properties).toSorted());
  });

  it('lets only machines and folders that are trusted say what is executed', () => {
    const scopes = Object.values(configuration.properties).map(({ scope }) => scope);
    const safe = ['machine', 'machine-overridable', 'resource'];
    assert.deepEqual(
      scopes.filter((scope) => !safe.includes(scope ?? '')),
      [],
    );
  });

  it('lets no folder say which registry is told the token', () => {
    assert.equal(configuration.properties['patr.registryHosts']?.scope, 'machine');
  });

  it('has words for every placeholder, and no words for nothing', () => {
    const wanted = new Set(Array.from(text.matchAll(/"%([^%"]+)%"/g), ([, key = '']) => key));
    assert.deepEqual(Object.keys(words).toSorted(), Array.from(wanted).toSorted());
  });

  it('speaks calmly', () => {
    for (const [key, value] of Object.entries(words)) assert.ok(!value.includes('!'), `${key} shouts`);
  });

  it('has menus of known commands only', () => {
    for (const { menu, command } of entries)
      assert.ok(
        commands.some((one) => one.command === command),
        `${menu} has ${command}`,
      );
  });

  it('speaks of known views and context keys only', () => {
    const known = new Set([
      'view',
      'viewItem',
      'resourceScheme',
      'resourceLangId',
      'activeWebviewPanelId',
      stateKey,
    ]);
    const single = new Set([
      'isWorkspaceTrusted',
      'virtualWorkspace',
      'explorerResourceIsFolder',
      'false',
      filteredKey,
    ]);
    for (const { menu, command, when = '' } of entries) {
      for (const clause of when.split(' && ')) {
        const [, key = '', operator, value = ''] = /^!?([\w.]+)(?: (==|=~) (.*))?$/.exec(clause) ?? [];
        const fine = operator === undefined ? single.has(key) : known.has(key);
        assert.ok(fine, `${menu}, ${command}: ${clause}`);
        if (key === 'view') assert.equal(value, deploymentsView);
        if (key === 'activeWebviewPanelId')
          assert.ok((panelTypes as readonly string[]).includes(value), value);
        if (key !== stateKey) continue;
        for (const state of statesOf(value))
          assert.ok((viewStates as readonly string[]).includes(state), state);
      }
    }
  });

  it('has entries for nodes that some node matches, each with its kind first', () => {
    for (const { command, when = '' } of entries.filter(({ menu }) => menu === 'view/item/context')) {
      const pattern = patternOf(when);
      assert.ok(pattern, `${command} has no pattern`);
      const fitting = everyContextValue.filter((value) => pattern.test(value));
      assert.ok(fitting.length > 0, `${command}: nothing matches ${pattern}`);
      const kinds = new Set(fitting.map((value) => value.split(' ')[0]));
      assert.equal(kinds.size, 1, `${command} is shown on ${Array.from(kinds).join(' and ')}`);
    }
  });

  it('has at most three inline entries on any node, and each entry once in a group', () => {
    const items = entries.filter(({ menu }) => menu === 'view/item/context');
    for (const value of everyContextValue) {
      const shown = items.filter(({ when = '' }) => patternOf(when)?.test(value) === true);
      const inline = shown.filter(({ group = '' }) => group.startsWith('inline'));
      assert.ok(inline.length <= 3, `${value}: ${inline.map(({ command }) => command).join(', ')}`);
      const places = shown.map(({ group }) => group);
      assert.equal(new Set(places).size, places.length, `${value}: two entries share a place`);
    }
  });

  it('has each entry above the view in a place of its own', () => {
    const places = menus['view/title']?.map(({ group }) => group) ?? [];
    assert.ok(places.length > 0);
    assert.equal(new Set(places).size, places.length, `two entries share a place: ${places.join(', ')}`);
  });

  it('offers to stop or to remove the region above the view only where there may be one', () => {
    for (const command of ['patr.region.stop', 'patr.region.remove']) {
      const { when = '' } = menus['view/title']?.find((one) => one.command === command) ?? {};
      const states = statesOf(/patr\.state =~ (.*)$/.exec(when)?.[1] ?? '');
      assert.ok(states.includes('ready') && states.includes('empty'), when);
      for (const state of ['looking', 'untrusted', 'noEngine', 'engineStopped'])
        assert.ok(!states.includes(state), `${command} in ${state}`);
    }
  });

  it('keeps what takes something away in a group of its own', () => {
    const destructive = [
      'patr.deployment.delete',
      'patr.configMount.delete',
      'patr.secret.delete',
      'patr.domain.delete',
      'patr.managedUrl.delete',
      'patr.registry.collect',
      'patr.registry.signOut',
      'patr.apiToken.revoke',
      'patr.region.stop',
      'patr.region.remove',
    ];
    for (const { command, group = '' } of entries) {
      if (group === '') continue;
      assert.equal(
        group.startsWith('3_destructive'),
        destructive.includes(command),
        `${command} in ${group}`,
      );
    }
  });

  it('has keys for what is selected in its own view only, so that they take nothing from the editor', () => {
    assert.equal(new Set(keybindings.map(({ key }) => key)).size, keybindings.length);
    for (const { command, when, args } of keybindings) {
      assert.ok((commandIds as readonly string[]).includes(command), command);
      assert.equal(when, `focusedView == ${deploymentsView} && !inputFocus`);
      assert.equal(args, fromSelection);
    }
  });

  it('offers to deploy a Dockerfile in the explorer, on its tab and in the editor, where building is allowed', () => {
    for (const menu of ['explorer/context', 'editor/title/context', 'editor/context']) {
      const offered = (menus[menu] ?? []).filter(({ command }) => command.startsWith('patr.deploy'));
      assert.deepEqual(
        offered.map(({ command }) => command),
        ['patr.deploy', 'patr.deploy.customize'],
      );
      for (const clause of ['resourceLangId == dockerfile', 'isWorkspaceTrusted', '!virtualWorkspace'])
        assert.ok(
          offered.every(({ when }) => when?.includes(clause)),
          `${menu}: ${clause}`,
        );
    }
  });

  it('has a welcome view for every state in which there is nothing to list', () => {
    const states = viewStates.filter((state) => state !== 'ready' && state !== 'several');
    const clauses = viewsWelcome.map(({ when }) => when);
    assert.deepEqual(clauses.toSorted(), states.map((state) => `${stateKey} == ${state}`).toSorted());
    assert.ok(viewsWelcome.every(({ view }) => view === deploymentsView));
  });

  it('links to known commands only', () => {
    const editorsOwn = new Set(['workbench.trust.manage']);
    for (const [key, value] of Object.entries(words)) {
      for (const [, command = ''] of value.matchAll(/\(command:([\w.]+)\)/g)) {
        const known = editorsOwn.has(command) || (commandIds as readonly string[]).includes(command);
        assert.ok(known, `${key} links to ${command}`);
      }
    }
  });

  it('has a walkthrough whose steps are completed by what exists', () => {
    const steps = walkthroughs.flatMap((one) => one.steps);
    assert.ok(steps.length >= 5 && steps.length <= 7);
    for (const { completionEvents } of steps) {
      for (const event of completionEvents) {
        const [kind, what = ''] = event.split(':');
        const command = kind === 'onCommand' && (commandIds as readonly string[]).includes(what);
        const state = kind === 'onContext' && viewStates.some((one) => what === `${stateKey} == ${one}`);
        assert.ok(command || state, event);
      }
    }
  });

  it('has every file that it names', () => {
    const files = [
      manifest.icon,
      ...viewsContainers.activitybar.map(({ icon }) => icon),
      ...Object.values(views).flatMap((some) => some.map(({ icon }) => icon)),
      ...walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
    ];
    for (const file of files) assert.ok(existsSync(join(root, file)), file);
  });

  it('wakes the extension for every kind of panel that was open before the window was reloaded', () => {
    const panels = manifest.activationEvents.filter((event) => event.startsWith('onWebviewPanel:'));
    assert.deepEqual(panels.toSorted(), panelTypes.map((type) => `onWebviewPanel:${type}`).toSorted());
  });

  it('wakes the extension for config mounts that are open, and names them by where instances see them', () => {
    assert.ok(manifest.activationEvents.includes(`onFileSystem:${configScheme}`));
    const [formatter] = manifest.contributes.resourceLabelFormatters;
    assert.deepEqual(formatter, {
      scheme: configScheme,
      formatting: { label: '/etc/config${path}', separator: '/' },
    });
  });

  it('wakes the extension only where there is something for it to do', () => {
    assert.ok(!manifest.activationEvents.some((event) => event === '*' || event === 'onStartupFinished'));
  });
});
