/**
 * What the edge answers itself, in words: to programs that ask for JSON, and to people. The texts are constant, so
 * nothing that a client sent can come back in them.
 */
function page(title: string, text: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">' +
    '<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}h1{font-size:1.4rem}</style>' +
    `</head><body><main><h1>${title}</h1><p>${text}</p></main></body></html>`
  );
}

function json(error: string, message: string): string {
  return JSON.stringify({ success: false, error, message });
}

/** Quotes a constant for the configuration: within single quotes nothing but a single quote has a meaning. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '&#39;')}'`;
}

const wantsJson = '{ req.hdr(accept) -m sub application/json }';

const notFound = {
  title: 'No deployment answers here',
  text: 'No deployment has this address. It may have been deleted or renamed; the Patr view of the editor shows the addresses there are.',
};

const unavailable = {
  title: 'This deployment is not ready',
  text: 'The deployment exists, but none of its instances takes traffic right now: it is starting, stopped, or failing. The Patr view of the editor shows which, and why.',
};

/** For names that the map does not have. */
export const notFoundRules: readonly string[] = [
  `http-request return status 404 content-type application/json string ${quoted(json('noDeploymentHere', notFound.text))} if ${wantsJson}`,
  `http-request return status 404 content-type "text/html; charset=utf-8" string ${quoted(page(notFound.title, notFound.text))}`,
];

/** A worker that was replaced counts no servers, although it still has them. */
const noneReady = '{ nbsrv eq 0 } !{ stopping }';

/** For a deployment without an instance that takes traffic. `deny`, because that is counted for the backend. */
export const unavailableRules: readonly string[] = [
  `http-request deny status 503 content-type application/json hdr retry-after 2 string ${quoted(json('noReadyInstance', unavailable.text))} if ${noneReady} ${wantsJson}`,
  `http-request deny status 503 content-type "text/html; charset=utf-8" hdr retry-after 2 string ${quoted(page(unavailable.title, unavailable.text))} if ${noneReady}`,
];

/** For a managed URL whose target is not there. */
export const unreadyRules: readonly string[] = [
  `http-request return status 503 content-type application/json hdr retry-after 2 string ${quoted(json('noReadyInstance', unavailable.text))} if ${wantsJson}`,
  `http-request return status 503 content-type "text/html; charset=utf-8" hdr retry-after 2 string ${quoted(page(unavailable.title, unavailable.text))}`,
];

/** Refuses what a condition is true of: for programs that ask for JSON, and for people. */
function refusal(
  status: number,
  error: string,
  { title, text }: { readonly title: string; readonly text: string },
  condition: string,
  headers = '',
): readonly string[] {
  return [
    `http-request deny status ${status} content-type application/json${headers} string ${quoted(json(error, text))} if ${condition} ${wantsJson}`,
    `http-request deny status ${status} content-type "text/html; charset=utf-8"${headers} string ${quoted(page(title, text))} if ${condition}`,
  ];
}

const tooLarge = {
  title: 'The request is too large',
  text: 'The body of this request is larger than this deployment takes. Its traffic limits, in the Patr view of the editor, say how large one may be.',
};

const unmeasured = {
  title: 'The request does not say how large it is',
  text: 'This deployment takes bodies up to a limit, so a request has to say the length of its body before it (content-length). Its traffic limits, in the Patr view of the editor, can be changed or lifted.',
};

const tooOften = {
  title: 'Too many requests',
  text: 'This deployment was asked more often from this address than its traffic limits allow. Try again in a few seconds.',
};

/** For bodies that say that they are larger than a deployment takes. */
export function tooLargeRules(condition: string): readonly string[] {
  return refusal(413, 'requestTooLarge', tooLarge, condition);
}

/** For bodies of which nobody can say how large they are. */
export function unmeasuredRules(condition: string): readonly string[] {
  return refusal(411, 'lengthRequired', unmeasured, condition);
}

/** For clients that ask more often than they may. */
export function tooOftenRules(condition: string): readonly string[] {
  return refusal(429, 'tooManyRequests', tooOften, condition, ' hdr retry-after 5');
}

/** How the edge tells a request that it has passed on before. */
const mark = 'patr-edge';
const loop = 'This address leads back to itself. Let its managed URL lead elsewhere.';

/** Against a managed URL that leads back to the edge, and from there to itself. */
export const loopRules: readonly string[] = [
  `http-request return status 508 content-type text/plain string ${quoted(loop)} if { req.hdr(via) -m sub ${mark} }`,
  `http-request add-header via "1.1 ${mark}"`,
];

const foreign = {
  title: 'The other server cannot be reached',
  text: 'This address leads to another server, which does not answer, or shows a certificate that is not valid for its name.',
};

/** For what goes wrong with a server that is none of ours. */
export const foreignFaultAnswers: readonly string[] = [502, 503, 504].map(
  (status) =>
    `http-error status ${status} content-type "text/html; charset=utf-8" string ${quoted(page(foreign.title, foreign.text))}`,
);

const broken = {
  title: 'The deployment broke off',
  text: 'An instance of this deployment took the request and closed the connection without a valid answer. Its logs say why.',
};

const slow = {
  title: 'The deployment took too long',
  text: 'An instance of this deployment took the request and sent no answer in time. Its logs say what it was doing.',
};

const refused = {
  title: 'The deployment cannot take this request',
  text: 'The instances of this deployment refuse connections, or all of them have as many requests at once as its traffic limits allow. Check that the application listens on the declared port, on all addresses; the Patr view of the editor shows the state of the instances, and the limits.',
};

/** For everybody, while there are more connections than are served. */
export const fullAnswer = quoted('The edge has more connections than it serves. Try again in a moment.');

/** For what goes wrong with an instance that takes traffic. */
export const faultAnswers: readonly string[] = [
  `http-error status 502 content-type "text/html; charset=utf-8" string ${quoted(page(broken.title, broken.text))}`,
  `http-error status 503 content-type "text/html; charset=utf-8" hdr retry-after 2 string ${quoted(page(refused.title, refused.text))}`,
  `http-error status 504 content-type "text/html; charset=utf-8" string ${quoted(page(slow.title, slow.text))}`,
];
