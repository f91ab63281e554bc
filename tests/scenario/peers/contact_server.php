<?php
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service of contact.py on PHP's own SoapServer. Run as the router of `php -S`; WSDL, STYLE,
// VERSION (11 or 12) and RECORD come in the environment. Each call is written to RECORD as one line
// of JSON.

declare(strict_types=1);

class Party
{
    public string $name;
    public ?string $phone = null;
}

final class Person extends Party
{
    public ?string $born = null;
}

final class Company extends Party
{
    public string $taxId;
    public int $branches;
}

final class Contact
{
    private const INPUTS = [
        'LogCall' => ['uii', 'timing', 'party', 'tags'],
        'SubmitSurvey' => ['uii', 'answers'],
        'FindParty' => ['phone'],
        'Notify' => ['text'],
    ];

    private mixed $session = null;

    public function Session(object $session): void
    {
        $this->session = $session;
    }

    public function LogCall(mixed ...$arguments): array
    {
        $in = $this->read('LogCall', $arguments);
        $session = $this->session;
        $this->say('LogCall', ['session' => $session ? "$session->tenant/$session->token" : null,
            'party' => get_class($in->party), 'tags' => implode('|', $this->items($in->tags)),
            'durationSeconds' => $in->timing->durationSeconds]);
        return ['caseId' => 'C-' . $in->uii, 'timing' => $in->timing, 'party' => $in->party,
            'tags' => $in->tags];
    }

    public function SubmitSurvey(mixed ...$arguments): mixed
    {
        $in = $this->read('SubmitSurvey', $arguments);
        $answers = $this->items($in->answers);
        $choices = array_merge(...array_map(fn ($answer) => $this->items($answer->choices ?? []), $answers));
        $this->say('SubmitSurvey', ['uii' => $in->uii, 'choices' => implode('|', $choices)]);
        return $this->result('summary', (object) [
            'count' => count($answers),
            'total' => array_sum(array_map(fn ($answer) => $answer->score ?? 0, $answers)),
            'questions' => $this->array_of(array_map(fn ($answer) => $answer->question, $answers)),
        ]);
    }

    public function FindParty(mixed ...$arguments): mixed
    {
        $phone = $this->read('FindParty', $arguments)->phone;
        $this->say('FindParty', ['phone' => $phone]);
        if ($phone === 'unknown') {
            throw new SoapFault(getenv('VERSION') === '12' ? 'Sender' : 'Client', 'nobody has it', null,
                (object) ['phone' => $phone, 'reason' => 'no <such> number'], 'NotFound');
        }
        $company = new Company();
        $company->name = 'Acme & Söhne';
        $company->phone = $phone;
        $company->taxId = 'DE-17';
        $company->branches = 3;
        return $this->result('party', $company);
    }

    public function Notify(mixed ...$arguments): void
    {
        $this->say('Notify', ['text' => $this->read('Notify', $arguments)->text]);
    }

    private function is_document(): bool
    {
        return getenv('STYLE') === 'document';
    }

    /** @param list<mixed> $arguments */
    private function read(string $operation, array $arguments): object
    {
        return $this->is_document() ? $arguments[0]
            : (object) array_combine(self::INPUTS[$operation], $arguments);
    }

    /** A single part of RPC is the function's value itself. */
    private function result(string $name, object $value): mixed
    {
        return $this->is_document() ? [$name => $value] : $value;
    }

    /** @param array<string, mixed> $seen */
    private function say(string $operation, array $seen): void
    {
        $line = json_encode(['operation' => $operation] + $seen, JSON_THROW_ON_ERROR);
        file_put_contents(getenv('RECORD'), $line . "\n", FILE_APPEND | LOCK_EX);
    }

    /** Arrays of SOAP encoding are PHP's; the others are objects with items. */
    private function items(mixed $array): array
    {
        return is_array($array) ? $array : ($array->item ?? []);
    }

    private function array_of(array $items): mixed
    {
        return getenv('STYLE') === 'encoded' ? $items : (object) ['item' => $items];
    }
}

$server = new SoapServer(getenv('WSDL'), [
    'soap_version' => getenv('VERSION') === '12' ? SOAP_1_2 : SOAP_1_1,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'classmap' => ['Party' => Party::class, 'Person' => Person::class, 'Company' => Company::class],
]);
$server->setClass(Contact::class);
$server->handle();
