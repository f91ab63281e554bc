// SPDX-License-Identifier: GPL-3.0-or-later
//
// A customer on npm `soap`: serves both WSDLs on one port the system chooses. Each line on standard
// output is JSON: first {"port": N}, then one line a call. Ends when standard input does, so that it
// never outlives the tests.
'use strict';

const fs = require('fs');
const http = require('http');
const { createRequire } = require('module');

// The packages are in the build folder, not in the tree.
const soap = createRequire(process.env.PACKAGES + '/')('soap');

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

function refuse(text, type, detail) {
  if (type === 'SurveyFault') {
    throw { Fault: { faultcode: 'soap:Client', faultstring: text, detail: { [type]: detail } } };
  }
  throw { Fault: { Code: { Value: 'soap:Sender' }, Reason: { Text: text }, Detail: { [type]: detail } } };
}

const survey = {
  SurveyService: {
    SurveyPort: {
      SubmitSurveyResult(parameters, done, headers, request) {
        say({ operation: 'SubmitSurveyResult', arguments: parameters, action: request.headers.soapaction });
        if (parameters.survey.attributes && parameters.survey.attributes.id === 'unknown') {
          refuse('we have no such survey', 'SurveyFault',
            { code: 'UNKNOWN_SURVEY', field: 'survey', message: 'we have no such survey' });
        }
        return { receiptId: 'R-' + parameters.call.uii, duplicate: false };
      },
    },
  },
};

const disposition = {
  DispositionService: {
    DispositionPort: {
      ReportDisposition(parameters, done, headers, request) {
        say({ operation: 'ReportDisposition', arguments: parameters, header: headers,
          media_type: request.headers['content-type'] });
        return { reportId: 'D-' + parameters.uii, replaced: false };
      },
      UpdateLead(parameters) {
        say({ operation: 'UpdateLead', arguments: parameters });
        return { created: true };
      },
    },
  },
};

const wsdl = (name) => fs.readFileSync(`${process.env.WSDLS}/${name}/${name}.wsdl`, 'utf8');

const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  soap.listen(server, { path: '/survey', services: survey, xml: wsdl('survey') });
  soap.listen(server, { path: '/disposition', services: disposition, xml: wsdl('disposition'),
    forceSoap12Headers: true });
  say({ port: server.address().port });
});
process.stdin.resume().on('end', () => process.exit(0));
