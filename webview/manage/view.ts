import type { Consequence } from '../../src/protocol/consequences.ts';
import type {
  Managed,
  ManageFacts,
  ManageSubject,
  ReleaseVerb,
  UrlVerb,
  MountVerb,
  Verb,
} from '../../src/protocol/panelManage.ts';
import type { InstanceUsage } from '../../src/protocol/shapes/release.ts';
import type { VolumeData } from '../../src/protocol/shapes/volume.ts';
import type { FieldsView } from '../shared/fields/view.ts';
import type { LogsView } from './logs/logs.ts';
import type { MetricsView } from './metrics/follow.ts';
import type { Editing, MetricsChoice, PageState, Tab } from './state.ts';

/** What is shown, all of it: a rendering of the page follows from this alone. */
export interface View {
  readonly subject: ManageSubject;
  readonly state: PageState;
  /** How the deployment was when it was last read; it stays while there is nobody to ask. */
  readonly managed: Managed | undefined;
  /** Why what is shown may be old, or that the deployment is gone; undefined until the host has answered. */
  readonly facts: ManageFacts | undefined;
  /** What instances use now, by their id. */
  readonly usage: Readonly<Record<string, InstanceUsage>>;
  /** What instances have in their volumes; measured when a change would delete some of it. */
  readonly volumeData: readonly VolumeData[] | undefined;
  readonly metrics: MetricsView;
  /** What was asked for and is not done yet. */
  readonly busy: ReadonlySet<string>;
  /** What the last request was refused with. */
  readonly refusal: string | undefined;
  /** By the server's clock, in milliseconds since the epoch. */
  readonly now: number;
  readonly logs: LogsView;
  readonly actions: Actions;
}

/** What is edited, for the tabs that do. */
export interface EditView {
  readonly editing: Editing;
  readonly fields: FieldsView;
  /** Paths of the settings that differ from how they are. */
  readonly changes: readonly string[];
  /** What saving does; undefined while it cannot be told. */
  readonly consequences: readonly Consequence[] | undefined;
  /** Whether the person knows that data is deleted. */
  readonly lossKnown: boolean;
}

/** What a person can do. */
export interface Actions {
  show(tab: Tab): void;
  showMetrics(choice: MetricsChoice): void;
  run(verb: Verb): void;
  runOnRelease(verb: ReleaseVerb, number: number): void;
  revertToImage(digest: string): void;
  runOnMount(verb: MountVerb, name: string): void;
  runOnUrl(verb: UrlVerb, id: string): void;
  fix(): void;
  openAddress(url: string): void;
  copy(text: string): void;
  help(): void;
  look(): void;
  close(): void;
  save(): void;
  /** Takes back what was typed. */
  discard(): void;
  decide(path: string, whose: 'mine' | 'theirs'): void;
  knowLoss(known: boolean): void;
  /** Saves the data of instances from this one on. */
  archiveVolumes(from: number): void;
}
