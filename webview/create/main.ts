import { decodeOr } from '../../src/protocol/decode.ts';
import { createContract, createSubject } from '../../src/protocol/panelCreate.ts';
import { connectToHost } from '../shared/connect.ts';
import { theEditor } from '../shared/editor.ts';
import { registerElements } from '../shared/toolkit.ts';
import { draft } from '../shared/fields/draft.ts';
import { Form } from './form.ts';
import '../shared/page.css';
import '../shared/fields/fields.css';
import './create.css';

registerElements();
const editor = theEditor(draft);
const root = document.getElementById('page');
if (root === null) throw new Error('The page has no place for the form.');
const form = new Form({
  root,
  host: connectToHost(createContract, (message) => editor.send(message)),
  subject: decodeOr(createSubject, editor.subject, 'The panel is about nothing that this page knows.'),
  kept: editor.kept(),
  keep: (kept) => editor.keep(kept),
});
void form.begin();
