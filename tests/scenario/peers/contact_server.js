// SPDX-License-Identifier: GPL-3.0-or-later
//
// A customer on npm `soap`: serves the WSDLs of contact.py in the folder $WSDLS, with its address in
// place of @URL@, at /document and /rpc. Each line on standard output is JSON: first {"port": N}, then
// one line a call. Ends when standard input does.
'use strict';

const fs = require('fs');
const http = require('http');
const { createRequire } = require('module');

// The packages are in the build folder, not in the tree.
const soap = createRequire(process.env.PACKAGES + '/')('soap');

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const items = (array) => [].concat((array || {}).item || []);
// npm `soap` reads no types of RPC, and writes attributes as they are given. Of the prefixes it declares
// the WSDL's `c` on its envelopes and forgets `xsi`.
const company = { 'xsi:type': 'c:Company' };
const nil = { attributes: { 'xsi:nil': 'true' } };
const typeOf = (party) => String(((party.attributes || {})['xsi:type'] || '')).replace(/.*:/, '');
const isNil = (value) => value === undefined || value === null || typeof value === 'object';
const timeOf = (value) => (value instanceof Date ? value.toISOString().replace('.000', '') : value);

const operations = {
  LogCall(input, done, headers) {
    const session = headers && headers.Session;
    say({ operation: 'LogCall', session: session ? `${session.tenant}/${session.token}` : null,
      party: typeOf(input.party), tags: items(input.tags).join('|'),
      durationSeconds: isNil(input.timing.durationSeconds) ? null : input.timing.durationSeconds });
    return { caseId: 'C-' + input.uii,
      timing: { startedAt: timeOf(input.timing.startedAt), durationSeconds: nil },
      party: { attributes: company, name: input.party.name, taxId: input.party.taxId,
        branches: input.party.branches },
      tags: input.tags };
  },
  SubmitSurvey(input) {
    const answers = items(input.answers);
    say({ operation: 'SubmitSurvey', uii: input.uii,
      choices: answers.flatMap((answer) => items(answer.choices)).join('|') });
    return { summary: { count: answers.length,
      total: answers.reduce((sum, { score }) => sum + (Number(score) || 0), 0),
      questions: { item: answers.map((answer) => answer.question) } } };
  },
  FindParty(input) {
    say({ operation: 'FindParty', phone: input.phone });
    if (input.phone === 'unknown') {
      throw { Fault: { faultcode: 'soap:Client', faultstring: 'nobody has it',
        detail: { NotFound: { phone: input.phone, reason: 'no <such> number' } } } };
    }
    return { party: { attributes: company, name: 'Acme & Söhne', phone: input.phone, taxId: 'DE-17',
      branches: 3 } };
  },
  Notify(input) {
    say({ operation: 'Notify', text: input.text });
    return null;
  },
};

const service = { ContactService: { Contact_soap: operations, Contact_soap12: operations } };
const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  for (const style of ['document', 'rpc']) {
    const wsdl = fs.readFileSync(`${process.env.WSDLS}/${style}.wsdl`, 'utf8');
    const url = `http://127.0.0.1:${port}/${style}`;
    soap.listen(server, { path: `/${style}`, services: service, xml: wsdl.replaceAll('@URL@', url) });
  }
  say({ port });
});
process.stdin.resume().on('end', () => process.exit(0));
