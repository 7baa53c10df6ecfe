import type { Reason } from '../protocol/shapes/deployment.ts';

/**
 * From a Dockerfile to an address that answers, free of the editor: the extension and `npm start` run the same
 * journey and only differ in how they show what it reports.
 */
export type JourneyStep = 'preflight' | 'context' | 'build' | 'push' | 'create' | 'rollout';

export type JourneyEvent =
  | { readonly kind: 'started'; readonly step: JourneyStep; readonly at: number }
  | { readonly kind: 'finished'; readonly step: JourneyStep; readonly at: number; readonly ms: number }
  /** One short line about where the step is: "step 3/7 RUN npm ci", "4 of 6 layers are there, 12 MB left". */
  | {
      readonly kind: 'progress';
      readonly step: JourneyStep;
      readonly message: string;
      readonly share?: number;
    }
  /** Full output, for the channel that is one click away. */
  | { readonly kind: 'output'; readonly step: JourneyStep; readonly text: string }
  | { readonly kind: 'created'; readonly deploymentId: string; readonly name: string };

/** What came of it. The verdict is about health, not about having been sent. */
export type JourneyResult =
  | {
      readonly kind: 'serving';
      readonly deploymentId: string;
      readonly name: string;
      readonly digest: string;
      readonly release: number | undefined;
      /** Best address for a person, if it has an http port. */
      readonly url: string | undefined;
      /** The image is the one that this release serves already, so nothing was rolled out. */
      readonly unchanged?: true;
    }
  /** Made with its image, and not started, as it was chosen. */
  | {
      readonly kind: 'created';
      readonly deploymentId: string;
      readonly name: string;
      readonly digest: string;
    }
  /** Pushed, but it is not rolled out. A start takes it up, whatever deploy on push says. */
  | {
      readonly kind: 'pushed';
      readonly deploymentId: string;
      readonly name: string;
      readonly digest: string;
      readonly because: 'stopped' | 'errored' | 'deployOnPushOff';
    }
  | {
      readonly kind: 'unhealthy';
      readonly deploymentId: string;
      readonly name: string;
      readonly reason: Reason;
    };

export type { Finding } from '../image/finding.ts';
