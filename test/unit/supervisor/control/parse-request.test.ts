import test from 'ava';
import { parseRequest } from '../../../../supervisor/control/parse-request.ts';

const takes = test.macro({
	exec: (t, line: string, request: unknown) => t.deepEqual(parseRequest(line), { id: 7, request }),
	title: (_, line) => `parseRequest() accepts ${line}`,
});

test(takes, '{"id":7,"command":"list"}', { command: 'list' });
test(takes, '{"id":7,"command":"status","name":"a","new":1}', { command: 'status', name: 'a' });
test(takes, '{"id":7,"command":"restart","name":"a"}', { command: 'restart', name: 'a' });
test(takes, '{"id":7,"command":"signal","name":"a","signal":"SIGHUP"}', {
	command: 'signal',
	name: 'a',
	signal: 'SIGHUP',
});
test(takes, '{"id":7,"command":"wait","name":"a","for":"ready"}', {
	command: 'wait',
	name: 'a',
	for: 'ready',
});
test(takes, '{"id":7,"command":"replace","names":["a","b","a"],"image":12}', {
	command: 'replace',
	names: ['a', 'b'],
	image: 12,
});
test(takes, '{"id":7,"command":"events"}', { command: 'events', follow: false });
test(takes, '{"id":7,"command":"power","action":"halt"}', { command: 'power', action: 'halt' });

const refuses = test.macro({
	exec(t, line: string, problem: RegExp) {
		const parsed = parseRequest(line);
		t.regex('problem' in parsed ? parsed.problem : 'taken', problem);
	},
	title: (_, line) => `parseRequest() refuses ${line}`,
});

test(refuses, 'garbage', /^not a line of JSON$/);
test(refuses, '[]', /^not a JSON object$/);
test(refuses, 'null', /^not a JSON object$/);
test(refuses, '{}', /^there is no command without a name$/);
test(refuses, '{"command":"dance"}', /^there is no command "dance"$/);
test(refuses, '{"command":"__proto__"}', /^there is no command/);
test(refuses, '{"command":"start"}', /^start: name must be a text$/);
test(
	refuses,
	'{"command":"signal","name":"a","signal":"toString"}',
	/name of a signal, such as SIGHUP or SIGRTMIN\+3$/,
);
test(refuses, '{"command":"wait","name":"a","for":"ever"}', /for must be ready, running or stopped$/);
test(refuses, '{"command":"replace","names":[],"image":1}', /names must be a list of texts$/);
test(refuses, '{"command":"replace","names":["a"],"image":"../1"}', /image must be a number$/);
test(refuses, '{"command":"replace","names":["a"],"image":1.5}', /image must be a number$/);
test(refuses, '{"command":"power","action":"panic"}', /action must be poweroff, reboot or halt$/);

test('parseRequest() returns the id of a wrong request', (t) => {
	t.is(parseRequest('{"id":3,"command":"dance"}').id, 3);
	t.is(parseRequest('{"id":"3","command":"list"}').id, null);
});
