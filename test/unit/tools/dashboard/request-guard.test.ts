import test from 'ava';
import { createGuard, newToken } from '../../../../tools/dashboard/request-guard.ts';

const guard = createGuard('secret');
const host = '127.0.0.1:8080';
const origin = `http://${host}`;

type Asked = Parameters<typeof guard.admit>[0];

function admit(request: Partial<Asked>): string | null {
	return (
		guard.admit({ method: 'GET', url: '/secret/events', headers: { host }, ...request }, 8080)?.pathname ??
		null
	);
}

test('createGuard() admits the page itself', (t) => {
	t.is(guard.base, '/secret/');
	t.is(admit({}), '/events');
	t.is(admit({ url: '/secret/' }), '/');
	t.is(admit({ url: '/secret/logs?system=a' }), '/logs');
	t.is(admit({ headers: { host: 'localhost:8080' } }), '/events');
	t.is(admit({ headers: { host, origin, 'sec-fetch-site': 'same-origin' }, method: 'POST' }), '/events');
	t.is(admit({ headers: { host, 'sec-fetch-site': 'none' } }), '/events');
});

const refused: readonly [title: string, request: Partial<Asked>][] = [
	['a wrong token', { url: '/secre/events' }],
	['a token with more behind it', { url: '/secret2/events' }],
	['no token', { url: '/events' }],
	['an empty path', { url: '' }],
	['a URL of a proxy request', { url: 'http://127.0.0.1:8080/secret/events' }],
	[
		'a name that an attacker lets resolve to this host (DNS rebinding)',
		{ headers: { host: 'evil.example:8080' } },
	],
	['another port', { headers: { host: '127.0.0.1:80' } }],
	['no host', { headers: {} }],
	['the origin of another page', { headers: { host, origin: 'http://evil.example' } }],
	['the origin of another port of this host', { headers: { host, origin: 'http://127.0.0.1:3000' } }],
	['an opaque origin', { headers: { host, origin: 'null' } }],
	['a link or image of another site', { headers: { host, 'sec-fetch-site': 'cross-site' } }],
	['a request that changes something and has no origin', { method: 'POST' }],
];
for (const [title, request] of refused) {
	test(`createGuard() refuses ${title}`, (t) => {
		t.is(admit(request), null);
	});
}

test('newToken() gives another token each time, which fits into a path', (t) => {
	t.not(newToken(), newToken());
	t.regex(newToken(), /^[\w-]{32}$/);
});
