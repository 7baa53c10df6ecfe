import { decodeOr } from '../../src/protocol/decode.ts';
import { manageContract, manageSubject } from '../../src/protocol/panelManage.ts';
import { connectToHost } from '../shared/connect.ts';
import { theEditor } from '../shared/editor.ts';
import { registerElements } from '../shared/toolkit.ts';
import { Manage } from './manage.ts';
import { pageState } from './state.ts';
import 'uplot/dist/uPlot.min.css';
import '../shared/page.css';
import '../shared/fields/fields.css';
import './manage.css';
import './logs/logs.css';

registerElements();
const editor = theEditor(pageState);
const root = document.getElementById('page');
if (root === null) throw new Error('The page has no place for the deployment.');
const manage = new Manage({
  root,
  host: connectToHost(manageContract, (message) => editor.send(message)),
  subject: decodeOr(manageSubject, editor.subject, 'The panel is about nothing that this page knows.'),
  kept: editor.kept(),
  keep: (state) => editor.keep(state),
  now: () => Date.now(),
});
void manage.begin();
