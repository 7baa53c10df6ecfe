import assert from 'node:assert/strict';
import { panelHtml } from '../../../../src/extension/panels/panelHtml.ts';

const hostile = `"><img src=x onerror="alert(1)"><script>alert('2')</script>`;
const page = {
  title: 'Create deployment',
  script: 'https://editor.example/create.js',
  style: 'https://editor.example/create.css',
  cspSource: "'self' https://editor.example",
  nonce: 'AbC-_123',
  subject: { kind: 'new' },
};

/** The content security policy of a page, by directive. */
function policyOf(html: string): Map<string, string> {
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const text = policy.replaceAll('&#39;', "'");
  return new Map(text.split('; ').map((part) => part.split(/ (.*)/) as [string, string]));
}

describe('the HTML of a panel', () => {
  it('lets nothing in but its own script and style', () => {
    const policy = policyOf(panelHtml(page));
    assert.deepEqual(Object.fromEntries(policy), {
      'default-src': "'none'",
      'script-src': "'nonce-AbC-_123'",
      'style-src': "'self' https://editor.example",
      'base-uri': "'none'",
      'form-action': "'none'",
    });
  });

  it('has one script, which has the nonce, and no handler or style of its own', () => {
    const html = panelHtml(page);
    assert.deepEqual(html.match(/<script[^>]*>/g), [
      '<script nonce="AbC-_123" src="https://editor.example/create.js">',
    ]);
    assert.doesNotMatch(html, /\son\w+=|<style|\sstyle=/);
  });

  it('keeps hostile titles and subjects text', () => {
    const html = panelHtml({ ...page, title: hostile, subject: { name: hostile } });
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.doesNotMatch(html, /<img/);
    const [, kept = ''] = /data-subject="([^"]*)"/.exec(html) ?? [];
    const text = kept
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
    assert.deepEqual(JSON.parse(text), { name: hostile });
  });
});
