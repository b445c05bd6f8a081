import test from 'ava';
import { parseReference } from '../../../../tools/images/reference.ts';
import { endpointsOf, followedUrl, parseMirror } from '../../../../tools/registry/endpoint.ts';

const asks = test.macro({
	exec(t, reference: string, mirrors: readonly string[], expected: readonly string[]) {
		const endpoints = endpointsOf(parseReference(reference), mirrors.map(parseMirror));
		t.deepEqual(
			endpoints.map((each) => `${each.origin} ${each.repository}`),
			expected,
		);
	},
	title: (_, reference: string, mirrors: readonly string[]) =>
		`endpointsOf() ${reference} with ${mirrors.join(', ') || 'no mirror'}`,
});

test(asks, 'redis', [], ['https://registry-1.docker.io library/redis']);
test(asks, 'registry.example:5000/a', [], ['https://registry.example:5000 a']);
for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3:80']) {
	test(asks, `${host}/a`, [], [`http://${host} a`]);
}
test(asks, '127.0.0.1.example:5000/a', [], ['https://127.0.0.1.example:5000 a']);
test(
	asks,
	'redis',
	['docker.io=http://10.0.0.1:5000', 'quay.io=https://q', 'docker.io=https://harbor.example/hub/'],
	[
		'http://10.0.0.1:5000 library/redis',
		'https://harbor.example hub/library/redis',
		'https://registry-1.docker.io library/redis',
	],
);

for (const text of ['', 'docker.io', 'docker.io=', 'docker.io=host:5000', '=http://a', 'docker.io=ftp://a']) {
	test(`parseMirror() refuses "${text}"`, (t) => {
		t.throws(() => parseMirror(text), { name: 'UsageError', message: /expected REGISTRY=URL/ });
	});
}

for (const url of ['http://anna:secret@m', 'http://m?x=1', 'http://m/#x']) {
	test(`parseMirror() refuses ${url} without showing it`, (t) => {
		const error = t.throws(() => parseMirror(`docker.io=${url}`), {
			name: 'UsageError',
			message: /docker login m/,
		});
		t.false(error.message.includes('secret'));
	});
}

test('followedUrl() follows https to https only', (t) => {
	const [secure, plain] = [new URL('https://a/v2/x'), new URL('http://a/v2/x')];
	t.is(followedUrl('/y', secure, 'a').href, 'https://a/y');
	t.is(followedUrl('http://b/y', plain, 'a').href, 'http://b/y');
	for (const bad of ['http://b/y', 'file:///etc/passwd', 'http://[']) {
		t.throws(() => followedUrl(bad, secure, 'a'), { code: 'REGISTRY_FAILED' });
	}
});
