<?php
// SPDX-License-Identifier: GPL-3.0-or-later
//
// A customer on PHP's own SoapServer: decodes by the WSDL, answers by the WSDL. Run as the router of
// `php -S`; WSDL, VERSION (11 or 12) and RECORD come in the environment. Each call is written to
// RECORD as one line of JSON, in the types PHP made of the elements.

declare(strict_types=1);

final class Customer
{
    /** @var array<string, mixed> */
    private array $header = [];

    /** The header part of the disposition service; PHP calls it before the operation. */
    public function Account(object $account): void
    {
        $this->header = (array) $account;
    }

    public function SubmitSurveyResult(object $arguments): object
    {
        $this->record('SubmitSurveyResult', $arguments);
        if (($arguments->survey->id ?? '') === 'unknown') {
            $this->refuse('SurveyFault', 'UNKNOWN_SURVEY', 'survey', 'we have no such survey');
        }
        return (object) ['receiptId' => 'R-' . $arguments->call->uii, 'duplicate' => false];
    }

    public function ReportDisposition(object $arguments): object
    {
        $this->record('ReportDisposition', $arguments);
        if (($arguments->disposition->id ?? '') === 'unknown') {
            $this->refuse('DispositionFault', 'UNKNOWN_DISPOSITION', 'disposition', 'never heard of it');
        }
        return (object) ['reportId' => 'D-' . $arguments->uii, 'replaced' => false];
    }

    public function UpdateLead(object $arguments): object
    {
        $this->record('UpdateLead', $arguments);
        return (object) ['created' => true];
    }

    private function record(string $operation, object $arguments): void
    {
        $line = json_encode(['operation' => $operation, 'arguments' => $arguments,
            'header' => $this->header, 'action' => $_SERVER['HTTP_SOAPACTION'] ?? null,
            'media_type' => $_SERVER['CONTENT_TYPE'] ?? null], JSON_THROW_ON_ERROR);
        file_put_contents(getenv('RECORD'), $line . "\n", FILE_APPEND | LOCK_EX);
    }

    private function refuse(string $type, string $code, string $field, string $text): never
    {
        $detail = ['code' => $code, 'field' => $field, 'message' => $text];
        throw new SoapFault(getenv('VERSION') === '12' ? 'Sender' : 'Client', $text, null,
            (object) $detail, $type);
    }
}

$server = new SoapServer(getenv('WSDL'), [
    'soap_version' => getenv('VERSION') === '12' ? SOAP_1_2 : SOAP_1_1,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);
$server->setClass(Customer::class);
$server->handle();
