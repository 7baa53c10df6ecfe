import assert from 'node:assert/strict';
import { refusal } from '../../../../src/client/answer.ts';
import { isTokenRefused } from '../../../../src/extension/accounts/refusedToken.ts';

describe('a refusal of a token', () => {
  const heard = (status: number, error: string) =>
    refusal(
      'example.com',
      { status, headers: new Headers(), text: JSON.stringify({ success: false, error, message: 'No.' }) },
      0,
    );

  it('is told by its code, which comes with 400 or with 401', () => {
    assert.ok(isTokenRefused(heard(400, 'malformedApiToken')));
    assert.ok(isTokenRefused(heard(400, 'malformedAccessToken')));
    assert.ok(isTokenRefused(heard(401, 'authorizationTokenInvalid')));
    assert.ok(isTokenRefused(heard(401, 'disallowedIpAddressForApiToken')));
  });

  it('is not what a token may not do, nor what is wrong with a request', () => {
    assert.ok(!isTokenRefused(heard(401, 'unauthorized')));
    assert.ok(!isTokenRefused(heard(400, 'wrongParameters')));
    assert.ok(!isTokenRefused(heard(401, '')));
  });
});
