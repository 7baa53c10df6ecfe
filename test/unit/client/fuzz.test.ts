import assert from 'node:assert/strict';
import { generations } from '../../../src/client/generations/dialect.ts';
import { fuzzAnswers, fuzzStreams, type FuzzOutcome } from '../../support/fuzz.ts';

const assertMeant = ({ understood, refused, wrong }: FuzzOutcome): void => {
  assert.deepEqual(wrong, []);
  assert.ok(understood > 0 && refused > 0, `${understood} understood, ${refused} refused`);
};

describe('answers that nobody should send', () => {
  for (const generation of generations) {
    it(`are a value or an error that is meant for people (${generation})`, async () => {
      assertMeant(await fuzzAnswers(7, 30, generation));
    });
  }

  // The generations before have no streams.
  for (const generation of ['own', 'current'] as const) {
    it(`are nothing else on streams and WebSockets (${generation})`, async () => {
      assertMeant(await fuzzStreams(11, 200, generation));
    });
  }
});
