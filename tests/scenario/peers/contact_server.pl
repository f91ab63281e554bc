#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A customer on SOAP::Lite: the service of contact.py in SOAP encoding. It has no WSDL of its own, so
# it serves the one in the file $WSDL, with its address in place of @URL@. Each line on standard
# output is JSON: first {"port": N}, then one line a call. Ends when standard input does.

use strict;
use warnings;

package Contact;

use parent -norequire, 'SOAP::Server::Parameters';
use SOAP::Lite;
use JSON::PP ();

my $NAMESPACE = 'urn:example:contact';

sub say_call {
    my ($operation, %more) = @_;
    print JSON::PP->new->ascii->canonical->encode({operation => $operation, %more}), "\n";
}

sub text { SOAP::Data->name($_[0] => $_[1])->type('string') }
sub number { SOAP::Data->name($_[0] => $_[1])->type('int') }

sub struct {
    my ($name, $type, @members) = @_;
    return SOAP::Data->name($name => \SOAP::Data->value(@members))->type("c:$type")
        ->attr({'xmlns:c' => $NAMESPACE});
}

# The derived type as its xsi:type says, without its prefix.
sub type_of {
    my ($data) = @_;
    my $type = $data->attr->{'{http://www.w3.org/2001/XMLSchema-instance}type'} // $data->type // '';
    return $type =~ s/.*[:}]//r;
}

sub LogCall {
    my $som = pop;
    my $in = $som->method;
    my $session = $som->valueof('//Header/Session');
    my $party = $in->{party};
    my $type = type_of($som->dataof('//Body/LogCall/party'));
    say_call('LogCall', session => $session && "$session->{tenant}/$session->{token}", party => $type,
        tags => join('|', @{$in->{tags}}), durationSeconds => $in->{timing}{durationSeconds});
    return (
        text('caseId', "C-$in->{uii}"),
        struct('timing', 'Timing',
            SOAP::Data->name('startedAt', $in->{timing}{startedAt})->type('dateTime'),
            number('durationSeconds', $in->{timing}{durationSeconds})),
        struct('party', $type, text('name', $party->{name}), text('taxId', $party->{taxId}),
            number('branches', $party->{branches})),
        SOAP::Data->name('tags', [map { SOAP::Data->type(string => $_) } @{$in->{tags}}]),
    );
}

sub SubmitSurvey {
    my $in = pop->method;
    my @answers = @{$in->{answers}};
    my $total = 0;
    $total += $_->{score} // 0 for @answers;
    say_call('SubmitSurvey', uii => $in->{uii}, choices => join('|', map { @{$_->{choices} // []} } @answers));
    return struct('summary', 'Summary', number('count', scalar @answers), number('total', $total),
        SOAP::Data->name('questions', [map { SOAP::Data->type(string => $_->{question}) } @answers]));
}

sub FindParty {
    my $phone = pop->method->{phone};
    say_call('FindParty', phone => $phone);
    die SOAP::Fault->faultcode('Client')->faultstring('nobody has it')->faultdetail(
        SOAP::Data->name('NotFound' => \SOAP::Data->value(text('phone', $phone), text('reason', 'no <such> number'))))
        if $phone eq 'unknown';
    return struct('party', 'Company', text('name', "Acme & S\x{f6}hne"), text('phone', $phone),
        text('taxId', 'DE-17'), number('branches', 3));
}

sub Notify {
    say_call('Notify', text => pop->method->{text});
    return;
}

package main;

use HTTP::Daemon;
use HTTP::Response;
use IO::Select;
use SOAP::Transport::HTTP;

$| = 1;
my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
my $url = 'http://127.0.0.1:' . $daemon->sockport . '/';
my $soap = SOAP::Transport::HTTP::Server->new->dispatch_with({'urn:example:contact' => 'Contact'});
open my $file, '<', $ENV{WSDL} or die "$ENV{WSDL}: $!";
my $wsdl = do { local $/; <$file> } =~ s/\@URL\@/$url/gr;

sub answer {
    my ($request) = @_;
    return HTTP::Response->new(200, 'OK', ['Content-Type' => 'text/xml'], $wsdl) if $request->method eq 'GET';
    $soap->request($request);
    $soap->handle;
    return $soap->response;
}

print '{"port":', $daemon->sockport, "}\n";
my $waiting = IO::Select->new($daemon, \*STDIN);
while (1) {
    for my $ready ($waiting->can_read) {
        exit 0 if $ready == \*STDIN;
        my $client = $daemon->accept or next;
        if (my $request = $client->get_request) {
            $client->force_last_request;
            $client->send_response(answer($request));
        }
        $client->close;
    }
}
